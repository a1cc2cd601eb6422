# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a screen is taken for by the general rule: where the block is, what is typed in it, what is modal."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.tmux.block import explain
from mosaic_connectors.tmux.programs import Programs
from mosaic_connectors.tmux.reader import read_screen
from mosaic_connectors.tmux.reading import Reading
from mosaic_connectors.tmux.screen import Screen

RULE = "─" * 40
CURSOR = "\x1b[7m \x1b[27m"


def read(
    *lines: str, hidden: bool = False, programs: Programs | None = None, line_mode: bool | None = None
) -> Reading:
    """A screen on which `‸` stands for the terminal's cursor; hidden, a drawn one stands for it."""
    y = next((number for number, line in enumerate(lines) if "‸" in line), len(lines) - 1)
    plain = Screen.parse(lines[y].partition("‸")[0]).rows[0]
    captured = "\n".join(lines).replace("‸", "")
    screen = Screen.parse(
        captured, len(plain.cells), y, cursor_visible=not hidden, columns=60, line_mode=line_mode
    )
    return read_screen(screen, programs or Programs())


DIALOGS = {
    "Claude Code": (
        "Do you want to proceed?",
        "‸❯ 1. Yes",
        "  2. No, and tell Claude (esc)",
    ),
    "Claude Code, words typed into a choice": (
        "Do you want to proceed?",
        "  1. Yes",
        "❯ 2. No, use make‸",
        "",
        "Esc to cancel",
    ),
    "a choice between lines": (RULE, "Which one?", "  1. Red", "❯ 2. Blue‸", RULE, "  3. None"),
    "Codex, its name field": ("Rename thread", "", "› ‸", "", "  enter submit · esc back"),
    "aider": ("Add file to the chat? (Y)es/(N)o [Yes]: ‸",),
    "apt": ("After this operation, 3 MB will be used.", "Do you want to continue? [Y/n] ‸"),
    "sudo": ("[sudo] password for mosaic: ‸",),
    "a PIN": ("PIN: ‸",),
    "git": ("Username for 'https://example.org': ‸",),
    "ssh": ("Are you sure you want to continue connecting (yes/no/[fingerprint])? ‸",),
    "a shell's select": ("1) staging", "2) production", "> ‸"),
    "a shell's select in columns": (" 1) one      8) eight", " 2) two      9) nine", "> ‸"),
    "git, which of its commands": ("*** Commands ***", "  1: status  2: update", "What now> ‸"),
    "npm, with what it takes for granted": ("Press ^C at any time to quit.", "package name: (np) ‸"),
    "a manual page's help": ("a text", "HELP -- Press RETURN for more, or q when done‸"),
    "less at the start": ("a text", "\x1b[7m/etc/services\x1b[0m‸"),
    "less at the end of a short file": ("a text", "README.md (END)‸"),
    "vim, on a long file": ("‸# a file", "more", '"README.md" 674L, 35149B            1,1           Top'),
    "nano": ("  GNU nano 7.2      README.md", "‸# a file", "^G Help      ^O Write Out", "^X Exit"),
    "whiptail, a field": ("┌──────────────┐", "│ Mail name    │", "│ ‸____________ │", "│ <Ok>  <Cancel> │"),
    "a pause": ("Press Enter to continue‸",),
    "more": ("a text", "--More--(12%)‸"),
    "less at its end": ("a text", "(END)‸"),
    "less": ("a text", ":‸"),
    "a manual page": ("a text", " Manual page ls(1) line 1 (press h for help or q to quit)‸"),
    "vim": ("‸# a file", "~", "~", "~", "~", '"README.md" 1L, 9B'),
    "vim, inserting": ("> a quote‸", "~", "~", "~", "-- INSERT --"),
    "a key's field in a box": (
        "╭────────────────────────╮",
        "│ Enter your API key     │",
        "│ ╭────────────────────╮ │",
        "│ │ ‸                  │ │",
        "│ ╰────────────────────╯ │",
        "╰────────────────────────╯",
    ),
    "a key's field below a line": (
        "Paste your key",
        "╭────────────────────────╮",
        "│ > ‸                    │",
        "╰────────────────────────╯",
        "(Press Enter to submit, Esc to cancel)",
    ),
    "a search over a list": (
        "╭──────────────╮",
        "│ > ‸          │",
        "│   2/2        │",
        "│   one        │",
        "│   two        │",
        "╰──────────────╯",
    ),
    "fzf": ("  one", "  two", "  2/2", "> ‸"),
    "a panel that Esc closes": tuple(
        f"\x1b[48;5;236m{line:40}\x1b[0m"
        for line in ("  Select model                     esc", "", "  ‸", "  One")
    ),
}


