# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One setup: what is known, what was made, and the rule by which a question gets its answer."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ..errors import ConfigError, ConnectorError, UnreachableError
from ..kind import Question
from .dialogue import Dialogue, StoppedError, UsageError
from .places import Files
from .questions import OPERATOR, Answers, ways_to_answer
from .staging import Staging

Checked = TypeVar("Checked")

TEST_MESSAGE = "This line is set up: the orchestrator's connector can talk here. (mosaic-connector init)"


@dataclass(frozen=True)
class SetupResult:
    """What a kind's steps end with: its own block of the roster, its operators, its credentials."""

    block: Any = None
    operators: tuple[str, ...] = ()
    credentials: dict[str, str | None] = field(default_factory=dict)


class Setup:
    """What the steps of every kind share."""

    def __init__(
        self,
        dialogue: Dialogue,
        answers: Answers,
        files: Files,
        *,
        only_missing: bool = False,
        test_message: bool = True,
        new_ca_path: str | None = None,
    ) -> None:
        """`only_missing` takes what the files say for an answer instead of offering it as default.

        `new_ca_path` is a PEM file to trust from now on, besides what the settings name.
        """
        self.dialogue = dialogue
        self.answers = answers
        self.files = files
        self.staging: Staging | None = None
        """Where an account waits for the end, for a kind that makes one."""
        self.test_message = test_message
        self.new_ca_path = new_ca_path
        self.ca_path = new_ca_path or files.document.ca_path or os.environ.get("MOSAIC_CA_PATH") or None
        """The PEM file that is trusted besides the system's authorities."""
        self.other_operators: list[str] = []
        """Operators of other kinds: their ids mean nobody on this channel, and stay."""
        self.made: list[str] = []
        """What stays on the server if this setup stops, in words."""
        self._only_missing = only_missing

    def stage(self, keys: tuple[str, ...], owner: str) -> Staging:
        """The place where an account with the variables `keys`, of which `owner` names it, waits for the end."""
        if self.staging is None:
            self.staging = Staging(self.files, keys, owner)
        return self.staging

    def trust(self, ca_path: str | None) -> None:
        """Trust the authorities in a PEM file from now on, and have the bridge do so, too."""
        self.ca_path = self.new_ca_path = ca_path

    async def settle(
        self,
        question: Question,
        check: Callable[[str], Awaitable[Checked]],
        *,
        present: str | None = None,
        default: str | None = None,
        ask: Callable[[str | None], Awaitable[str]] | None = None,
    ) -> Checked:
        """The first answer that `check` accepts; where somebody is there, a wrong one is asked again.

        `present` is what the files say, `default` a suggestion. Raises what `check` raises.
        """
        value = self.answers.given(question) or (present if self._only_missing else None)
        while True:
            if value is None:
                value = await (ask or self._asking(question))(present or default)
            try:
                return await check(value.strip())
            except (StoppedError, UsageError):
                raise
            except ConnectorError as error:
                if not self.dialogue.interactive:
                    raise
                self.dialogue.bad(str(error))
                present, value = value, None

    async def insist(self, action: Callable[[], Awaitable[Checked]], *, again: str) -> Checked:
        """Carry out something that depends on others: a human may put it right and try again."""
        while True:
            try:
                return await action()
            except (StoppedError, UsageError):
                raise
            except ConnectorError as error:
                if not self.dialogue.interactive:
                    raise
                self.dialogue.bad(str(error))
                if not await self.dialogue.confirm(again):
                    raise StoppedError("stopped") from error

    async def operators(
        self, check: Callable[[str], Awaitable[None]], *, belongs: Callable[[str], bool], prompt: str
    ) -> tuple[str, ...]:
        """Who may command the orchestrator, each of them checked."""
        present = [one for one in self.files.document.operators if belongs(one)]
        self.other_operators = [one for one in self.files.document.operators if not belongs(one)]

        async def check_all(value: str) -> tuple[str, ...]:
            names = tuple(dict.fromkeys(value.replace(",", " ").split()))
            if not names:
                raise ConfigError("An operator is expected: without a list, nobody is heard.")
            for name in names:
                await check(name)
            return names

        async def ask(default: str | None) -> str:
            return await self.dialogue.text(prompt, default, missing=ways_to_answer(OPERATOR))

        return await self.settle(OPERATOR, check_all, present=", ".join(present) or None, ask=ask)

    def is_answered(self, question: Question, present: object = None) -> bool:
        """Whether a question has its answer without anybody being asked."""
        return bool(self.answers.given(question) or present)

    @contextmanager
    def making(self, what: str) -> Iterator[None]:
        """Remember that `what` is made on the server, or may be: only a plain refusal says that it is not."""
        try:
            yield
        except BaseException as error:
            if isinstance(error, UnreachableError) or not isinstance(error, ConnectorError):
                self.made.append(f"perhaps {what}")
            raise
        self.made.append(what)

    def _asking(self, question: Question) -> Callable[[str | None], Awaitable[str]]:
        async def ask(default: str | None) -> str:
            return await self.dialogue.text(question.prompt, default, missing=ways_to_answer(question))

        return ask
