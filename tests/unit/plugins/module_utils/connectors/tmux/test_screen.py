# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What screens of the common agent programs are taken for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.tmux.screen import Patterns, Screen, plain_lines

PATTERNS = Patterns.build()
RULE = "─" * 40


def screen(*lines: str, cursor: int | None = None) -> Screen:
    return Screen.parse("\n".join(lines), cursor_y=len(lines) - 1 if cursor is None else cursor)


DIALOGS = {
    "Claude Code": (
        "Bash command",
        "  rm -rf build",
        "Do you want to proceed?",
        "❯ 1. Yes",
        "  2. No, and tell Claude (esc)",
    ),
    "Claude Code, trust": ("Do you trust the files in this folder?", "❯ 1. Yes, proceed", "  2. No, exit"),
    "Codex": (
        "Would you like to run the following command?",
        "  $ make",
        "› 1. Yes, proceed (y)",
        "  2. No (esc)",
    ),
    "Gemini CLI": (
        "│ Allow execution of: 'rm'?   │",
        "│ ● 1. Yes, allow once │",
        "│   2. No (esc) │",
        "╰────╯",
    ),
    "OpenCode": ("△ Permission required", "  # Bash", " Allow once   Allow always   Reject"),
    "aider": ("Add file to the chat? (Y)es/(N)o [Yes]:",),
    "apt": ("After this operation, 3 MB will be used.", "Do you want to continue? [Y/n]"),
    "sudo": ("[sudo] password for mosaic:",),
    "a pager": ("Press Enter to continue",),
}


@pytest.mark.parametrize("lines", DIALOGS.values(), ids=DIALOGS)
def test_a_dialog_is_seen(lines: tuple[str, ...]) -> None:
    assert screen(*lines).dialog(PATTERNS)


NO_DIALOGS = {
    "an empty prompt": ("some answer", RULE, "❯ ", RULE, "  ? for shortcuts"),
    "a question asked before": ("Continue? [y/n] y", "done", RULE, "❯ ", RULE),
    "a numbered list": ("The plan:", "1. Build", "2. Test", RULE, "❯ ", RULE),
    "a blank screen": ("", ""),
    "a plain reader": ("[operator @a:b] hello", ""),
}


@pytest.mark.parametrize("lines", NO_DIALOGS.values(), ids=NO_DIALOGS)
def test_no_dialog_is_imagined(lines: tuple[str, ...]) -> None:
    assert screen(*lines).dialog(PATTERNS) is None


DRAFTS = {
    "Claude Code, empty": ((RULE, "❯ ", RULE, "  ? for shortcuts"), ""),
    "Claude Code, no-break space": ((RULE, "❯\u00a0half a thou", RULE, "  footer"), "half a thou"),
    "Claude Code, boxed": (("╭────╮", "│ > half     │", "╰────╯", "  footer"), "half"),
    "Claude Code, placeholder": ((RULE, '❯ \x1b[7mT\x1b[27m\x1b[2mry "fix lint"\x1b[22m', RULE), ""),
    "Codex, placeholder": (("", "› \x1b[2mExplain this codebase\x1b[0m"), ""),
    "Codex, draft": (("", "› fix the"), "fix the"),
    "Gemini CLI": (("╭────╮", "│ >   \x1b[2mType your message\x1b[22m │", "╰────╯"), ""),
    "two lines": (("", "› first line", "second line"), "first line"),
    "aider": (("", "> add a te"), "add a te"),
}


@pytest.mark.parametrize(("lines", "draft"), DRAFTS.values(), ids=DRAFTS)
def test_a_draft_is_told_from_an_empty_prompt_and_from_a_placeholder(
    lines: tuple[str, ...], draft: str
) -> None:
    assert screen(*lines).draft(PATTERNS) == draft


def test_a_prompt_sign_in_the_transcript_is_no_draft() -> None:
    assert screen("> what I said before", "an answer", "").draft(PATTERNS) is None


def test_the_settings_extend_the_patterns() -> None:
    own = Patterns.build([r"^PERMIT\?"], [r"^say: (.*)$"])
    assert screen("PERMIT? ja/nein", "", "x").dialog(own) == "PERMIT? ja/nein"
    assert screen("say: hel", "footer").draft(own) == "hel"


def test_colours_are_not_taken_for_faint() -> None:
    assert plain_lines("\x1b[38;2;2;2;2mbright\x1b[0m \x1b[38;5;2mgreen\x1b[48;2;2;2;2m!\x1b[4:2m.") == [
        "bright green!."
    ]


@given(st.text(alphabet=st.sampled_from("\x1b[]0123456789;:mKH ab❯>\n\x07")))
def test_any_screen_can_be_read(text: str) -> None:
    seen = Screen.parse(text)
    assert seen.dialog(PATTERNS) is None or isinstance(seen.draft(PATTERNS), (str, type(None)))
    assert isinstance(seen.tail(), str)
