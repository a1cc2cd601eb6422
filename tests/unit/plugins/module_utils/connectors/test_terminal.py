# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Text from a chat, made harmless."""

from __future__ import annotations

import io
import json
import logging
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.bridge.logs import HumanFormatter, JournalFormatter
from mosaic_connectors.terminal import escaped, json_line, neutralise, one_line, paint, redraw, show

BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
HOSTILE = "a\x1b]52;c;eA==\x07\x1b[2J\x9b31m\u202eb\0\ud800\x1b[31m"
ANYTHING = st.text(alphabet=st.characters(codec=None, exclude_categories=()))


@given(ANYTHING)
def test_nothing_a_terminal_acts_on_is_left(text: str) -> None:
    for character in neutralise(text):
        code = ord(character)
        assert character in "\t\n" or (code >= 0x20 and not 0x7F <= code <= 0x9F)
        assert not 0xD800 <= code <= 0xDFFF
        assert not 0x202A <= code <= 0x202E
        assert not 0x2066 <= code <= 0x2069


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs"), exclude_characters=BIDI)))
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
        ("a\u202eb\u2066c", "abc"),
        ("a\ud800", "a\ufffd"),
    ],
)
def test_control_characters_go_and_line_ends_become_line_feeds(text: str, harmless: str) -> None:
    assert neutralise(text) == harmless


def test_one_line_is_one_short_line() -> None:
    assert one_line(" a\n\tb ") == "a b"
    assert one_line("x" * 300, 10) == "x" * 9 + "…"


class Terminal(io.StringIO):
    """A stream that is one."""

    def isatty(self) -> bool:
        return True


def test_what_is_shown_is_harmless_whoever_said_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but our own colours reaches a terminal, and not even they a pipe."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    pipe, terminal = io.StringIO(), Terminal()
    for stream in (pipe, terminal):
        show(stream, f"{paint('good', 'good', True)} {HOSTILE}")
    assert pipe.getvalue() == "[32mgood[0m a]52;c;eA==[2J31mb\ufffd[31m\n"
    assert terminal.getvalue() == "\x1b[32mgood\x1b[0m a]52;c;eA==[2J31mb\ufffd\x1b[31m\n"
    redraw(pipe := io.StringIO(), f"{HOSTILE}\nsecond")
    assert pipe.getvalue() == "\r\x1b[Ka]52;c;eA==[2J31mb\ufffd[31m second"


@given(st.dictionaries(ANYTHING, ANYTHING))
def test_json_is_harmless_and_loses_nothing(document: dict[str, str]) -> None:
    """A program reads what was said; a terminal that shows it obeys none of it."""
    line = json_line(document)
    assert json.loads(line) == document
    assert neutralise(line) == line
    assert "\n" not in line


@given(ANYTHING)
def test_a_record_of_the_log_is_one_line_with_nothing_in_it_that_acts(text: str) -> None:
    """NUL ends a line for journald, ESC begins something for a terminal."""
    line = escaped(text)
    assert len(line.splitlines()) <= 1
    assert neutralise(line) == line


@pytest.mark.parametrize("formatter", [JournalFormatter("%(message)s"), HumanFormatter("%(message)s")])
def test_a_log_keeps_its_lines_whatever_it_quotes(formatter: logging.Formatter) -> None:
    """No record is forged by an id, and the traceback of a human stands below its line."""
    record: logging.LogRecord
    try:
        raise ValueError(HOSTILE)
    except ValueError:
        record = logging.LogRecord(
            "x", logging.ERROR, "x", 1, "id=%s", ("a\0<2>b\n<2>c\x1b[2J",), sys.exc_info()
        )
    written = formatter.format(record)
    assert "id=a\\x00<2>b\\n<2>c\\x1b[2J" in written
    assert neutralise(written) == written
    assert (len(written.splitlines()) == 1) == isinstance(formatter, JournalFormatter)
