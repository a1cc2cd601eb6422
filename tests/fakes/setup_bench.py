# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A setup as a script runs it: no terminal, and files in a folder of the test's own."""

from __future__ import annotations

import argparse
import asyncio
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mosaic_connectors.secrets import Secret
from mosaic_connectors.setup.dialogue import StoppedError, Unattended
from mosaic_connectors.setup.flow import run
from mosaic_connectors.setup.places import look
from mosaic_connectors.setup.questions import Answers, add_question_arguments
from mosaic_connectors.setup.steps import Setup


class Human(Unattended):
    """Somebody who answers from a list, in order: what a prompt begins with, and what is said to it."""

    interactive = True

    def __init__(self, out: io.StringIO, answers: list[tuple[str, Any]]) -> None:
        super().__init__(out)
        self.answers = answers

    async def text(self, prompt: str, default: str | None, *, missing: str) -> str:
        return str(self._answer(prompt, default))

    async def secret(self, prompt: str, *, missing: str) -> Secret | None:
        return Secret(typed) if (typed := self._answer(prompt, "")) else None

    async def choose(
        self, prompt: str, choices: Mapping[str, str], default: str | None, *, missing: str
    ) -> str:
        return str(self._answer(prompt, default))

    async def confirm(self, prompt: str, *, default: bool = True) -> bool:
        return bool(self._answer(prompt, default))

    def _answer(self, prompt: str, default: Any) -> Any:
        if not self.answers:
            raise StoppedError("stopped")
        expected, answer = self.answers.pop(0)
        assert prompt.startswith(expected), f"asked {prompt!r}, expected {expected!r}"
        return default if answer is None else answer


ROSTER = "fleet: alpha\n"


class Bench:
    """Files, and a way to set up from flags and variables."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.roster = folder / "roster.yaml"
        self.env_file = folder / "connector.env"
        self.settings = folder / "settings.yaml"
        self.roster.write_text(ROSTER)
        self.settings.write_text(f"# ours\nroster_path: {self.roster}\n")

        self.out = io.StringIO()

    @property
    def said(self) -> str:
        """What the last setup said."""
        return self.out.getvalue()

    def set_up(self, kind: str, *flags: str, environ: Any = None, only_missing: bool = False) -> str:
        """Set up unattended; returns what was said. Raises what `run` raises."""
        self.out = io.StringIO()
        asyncio.run(run(self._setup(flags, environ, only_missing), kind))
        return self.said

    def talk(self, kind: str, *flags: str, answers: list[tuple[str, Any]], environ: Any = None) -> str:
        """Set up with somebody there, who goes away when the answers are used up."""
        self.out = io.StringIO()
        setup = self._setup(flags, environ, False)
        setup.dialogue = Human(self.out, answers)
        asyncio.run(run(setup, kind))
        return self.said

    def _setup(self, flags: tuple[str, ...], environ: Any, only_missing: bool) -> Setup:
        parser = argparse.ArgumentParser()
        add_question_arguments(parser)
        options = parser.parse_args(list(flags))
        options.roster, options.env_file = str(self.roster), str(self.env_file)
        return Setup(
            Unattended(self.out), Answers(options, environ or {}), look(options), only_missing=only_missing
        )

    def snapshot(self) -> dict[str, tuple[bytes, int, int, int]]:
        """Every file with contents, mode, inode and time of change."""
        found = {}
        for file in sorted(self.folder.iterdir()):
            facts = file.stat()
            found[file.name] = (file.read_bytes(), facts.st_mode, facts.st_ino, facts.st_mtime_ns)
        return found