@pytest.mark.parametrize("lines", DIALOGS.values(), ids=DIALOGS)
def test_a_modal_screen_is_seen(lines: tuple[str, ...]) -> None:
    reading = read(*lines)
    assert not reading.typable
    assert reading.dialog is not None, reading.why


UNKNOWN = {
    "a blank screen": ("", "‸"),
    "a plain reader": ("[operator @a:b] hello", "‸"),
    "a program that streams": ("> do it now", "working 1. working 2.‸"),
    "a program that works": ("> do it now", "‸"),
    "a prompt above the cursor's column": ("› what I said", "", "‸"),
    "an answer that goes on": ("• I looked at it,", "  and then at more‸"),
    "a percentage": ("Downloading 45% ‸",),
}


@pytest.mark.parametrize("lines", UNKNOWN.values(), ids=UNKNOWN)
def test_what_is_not_certain_is_unknown(lines: tuple[str, ...]) -> None:
    """Neither a block nor a dialog is made up."""
    reading = read(*lines)
    assert (reading.block, reading.dialog, reading.typable) == (None, None, False)
    assert reading.why.startswith("Unknown: ")


FREE = {
    "an empty prompt": ("some answer", RULE, "❯ ‸", RULE, "  ? for shortcuts"),
    "a question asked before": ("Continue? [y/n] y", "done", RULE, "❯ ‸", RULE),
    "a question in prose": ("  Would you like to proceed with the tests?", RULE, "❯ ‸", RULE),
    "a reply that is a list": ("● 1. Roll back now", "  2. Wait", RULE, "❯ ‸", RULE),
    "a quoted dialog": (
        "  Do you want to proceed?",
        "  ❯ 1. Yes",
        "    2. No",
        "  Esc to cancel",
        RULE,
        "❯ ‸",
        RULE,
    ),
    "words about a password": ("● It asks for the", "  Password:", "", "› ‸", "", "  ready"),
    "a placeholder": (RULE, '❯ ‸\x1b[2mTry "fix lint"\x1b[22m', RULE),
    "a grey placeholder": (
        "╭────────────────────╮",
        "│ > ‸\x1b[38;5;244mSay it  \x1b[39m│",
        "╰────────────────────╯",
    ),
    "a placeholder in black and white": (RULE, "> ‸Type your message or @path/to/file", RULE),
    "no sign at all": (RULE, "‸", RULE, "~/project"),
    "a bar and a background": (
        "\x1b[38;5;75m┃\x1b[0;48;5;234m                    ‸                    \x1b[0m",
        "\x1b[38;5;75m┃\x1b[0;48;5;234m                                        \x1b[0m",
        "\x1b[38;5;75m┃\x1b[0;48;5;234m  Build · A Model                       \x1b[0m",
    ),
    "half blocks": ("▄" * 40, " > ‸", "▀" * 40),
    "faint lines": (f"\x1b[2m{RULE}\x1b[0m", "❯ ‸", f"\x1b[2m{RULE}\x1b[0m"),
    "a shell": ("mosaic@host:~$ ‸",),
    "a shell mode's placeholder": (RULE, "! ‸Execute shell command", RULE),
    "python": (">>> ‸",),
    "ipython": ("In [3]: ‸",),
    "keys below while it works": ("● Working… (esc to cancel, 3s)", RULE, "❯ ‸", RULE, "  esc to interrupt"),
}


def test_a_list_above_a_line_editors_prompt_is_an_answer() -> None:
    """A shell's `select` leaves the terminal in its line mode."""
    lines = ("I would", "1) build", "2) test", "> ‸")
    assert read(*lines, line_mode=False).typable
    assert not read(*lines, line_mode=True).typable
    assert read("1) build", "2) test", "", "> ‸", line_mode=True).typable
    assert read("2) test", "> ‸", line_mode=True).typable


