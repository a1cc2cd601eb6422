# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Captured escapes become cells: each in its column, drawn as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.tmux.cells import Row, Style, apply_sgr, indexed, parse_rows


def row(text: str) -> Row:
    return parse_rows(text)[0]


@pytest.mark.parametrize(
    ("sgr", "style"),
    [
        ("2", Style(faint=True)),
        ("1;7", Style(bold=True, inverse=True)),
        ("38;2;2;2;2", Style(fg=(2, 2, 2))),
        ("38:2::1:2:3", Style(fg=(1, 2, 3))),
        ("38:5:9", Style(fg=(255, 0, 0))),
        ("48;5;232;1", Style(bold=True, bg=(8, 8, 8))),
        ("4:2", Style()),
        ("58;5;2", Style()),
        ("90", Style(fg=(127, 127, 127))),
        ("101", Style(bg=(255, 0, 0))),
        ("1;;2", Style(faint=True)),
        ("38;5", Style()),
        ("38;2;999;0;0", Style(fg=(255, 0, 0))),
    ],
)
def test_attributes_are_read(sgr: str, style: Style) -> None:
    assert apply_sgr(sgr, Style()) == style


def test_attributes_are_taken_back() -> None:
    assert apply_sgr("22;27;39;49", Style(True, True, True, (1, 1, 1), (2, 2, 2))) == Style()


def test_a_wide_letter_takes_two_columns_and_a_mark_none() -> None:
    cells = row("你e\u0301x").cells
    assert [cell.text for cell in cells] == ["你", "", "e\u0301", "x"]


def test_joined_letters_take_the_place_of_the_first() -> None:
    assert [cell.text for cell in row("👨\u200d👩x").cells] == ["👨\u200d👩", "", "x"]


def test_what_has_no_width_and_no_shape_is_left_out() -> None:
    assert row("a\u200bb\ufeff").text == "ab"


def test_attributes_run_on_into_the_next_row() -> None:
    first, second = parse_rows("\x1b[7mab\ncd")
    assert first.cells[0].style.inverse
    assert second.cells[1].style.inverse


def test_a_drawn_cursor_that_the_row_ends_with_is_a_cell() -> None:
    """tmux prints no blank at a row's end, and this one is the cursor."""
    cells = row("> \x1b[7m").cells
    assert len(cells) == 3
    assert cells[2].style.inverse


def test_an_inverse_text_that_the_row_ends_with_gets_no_cell_more() -> None:
    assert len(row("\x1b[7mbar").cells) == 3


@pytest.mark.parametrize(
    ("style", "dim"),
    [
        (Style(faint=True), True),
        (Style(fg=indexed(8)), True),
        (Style(fg=indexed(244)), True),
        (Style(fg=(108, 112, 134)), True),
        (Style(), False),
        (Style(fg=indexed(255)), False),
        (Style(fg=indexed(16)), False),
        (Style(fg=(0, 200, 0)), False),
    ],
)
def test_a_placeholders_colours_are_told_from_a_texts(style: Style, dim: bool) -> None:
    assert style.dim is dim


@given(st.text())
def test_any_capture_has_its_rows(text: str) -> None:
    assert len(parse_rows(text)) == text.count("\n") + 1
