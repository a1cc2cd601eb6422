# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract suite, run over every chat connector and over the example of docs/add-a-connector.md."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fakes.discord_line import DiscordRig
from fakes.distribution import installed
from fakes.homeserver import FakeHomeserver
from fakes.matrix import connector_on
from fakes.slack_line import SlackRig
from fakes.telegram_line import TelegramRig
from mosaic_connectors import (
    ConnectorConfig,
    OrchestratorConnector,
    SendResult,
    create_connector,
)
from mosaic_connectors.secrets import Secret
from mosaic_connectors.testing import RULES, Rig, check
from mosaic_connectors.testing.questions import asks_once_and_says_how_it_ended
from mosaic_connectors.types import AskedQuestion
from mosaic_dropbox.connector import DropboxConnector
from mosaic_dropbox.kind import KEY, KIND


class MatrixRig(Rig):
    """The Matrix connector on a fake homeserver."""

    has_threads = True

    def __init__(self, flavour: str) -> None:
        self._server = FakeHomeserver(flavour)
        self._state = tempfile.TemporaryDirectory()

    async def connector(self) -> OrchestratorConnector:
        return connector_on(self._server, state_dir=Path(self._state.name))

    async def operator_says(self, text: str, thread_id: str | None = None) -> str | None:
        relation = {"m.relates_to": {"rel_type": "m.thread", "event_id": thread_id}} if thread_id else {}
        return self._server.say(text, **relation)

    async def operator_sees(self) -> list[str]:
        return [content["body"] for content in self._server.sent() if "body" in content]

    async def thread_of(self, text: str) -> str | None:
        content = next(content for content in self._server.sent() if content["body"] == text)
        thread: str = content["m.relates_to"]["event_id"]
        return thread

    async def cut(self) -> None:
        self._server.down = True

    async def mend(self) -> None:
        self._server.down = False

    async def aclose(self) -> None:
        self._state.cleanup()


class DropboxRig(Rig):
    """The example connector on a directory."""

    def __init__(self) -> None:
        self._root = tempfile.TemporaryDirectory()
        self._directory = Path(self._root.name) / "dropbox"
        self._directory.mkdir()

    async def connector(self) -> OrchestratorConnector:
        return DropboxConnector(self._directory, Secret("secret"))

    async def operator_says(self, text: str, thread_id: str | None = None) -> str | None:
        with (self._directory / "in").open("a") as file:
            file.write(json.dumps(text) + "\n")
        return None

    async def operator_sees(self) -> list[str]:
        path = self._directory / "out"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    async def cut(self) -> None:
        self._directory.rename(self._directory.with_name("away"))

    async def mend(self) -> None:
        self._directory.with_name("away").rename(self._directory)

    async def aclose(self) -> None:
        self._root.cleanup()


RIGS: dict[str, Callable[[], Rig]] = {
    "matrix on synapse": lambda: MatrixRig("synapse"),
    "matrix on conduit": lambda: MatrixRig("conduit"),
    "discord": DiscordRig,
    "slack": SlackRig,
    "telegram": TelegramRig,
    "dropbox": DropboxRig,
}


@pytest.mark.parametrize("make_rig", RIGS.values(), ids=RIGS.keys())
def test_contract(connector_rule: Callable[..., None], make_rig: Callable[[], Rig]) -> None:
    """Every rule holds for every connector."""
    connector_rule(make_rig)


def test_a_third_partys_connector_is_made_like_any_other(monkeypatch: Any, tmp_path: Path) -> None:
    """Where its distribution is installed, it comes out of create_connector."""
    monkeypatch.setenv(KEY.variable, "secret")
    config = ConnectorConfig(KIND.name, others={KIND.name: KIND.block(directory=str(tmp_path))})
    with installed():
        assert isinstance(create_connector(config), DropboxConnector)


def test_every_rule_says_what_it_shows() -> None:
    """A rule's docstring is a fact, and no two rules share a name."""
    assert all(rule.__doc__ and rule.__doc__.endswith(".") for rule in RULES)
    assert len({rule.__name__ for rule in RULES}) == len(RULES)


def test_a_broken_connector_is_found_out() -> None:
    """The suite is worth something: a connector that loses what was missed fails that rule."""

    class Forgetful(DropboxRig):
        async def connector(self) -> OrchestratorConnector:
            state = self._directory.parent / "dropbox-state.json"
            lines = (
                (self._directory / "in").read_text().count("\n") if (self._directory / "in").exists() else 0
            )
            state.write_text(json.dumps({"done": lines}))
            return DropboxConnector(self._directory, Secret("secret"))

    from mosaic_connectors.testing import listener, rules

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listener, "PATIENCE", 0.5)
        with pytest.raises(AssertionError, match="did not come"):
            check(Forgetful, rules.delivers_what_was_missed)


@pytest.mark.parametrize(
    ("doubles", "told"), [(True, "2"), (False, "outcome")], ids=["doubles", "never ends"]
)
def test_a_third_partys_broken_questions_are_found_out(doubles: bool, told: str) -> None:
    """One that asks a question again under its id, and one whose message never says how it ended."""

    class Asks(DropboxConnector):
        async def ask(
            self, question: AskedQuestion, transaction_id: str, **_tried: float | None
        ) -> SendResult:
            known = question.message.text in "".join(await Rude.seen())
            if doubles or not known:
                await self.send(question.message)
            return SendResult(True, transaction_id)

        async def settle(self, *_what: object) -> SendResult:
            return SendResult(True)

    class Rude(DropboxRig):
        seen: Callable[[], Any]

        async def connector(self) -> OrchestratorConnector:
            Rude.seen = self.operator_sees
            return Asks(self._directory, Secret("secret"))

    with pytest.raises(AssertionError, match=told):
        check(Rude, asks_once_and_says_how_it_ended)
