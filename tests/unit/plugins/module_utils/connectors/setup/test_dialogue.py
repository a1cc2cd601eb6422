# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said: plain where nobody looks, in colour on a terminal that wants it, and never silent for long."""

from __future__ import annotations

import asyncio
import io
import sys

import pytest
from mosaic_connectors.errors import MissingLibraryError
from mosaic_connectors.setup import dialogue
from mosaic_connectors.setup.dialogue import Terminal, Unattended, UsageError


class Screen(io.StringIO):
    """A terminal, as far as anybody can tell."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def test_colour_only_on_a_terminal_that_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert Unattended(Screen()).colour
    assert not Unattended(io.StringIO()).colour
    monkeypatch.setenv("NO_COLOR", "1")
    assert not Unattended(Screen()).colour
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not Unattended(Screen()).colour


def test_marks_are_plain_where_the_terminal_has_no_others() -> None:
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    Unattended(out).good("fine")
    out.seek(0)
    assert out.read() == "ok: fine\n"


@pytest.mark.parametrize("live", [True, False])
async def test_what_takes_long_says_so(monkeypatch: pytest.MonkeyPatch, live: bool) -> None:
    monkeypatch.setattr(dialogue, "QUIET_SECONDS", 0.01)
    monkeypatch.setenv("TERM", "xterm")
    out = Screen() if live else io.StringIO()
    async with Unattended(out).step("asking"):
        await asyncio.sleep(0.05)
    assert "asking (0 s)" in out.getvalue()
    assert out.getvalue().endswith("\r\x1b[K" if live else "\n")


async def test_what_is_quick_leaves_no_line_in_a_log() -> None:
    out = io.StringIO()
    async with Unattended(out).step("asking"):
        pass
    assert out.getvalue() == ""


async def test_nobody_is_asked_without_a_terminal() -> None:
    with pytest.raises(UsageError, match="so --room-id is needed"):
        await Unattended(io.StringIO()).text("Room:", None, missing="--room-id")


def test_a_missing_prompt_library_is_told_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "questionary", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'mosaic-connectors\[init\]'"):
        Terminal(Screen())
