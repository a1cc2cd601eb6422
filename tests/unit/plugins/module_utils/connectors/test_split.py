# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A long text is cut at sensible places, and nothing of it is lost."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.split import split_text


def _split(text: str, limit: int) -> list[str]:
    return split_text(text, lambda piece: len(piece) <= limit)


def _bare(text: str) -> str:
    return "".join(text.split())


def test_a_text_that_fits_stays_as_it_is() -> None:
    """Not even white space at its ends is touched."""
    assert _split("  short \n", 100) == ["  short \n"]


def test_paragraphs_are_preferred_to_lines_and_lines_to_sentences() -> None:
    """The cut falls at the best place that is far enough."""
    text = "one one.\nstill one.\n\ntwo two. two again.\n\nthree"
    assert _split(text, 30) == ["one one.\nstill one.", "two two. two again.\n\nthree"]
    assert _split("line one\nline two\nline three", 18) == ["line one\nline two", "line three"]
    assert _split("First one. Second one. Third.", 24) == ["First one. Second one.", "Third."]
    assert _split("word " * 6, 12) == ["word word", "word word", "word word"]
    assert _split("abcdefgh", 3) == ["abc", "def", "gh"]


def test_what_is_left_of_a_long_part_is_not_fused_with_what_follows() -> None:
    """The end of a long line, sentence, paragraph or code block stays apart from the next one's beginning."""
    assert _split("aaaa bbbb cccc dd\nne\nmore", 12) == ["aaaa bbbb", "cccc dd\nne", "more"]
    assert _split("aaaa bbbb cccc dd. Ne.", 12) == ["aaaa bbbb", "cccc dd. Ne."]
    assert _split("aaaa bbbb cccc dd\n\nne", 12) == ["aaaa bbbb", "cccc dd\n\nne"]
    assert _split("```\naaaaaaaaaadd\nne\n```", 18) == ["```\naaaaaaaaaa\n```", "```\ndd\nne\n```"]
    assert _split("```\naaaaaaaaaadd\n```\nok", 18) == ["```\naaaaaaaaaa\n```", "```\ndd\n```\nok"]


def test_a_code_block_moves_rather_than_breaks() -> None:
    """A block that fits in one piece is never cut, blank lines inside it included."""
    code = "```python\na = 1\n\nb = 2\n```"
    assert _split(f"Some words before it.\n\n{code}\nafter", 40) == [
        "Some words before it.",
        f"{code}\nafter",
    ]


def test_a_code_block_too_long_for_any_piece_is_closed_and_opened_again() -> None:
    """Every piece is a whole code block in the same language, and keeps its indentation."""
    lines = [f"    line {number}" for number in range(20)]
    pieces = _split("~~~~ yaml\n" + "\n".join(lines) + "\n~~~~", 80)
    assert len(pieces) > 1
    assert all(piece.startswith("~~~~ yaml\n") and piece.endswith("\n~~~~") for piece in pieces)
    assert [line for piece in pieces for line in piece.split("\n")[1:-1]] == lines


@given(st.text(st.sampled_from("ab. \n`~é😀"), max_size=300), st.integers(min_value=1, max_value=60))
def test_nothing_is_lost_and_everything_fits(text: str, limit: int) -> None:
    """Whatever the text: pieces within the limit, and without added fences every character is there."""
    pieces = _split(text, limit)
    assert all(len(piece) <= limit for piece in pieces)
    if "```" not in text and "~~~" not in text:
        assert _bare("".join(pieces)) == _bare(text)
        position = 0
        for piece in pieces:
            position = text.index(piece, position) + len(piece) if len(pieces) > 1 else len(text)


def test_a_megabyte_takes_no_noticeable_time() -> None:
    """The work grows with the text, not with its square."""
    began = time.monotonic()
    pieces = split_text("some words, and then some more. " * 30_000, lambda piece: len(piece) <= 28_000)
    assert len(pieces) == 35
    assert time.monotonic() - began < 2
