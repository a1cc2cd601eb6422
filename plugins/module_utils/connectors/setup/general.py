# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Setting up a kind that has no steps of its own: its description is asked through, and then the line is tried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..config import require_complete
from ..environ import environ
from ..errors import ConfigError, ConnectorError
from ..http_client import CA_PATH_VARIABLE
from ..kind import Field, Kind, Question, SecretQuestion
from ..secrets import Secret, secret_from_environment
from ..settings import SETTINGS_VARIABLE
from ..types import ConnectorConfig, ConnectorHealth, ObstructedHealth, OutboundMessage
from .dialogue import UsageError
from .questions import OPERATOR, ways_to_answer
from .steps import TEST_MESSAGE, Setup, SetupResult


class General:
    """The steps of any kind, as its description has them."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    def unanswered(self, setup: Setup) -> list[Question]:
        """What has to be asked, or given."""
        present = _present(setup, self._kind)
        known: dict[Question, object] = {
            one: present.get(one.key) for one in self._kind.fields if one.required
        }
        known |= {one: _stored(setup, one) for one in self._kind.kept_secrets}
        if self._kind.operators:
            known[OPERATOR] = any(map(self._kind.operators.shape.fits, setup.files.document.operators))
        return [question for question, value in known.items() if not setup.is_answered(question, value)]

    async def guide(self, setup: Setup) -> SetupResult:
        """Ask and check all that the kind needs, and try the line; raises `ConnectorError`."""
        kind = self._kind
        values = {one.key: await _field(setup, one, _present(setup, kind)) for one in kind.fields}
        secrets = {one.variable: await _secret(setup, one) for one in kind.kept_secrets}
        operators = await _operators(setup, kind)
        block = kind.block(**values) if kind.fields else None
        config = ConnectorConfig(kind.name)
        if block is not None:
            config = config.with_block(kind.name, block)
        require_complete(config)
        with environ(_environment(setup, secrets)):
            await setup.insist(lambda: _try_line(setup, kind, config), again="Try it again?")
        return SetupResult(block, operators, {name: secret.reveal() for name, secret in secrets.items()})


def _present(setup: Setup, kind: Kind) -> dict[str, str | None]:
    block = setup.files.connector.block(kind.name) if setup.files.connector else None
    return {one.key: getattr(block, one.key, None) for one in kind.fields}


async def _field(setup: Setup, question: Field, present: Mapping[str, str | None]) -> str | None:
    value = present[question.key]
    if not (question.required or setup.is_answered(question, value)):
        return None

    async def check(answer: str) -> str:
        if not question.shape.fits(answer):
            raise ConfigError(f"{question.key} is expected to be {question.shape.words}, found {answer!r}.")
        return answer

    return await setup.settle(question, check, present=value)


def _stored(setup: Setup, question: SecretQuestion) -> Secret | None:
    given = setup.answers.secret(question)
    stored = setup.files.credentials.get(question.variable)
    return given or (Secret(stored) if stored else None)


async def _secret(setup: Setup, question: SecretQuestion) -> Secret:
    found = _stored(setup, question)
    while found is None:
        found = await setup.dialogue.secret(question.prompt, missing=ways_to_answer(question))
        if found is None and not setup.dialogue.interactive:
            raise UsageError(f"Nobody is asked with --yes, so {ways_to_answer(question)} is needed.")
    return secret_from_environment(question.variable, {question.variable: found.reveal()})


async def _operators(setup: Setup, kind: Kind) -> tuple[str, ...]:
    shape = kind.operators.shape if kind.operators else None
    if shape is None:
        return ()

    async def check(name: str) -> None:
        if not shape.fits(name):
            raise ConfigError(f"An operator is expected to be {shape.words}, found {name!r}.")

    return await setup.operators(check, belongs=shape.fits, prompt=OPERATOR.prompt)


def _environment(setup: Setup, secrets: Mapping[str, Secret]) -> dict[str, str | None]:
    """The variables that the service would have."""
    settings = setup.files.settings
    variables: dict[str, str | None] = {name: secret.reveal() for name, secret in secrets.items()}
    variables[SETTINGS_VARIABLE] = str(settings) if settings.exists() else None
    return variables | ({CA_PATH_VARIABLE: setup.ca_path} if setup.ca_path else {})


async def _try_line(setup: Setup, kind: Kind, config: ConnectorConfig) -> None:
    connector: Any = kind.make(config)
    async with connector:
        async with setup.dialogue.step("asking the channel"):
            health: ConnectorHealth = await connector.health()
        up = health.reachable and health.authenticated and not isinstance(health, ObstructedHealth)
        if not up:
            raise ConnectorError(health.detail or "The channel is not up, and says no more.")
        setup.dialogue.good(health.detail or "The channel is up")
        if setup.test_message:
            async with setup.dialogue.step("sending a test message"):
                result = await connector.send(OutboundMessage(TEST_MESSAGE))
            if not result.delivered:
                raise ConnectorError(f"The test message was not taken: {result.error}")
            setup.dialogue.good("A test message was sent")