@pytest.mark.parametrize("lines", FREE.values(), ids=FREE)
def test_an_empty_block_may_be_typed_into(lines: tuple[str, ...]) -> None:
    reading = read(*lines)
    assert reading.typable, reading.why


DRAFTS = {
    "between lines": ((RULE, "❯\u00a0half a thou‸", RULE, "  footer"), "half a thou"),
    "boxed": (("╭────╮", "│ > half‸     │", "╰────╯", "  footer"), "half"),
    "after a sign": (("", "› fix the‸"), "fix the"),
    "several lines": (("", "› first line", "  second line‸", "", "  footer"), "first line\nsecond line"),
    "an empty first line": (("", "› ", "  below it‸", "", "  footer"), "below it"),
    "an empty line in it": ((RULE, "❯ one", "", "  two‸", RULE), "one\n\ntwo"),
    "a cursor on an empty last line": ((RULE, "❯ one", "  ‸", RULE), "one"),
    "lines below the cursor": ((RULE, "❯ one‸", "  two", RULE), "one\ntwo"),
    "a cursor in the middle": ((RULE, "❯ one ‸two", RULE), "one two"),
    "a cursor at the begin": ((RULE, "❯ ‸one two", RULE), "one two"),
    "a sign for the shell": ((RULE, "! ls -la‸", RULE), "ls -la"),
    "a box whose sign has scrolled out": (
        (RULE, "  and goes on", "  to here‸", RULE),
        "and goes on\nto here",
    ),
    "a list": ((RULE, "❯ 1. build", "  2. test‸", RULE), "1. build\n2. test"),
    "a quote": (("", "› about it:", "  > 1. build", "  yes‸", "", "  footer"), "about it:\n> 1. build\nyes"),
    "a question": ((RULE, "❯ overwrite? [y/N]‸", RULE), "overwrite? [y/N]"),
    "a question in its last line": ((RULE, "❯ it says", "  Password:‸", RULE), "it says\nPassword:"),
    "a word to be completed": (
        (RULE, "❯ /mod‸", RULE, "  /model", "  ↑↓ to navigate · Enter to select"),
        "/mod",
    ),
    "a shell's": (("mosaic@host:~$ rm -rf half‸",), "rm -rf half"),
    "wide letters": ((RULE, "❯ 你好 世界‸", RULE), "你好 世界"),
    "letters of no width": ((RULE, "❯ ne\u200bw\u200b‸", RULE), "new"),
}


@pytest.mark.parametrize(("lines", "draft"), DRAFTS.values(), ids=DRAFTS)
def test_a_draft_is_read_with_all_its_lines(lines: tuple[str, ...], draft: str) -> None:
    reading = read(*lines)
    assert reading.draft == draft, reading.why


def test_a_draft_below_an_empty_line_is_seen_by_a_cursor_drawn_in_that_line() -> None:
    box = ("╭────────────────╮", f"│ ● {CURSOR}           │", "│   half a thou  │", "╰────────────────╯")
    reading = read(*box, hidden=True)
    assert (reading.draft, reading.typable) == ("half a thou", False), reading.why


def test_a_shell_mode_is_told() -> None:
    """Whatever is typed there is run: that it is empty is not all there is to know."""
    block = read(RULE, "! ‸", RULE).block
    assert block is not None
    assert block.commands
    assert not block.draft


def test_a_draft_whose_begin_may_have_scrolled_out_says_so() -> None:
    block = read(RULE, "  and goes on‸", RULE).block
    assert block is not None
    assert block.scrolled


@pytest.mark.parametrize("line", ["❯ \x1b[7mT\x1b[27m\x1b[2mry it\x1b[22m", f"❯ {CURSOR}", "❯ \x1b[7m"])
def test_a_hidden_cursor_is_found_where_the_program_draws_one(line: str) -> None:
    """One inverse cell; tmux leaves the blank out of it where the row ends with it."""
    reading = read(RULE, line, f"\x1b[0m{RULE}", "", "‸", hidden=True)
    assert reading.typable, reading.why


def test_of_several_inverse_cells_the_one_in_an_input_block_is_the_cursor() -> None:
    assert read("\x1b[7mQ\x1b[0m quit", RULE, f"❯ {CURSOR}", RULE, "‸", hidden=True).typable


