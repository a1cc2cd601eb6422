# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in an input block is told from what somebody else wrote, and a text is typed so that it arrives."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.tmux.standing import Standing, digest, letters, resembles, standing, typed_form

TEXT = "[operator ann] about your plan:\n> 1. build\n> 2. test\nyes to both"

CASES = {
    "the same": (TEXT, TEXT, Standing.WHOLE),
    "wrapped elsewhere": (TEXT, TEXT.replace("\n", " ").replace("your plan", "your\n plan"), Standing.WHOLE),
    "with a zero-width sign behind it": ("hello", "hello\u200b", Standing.WHOLE),
    "tabs in caret form": ("a\tb\tc", "a^Ib^Ic", Standing.WHOLE),
    "tabs as blanks": ("a\tb", "a    b", Standing.WHOLE),
    "composed": ("e\u0301te\u0301", "\u00e9t\u00e9", Standing.WHOLE),
    "a sign for a paste": (TEXT, "[Pasted text #1 +3 lines]", Standing.WHOLE),
    "words and a sign": (TEXT, "[operator ann] about [Pasted Content 812 chars]", Standing.WHOLE),
    "words inside a sign": (
        TEXT,
        "[[operator ann] about your plan: > 1. bu... Pasted +4 lines]",
        Standing.WHOLE,
    ),
    "another's words inside a sign": (TEXT, "[please look at this... Pasted +4 lines]", Standing.MIXED),
    "the start": (TEXT, "[operator ann] about your", Standing.PART),
    "the end": (TEXT, "> 2. test\nyes to both", Standing.END),
    "a start that ends like the text": ("ha" * 200, "ha" * 100, Standing.PART),
    "a sign that counts all letters": ("x" * 900, "[Pasted Content 900 chars]", Standing.WHOLE),
    "a sign that counts fewer letters": ("x" * 9000, "[Pasted Content 1024 chars]", Standing.PART),
    "a sign that counts fewer lines": ("line\n" * 60, "[Pasted text #1 +20 lines]", Standing.PART),
    "a sign that counts lines in its own way": ("line\n" * 60, "[Pasted text #1 +58 lines]", Standing.WHOLE),
    "words and a sign that counts the rest": (
        "y" * 20 + "x" * 900,
        "y" * 20 + " [Pasted Content 900 chars]",
        Standing.WHOLE,
    ),
    "drawn in other signs": (
        "[operator ann] family \U0001f468\u200d\U0001f469 and so on",
        "[operator ann] family ?? and so on",
        Standing.END,
    ),
    "a human's": (TEXT, "do not deploy yet", Standing.ABSENT),
    "one letter": (TEXT, "[", Standing.ABSENT),
    "nothing": (TEXT, "", Standing.ABSENT),
    "no block": (TEXT, None, Standing.ABSENT),
    "a human's words in front": ("hello there", "wait, hello there", Standing.MIXED),
    "a human's words behind": ("hello there", "hello there, but not yet", Standing.MIXED),
    "a human's words before a sign": (TEXT, "first this: [Pasted text #1 +3 lines]", Standing.MIXED),
    "a human's words in the middle": (
        "[operator ann] deploy the staging now, please",
        "[operator ann] deploy the production now, please",
        Standing.ABSENT,
    ),
    "a human's words in the middle of odd ones": (
        "[operator ann] \U0001f98a deploy the staging \U0001f98a now, please",
        "[operator ann] ? do not deploy the staging ? now, please",
        Standing.ABSENT,
    ),
    "another's paste": (TEXT, "paste all of it here", Standing.ABSENT),
    "a sign where a short text was typed": ("only once", "[Pasted text #1 +3 lines]", Standing.ABSENT),
    "a short text alike at its end": ("y", "my", Standing.MIXED),
}


@pytest.mark.parametrize(("text", "draft", "expected"), CASES.values(), ids=CASES)
def test_a_draft_is_told_from_anothers(text: str, draft: str | None, expected: Standing) -> None:
    assert standing(text, draft) is expected


def test_a_small_box_shows_a_piece_of_a_long_text() -> None:
    text = " ".join(f"word{number}" for number in range(300))
    assert standing(text, text[400:700]) is Standing.ABSENT
    assert standing(text, text[400:700], scrolled=True) is Standing.PART
    assert standing(text, text[400:], scrolled=True) is Standing.END


def test_the_end_alone_where_there_is_room_for_all_is_of_a_text_whose_start_was_lost() -> None:
    text = "[operator ann] do not remove the archive of last year"
    assert standing(text, "remove the archive of last year") is Standing.END
    assert standing(text, "remove the archive of last year", roomy=True) is Standing.PART
    assert standing(text, text, roomy=True) is Standing.WHOLE


@pytest.mark.parametrize(
    "text", ["please look at @REA", "price is $sk", "use /mod", "see #12", "nice :smi", "ends with \\", "@a"]
)
def test_an_end_that_enter_would_complete_is_closed_by_a_blank(text: str) -> None:
    assert typed_form(text) == f"{text} "


@pytest.mark.parametrize("text", ["mail ann@example.org", "5$", "a/b", "C:", "well.", "~", "two\n  lines"])
def test_any_other_text_is_typed_as_it_is(text: str) -> None:
    assert typed_form(f"{text}\n\n") == text


@pytest.mark.parametrize(
    ("draft", "expected"),
    [
        ("HELLO THERE, all", True),
        ("hello there, not you", True),
        ("no: there, all", True),
        ("what now?", False),
        ("", False),
    ],
)
def test_a_changed_form_of_a_text_is_not_taken_for_its_absence(draft: str, expected: bool) -> None:
    assert resembles("hello there, all", draft) is expected


def test_a_tab_is_typed_as_the_programs_table_says() -> None:
    assert typed_form("a\tb") == "a\tb"
    assert typed_form("a\tb", tab="    ") == "a    b"


@given(st.text(min_size=1, max_size=200))
def test_a_text_stands_whole_in_itself(text: str) -> None:
    assert standing(text, text) is (Standing.WHOLE if letters(text) else Standing.ABSENT)
    assert digest(text) == digest(f" {text}\n")
