# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A long text is cut at sensible places, and nothing of it is lost."""

from __future__ import annotations

import time

import pytest
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


FENCES = {
    "in a list item": ("1. Run:\n\n    ```sh\n", "    echo {}\n", "    ```\n\n2. Done.\n", "```sh\n", ""),
    "below a nested bullet": ("1. A\n   - B:\n\n     ```sh\n", "     echo {}\n", "     ```\n", "```sh\n", ""),
    "behind a bullet": ("- ```sh\n", "  echo {}\n", "  ```\n", "```sh\n", ""),
    "in a quotation": ("> ```sh\n", "> echo {}\n", "> ```\n", "> ```sh\n", "> "),
    "in a quoted list": ("> - ```sh\n", ">   echo {}\n", ">   ```\n", "> ```sh\n", "> "),
    "indented by a tab": ("- x\n\n\t~~~ sh\n", "\techo {}\n", "\t~~~\n", "~~~ sh\n", ""),
}


@pytest.mark.parametrize("place", FENCES)
def test_a_code_block_in_a_list_or_a_quotation_is_closed_and_opened_again(place: str) -> None:
    """The pieces stand outside of the list, so they lose its indentation; a quotation goes on in each."""
    head, line, end, opening, lead = FENCES[place]
    text = head + "".join(line.format(number) for number in range(60)) + end
    pieces = [piece for piece in _split(text, 200) if "echo" in piece]
    mark = opening.removeprefix("> ")[:3]
    assert len(pieces) > 2
    assert all(piece.startswith(opening) for piece in pieces)
    assert all(f"\n{lead}{mark}" in piece for piece in pieces)
    written = [one for piece in pieces for one in piece.split("\n") if "echo" in one]
    assert written == [f"{lead}echo {number}" for number in range(60)]


def test_a_quotation_that_ends_ends_its_code_block() -> None:
    """What follows an unclosed fence in a quotation is prose again."""
    assert _split("> ```\n> code\n" + "prose words\n" * 4, 30)[1:] == ["prose words\nprose words"] * 2


def test_backticks_within_a_line_open_no_code_block() -> None:
    """```make test``` is code in a line (CommonMark 4.5): what follows it is prose."""
    pieces = _split("```make test``` runs them.\n\n" + "word " * 30 + "\n\n" + "word " * 30, 100)
    assert "".join(pieces).count("```") == 2


def test_backticks_far_to_the_right_do_not_end_a_code_block() -> None:
    """A closing fence may be indented by three columns, not by more and not by a tab."""
    for inner in ("    ```", "\t```"):
        pieces = _split("```md\n" + "text\n" * 9 + inner + "\n" + "text\n" * 40 + "```\nafter\n", 60)
        blocks = [piece for piece in pieces if "text" in piece]
        assert all(piece.startswith("```md\n") for piece in blocks)
        assert all(piece.removesuffix("\nafter").endswith("\n```") for piece in blocks)


@pytest.mark.parametrize(
    "text", ["```\n" + "\n" * 90, "~~~ x\n" + " \n" * 90 + "~~~", "> ```\n" + ">\n" * 90]
)
def test_a_code_block_of_blank_lines_does_not_vanish(text: str) -> None:
    """What is not blank has a piece: nothing at all could not be sent."""
    assert len(_split(text, 20)) >= 1


@pytest.mark.parametrize(
    "cluster",
    [
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "e\u0301",
        "\U0001f1e9\U0001f1ea",
        "\U0001f44d\U0001f3fd",
        "1\ufe0f\u20e3",
        "\u1112\u1161\u11ab",
    ],
    ids=["family", "accent", "flag", "skin", "keycap", "hangul"],
)
def test_what_a_reader_sees_as_one_character_is_not_cut(cluster: str) -> None:
    """Wherever the cut would fall within it, the whole of it moves; one longer than a piece is cut after all."""
    for before in range(9):
        text = "a" * before + cluster * 12
        pieces = _split(text, 10)
        assert "".join(pieces) == text
        assert all(piece.replace(cluster, "").strip("a") == "" for piece in pieces)
    assert _split(cluster * 2, len(cluster) - 1)[0] == cluster[:-1]


@given(
    st.text(st.sampled_from("ab. \n`~>-1\t\u0301\u200dé😀🇩"), max_size=300),
    st.integers(min_value=1, max_value=60),
)
def test_a_text_that_is_not_blank_has_pieces_that_fit(text: str, limit: int) -> None:
    """Whatever stands in it, fences in lists and quotations too."""
    pieces = _split(text, limit)
    assert pieces or not text.strip()
    assert all(len(piece) <= limit for piece in pieces)
    assert set(_bare(text)) <= set(_bare("".join(pieces))) | set("`~>-1.")


@pytest.mark.parametrize(
    "line",
    [
        "+line of a diff\n",
        "some words, and then some more. ",
        "a",
        "\n",
        "> quoted\n",
        "```\ncode\n```\n",
        "\U0001f1e9",
        "`",
    ],
)
@pytest.mark.parametrize("head", ["", "```\n"])
def test_the_work_grows_with_the_text(head: str, line: str) -> None:
    """Two mebibytes take a second or less of the processor, and took minutes when every line copied all before it."""
    text = head + line * (2 * 1024 * 1024 // len(line))
    began = time.process_time()
    assert split_text(text, lambda piece: len(piece) <= 28_000) or not text.strip()
    assert time.process_time() - began < 15