def test_of_two_pictures_the_lower_one_is_live() -> None:
    """A program that ended left the upper one behind, with the cursor that it drew."""
    reading = read(RULE, f"❯ {CURSOR}", RULE, "", RULE, f"❯ mine{CURSOR}", RULE, "‸", hidden=True)
    assert reading.draft == "mine"


def test_a_draft_is_seen_though_its_cursor_is_drawn_on_the_edge_below() -> None:
    """As Continue's CLI draws it once a draft has several lines; an empty box with such a cursor is unknown."""
    edge = "╰──\x1b[7m─\x1b[27m────────╯"
    typed = read("╭────────────╮", "│ ● first    │", "│   second   │", edge, "‸", hidden=True)
    assert typed.draft == "first\nsecond"
    assert read("╭────────────╮", "│ ●          │", edge, "‸", hidden=True).block is None


def test_a_cursor_drawn_above_something_else_is_of_a_picture_left_behind() -> None:
    reading = read(
        RULE, f"❯ {CURSOR}", RULE, "$ npm create", "◆ Install it?", "│ ● Yes / ○ No", "‸", hidden=True
    )
    assert not reading.typable


def test_the_patterns_of_the_settings_add_to_the_rule() -> None:
    own = Programs.build([r"^PERMIT\?"], [r"^say: (.*)$"])
    asked = read("PERMIT? ja/nein", "‸", programs=own)
    assert asked.dialog is not None
    assert asked.dialog.line == "PERMIT? ja/nein"
    assert read("say: hel", "footer‸", programs=own).draft == "hel"


def test_a_pattern_of_the_settings_finds_no_dialog_above_the_block() -> None:
    """What is said in the transcript about a dialog is none, whoever wrote the pattern."""
    own = Programs.build([r"PERMIT\?"])
    assert read("it said PERMIT? to me", RULE, "❯ ‸", RULE, programs=own).typable


@given(st.text(alphabet=st.sampled_from("\x1b[]0123456789;:mKH ab❯>│─╭╯┃\n\x07你\u200b")), st.booleans())
def test_any_screen_can_be_read(text: str, visible: bool) -> None:
    for x, y in ((0, 0), (3, 2), (500, 500)):
        screen = Screen.parse(text, x, y, cursor_visible=visible)
        reading = read_screen(screen)
        assert reading.why.endswith(".")
        assert isinstance(screen.tail(), str)
        assert list(explain(screen))


LINE = "─" * 40

LEFT_BEHIND = {
    "an empty block": (f"● 1. Roll back now\n  Which one?\n\n{LINE}\n❯ \n{LINE}", 5, ""),
    "a draft that looks like a list": (
        f"● Hello.\n\n{LINE}\n❯ 1. Fix the tests\n{LINE}",
        4,
        "1. Fix the tests",
    ),
    "a draft of several lines": (
        f"● Hello.\n\n{LINE}\n❯ this:\n  > 1. Roll\n  yes\n{LINE}",
        6,
        "this:\n> 1. Roll\nyes",
    ),
    "a box": (f"hi\n╭{LINE}╮\n│ > {' ' * 37}│\n╰{LINE}╯", 3, ""),
}


@pytest.mark.parametrize(("text", "row", "draft"), LEFT_BEHIND.values(), ids=LEFT_BEHIND)
def test_a_cursor_that_was_left_behind_the_lower_edge_belongs_to_the_block_above(
    text: str, row: int, draft: str
) -> None:
    """A program that draws no further than that edge leaves the terminal's cursor there."""
    reading = read_screen(Screen.parse(text, len(text.split("\n")[row]), row, columns=100))
    assert reading.draft == draft
    assert reading.typable is (draft == "")


@pytest.mark.parametrize(
    "text",
    [f"done\n{LINE}\n❯ 1. Yes\n  2. No\n{LINE}", f"done\n{LINE}\nall is built\n{LINE}", f"done\n{LINE}"],
)
def test_a_line_that_ends_anything_else_is_no_edge_of_a_block(text: str) -> None:
    rows = text.split("\n")
    assert not read_screen(Screen.parse(text, len(rows[-1]), len(rows) - 1, columns=100)).typable
