# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from a chat, made harmless."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.terminal import neutralise, one_line

ANYTHING = st.text(alphabet=st.characters(codec=None, exclude_categories=()))


@given(ANYTHING)
def test_nothing_a_terminal_acts_on_is_left(text: str) -> None:
    for character in neutralise(text):
        code = ord(character)
        assert character in "\t\n" or (code >= 0x20 and not 0x7F <= code <= 0x9F)
        assert not 0xD800 <= code <= 0xDFFF


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs"))))
def test_harmless_text_stays_as_it_is(text: str) -> None:
    assert neutralise(text) == text


@given(ANYTHING)
def test_neutralising_twice_changes_nothing_more(text: str) -> None:
    assert neutralise(neutralise(text)) == neutralise(text)


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("a\r\nb\rc\n", "a\nb\nc\n"),
        ("\x1b[201~\x1b]52;c;x\x07", "[201~]52;c;x"),
        ("\x9b31mred", "31mred"),
        ("a\tb\x00\x7f", "a\tb"),
    ],
)
def test_control_characters_go_and_line_ends_become_line_feeds(text: str, harmless: str) -> None:
    assert neutralise(text) == harmless


def test_one_line_is_one_short_line() -> None:
    assert one_line(" a\n\tb ") == "a b"
    assert one_line("x" * 300, 10) == "x" * 9 + "…"
