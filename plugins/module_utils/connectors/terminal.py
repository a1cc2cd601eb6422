# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one door to a terminal: what is shown is made harmless here, and coloured where a human looks.

What a server, a pane or a file says is shown and never obeyed. Source of the colours: https://no-color.org.
"""

from __future__ import annotations

import json
import os
import re

from .characters import encodable

TYPE_CHECKING = False  # as type checkers know it: `typing` is a tenth of what a `send` takes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TextIO

# C0 but tab and line feed, DEL, and C1: U+009B starts an escape sequence in an eight-bit terminal. Beside them what
# turns the order of letters round, so that a line reads as another than it is.
# (Patterns as texts: `re` compiles one when it is first needed, which for most lines is never.)
_CONTROLS = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
_NOT_IN_A_RECORD = "[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"

_CODES = {"good": "32", "bad": "31", "warn": "33", "dim": "2", "bold": "1"}
_OUR_COLOURS = f"(\x1b\\[(?:0|{'|'.join(_CODES.values())})m)"

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def neutralise(text: str) -> str:
    """`text` without anything a terminal would act on; line ends become line feeds.

    Lone surrogates, which no terminal can be sent, become U+FFFD.
    """
    if text.isprintable():
        return text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return encodable(re.sub(_CONTROLS, "", text))


def one_line(text: str, limit: int = 200) -> str:
    """`text` as one harmless line of at most `limit` characters."""
    line = " ".join(neutralise(text).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def escaped(text: str) -> str:
    """`text` as one line of a log, with nothing lost: control characters are spelt, `\\n`, `\\x1b`."""
    return re.sub(_NOT_IN_A_RECORD, lambda found: _spelt(found.group()), text)


def json_line(document: Any, *, sort_keys: bool = False) -> str:
    """`document` as one line of JSON that a terminal shows and does not obey; no character of it is lost."""
    dumped = json.dumps(document, ensure_ascii=False, sort_keys=sort_keys)
    return re.sub(_NOT_IN_A_RECORD, lambda found: f"\\u{ord(found.group()):04x}", dumped)


def show(stream: TextIO, text: str = "") -> None:
    """Write a line at once, so that a reader at the other end of a pipe has it too.

    Nothing in it acts on the terminal but the colours of `paint`, where colours are wanted.
    """
    stream.write(f"{_harmless(text, wants_colour(stream))}\n")
    stream.flush()


def redraw(stream: TextIO, line: str = "") -> None:
    """Put `line` in the place of the terminal's last one, which had no line end; empty takes it away."""
    stream.write(f"\r\x1b[K{' '.join(neutralise(line).split())}")
    stream.flush()


def wants_colour(stream: TextIO, environ: Mapping[str, str] | None = None) -> bool:
    """Whether `stream` is a terminal that shows colours, and nobody asked for none by NO_COLOR."""
    values = os.environ if environ is None else environ
    return stream.isatty() and not values.get("NO_COLOR") and values.get("TERM") != "dumb"


def paint(text: str, mood: str | None, colour: bool) -> str:
    """`text` in the colour of its mood (good, bad, warn, dim, bold), if colours are wanted."""
    return f"\x1b[{_CODES[mood]}m{text}\x1b[0m" if colour and mood and text else text


def _harmless(text: str, colour: bool) -> str:
    if not colour:
        return neutralise(text)
    # Every second part is a colour: a stranger's words may be red by it, and no more.
    parts = re.split(_OUR_COLOURS, text)
    return "".join(part if number % 2 else neutralise(part) for number, part in enumerate(parts))


def _spelt(character: str) -> str:
    code = ord(character)
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
