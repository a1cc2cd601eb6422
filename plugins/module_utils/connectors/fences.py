# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fenced code blocks of markdown: where one begins and ends, and how a part of one is framed again.

Source: CommonMark 0.31, 4.5 "Fenced code blocks", 5 "Container blocks".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

# A fence of backticks has none in what follows it: ```make test``` is code within a line.
_OPENING = re.compile(
    r"(?P<lead>(?:[ \t]|>|[-*+][ \t]|\d{1,9}[.)][ \t])*)"
    r"(?P<opening>(?P<mark>`{3,}(?=[^`\n]*(?:\n|\Z))|~{3,})[^\n]*)\n?"
)
_QUOTE = re.compile(r"[ \t]*> ?")
_TAB = 4


class Fence(NamedTuple):
    """The fence that opens a code block, in a quotation `quotes` deep and `indent` columns to the right."""

    quotes: int
    indent: int
    mark: str
    opening: str

    def holds(self, line: str) -> bool:
        """Whether `line` is in the same quotation, and so can be in the block."""
        return not self.quotes or self._unquoted(line) is not None

    def closes(self, line: str) -> bool:
        """Whether `line` ends the block: it may be indented by three columns more than the fence."""
        if self.mark not in line:
            return False
        bare = self.bare(line)
        word = bare.strip()
        near = len(bare) - len(bare.lstrip()) < _TAB and not bare.startswith("\t")
        return near and word.startswith(self.mark) and not word.strip(self.mark[0])

    def bare(self, line: str) -> str:
        """A line of the block as code: without the quotation's marks and the list's indentation."""
        if not self.quotes and not self.indent:
            return line
        unquoted = self._unquoted(line)
        return _dedented(line if unquoted is None else unquoted, self.indent)

    def frame(self, code: str) -> str:
        """`code` as a block by itself, in the same quotation; outside of a list it is not indented."""
        lead = "> " * self.quotes
        return "\n".join(lead + line for line in (self.opening, *code.split("\n"), self.mark))

    def _unquoted(self, line: str) -> str | None:
        position = 0
        for _unused in range(self.quotes):
            quote = _QUOTE.match(line, position)
            if quote is None:
                return None
            position = quote.end()
        return line[position:]


def fence_of(text: str) -> tuple[Fence, int] | None:
    """The fence in the first line of `text` and where that line ends, or None when it opens no code block."""
    return (_seen if len(text) <= _SHORT else _look)(text) if "```" in text or "~~~" in text else None


def _look(text: str) -> tuple[Fence, int] | None:
    found = _OPENING.match(text)
    if found is None:
        return None
    lead, opening, mark = found.groups()
    _outer, quoted, inner = lead.rpartition(">")
    indent = inner.removeprefix(" ") if quoted else inner
    return Fence(lead.count(">"), len(indent.expandtabs(_TAB)), mark, opening), found.end()


_SHORT = 80
_seen = lru_cache(maxsize=64)(_look)
"""A text has many fences, and most of them are the same few."""


def _dedented(line: str, columns: int) -> str:
    """`line` without up to `columns` columns of white space at its beginning."""
    taken = 0
    for position, character in enumerate(line):
        if character not in " \t" or taken >= columns:
            return line[position:]
        taken += 1 if character == " " else _TAB - taken % _TAB
    return ""
