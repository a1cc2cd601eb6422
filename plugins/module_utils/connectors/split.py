# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cutting a long text into pieces at sensible places, keeping code blocks whole.

A text is taken apart in ever finer ways, each of which loses nothing: joined together again, the
parts are the text. Neighbours are then packed into as few pieces as hold them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

Fits = Callable[[str], bool]

_FENCE = re.compile(r" {0,3}(?P<mark>`{3,}|~{3,})[^\n]*\n?")
_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_SENTENCES = re.compile(r"(?<=[.!?…]\s)(?=\S)")
_WORDS = re.compile(r"\s*\S+\s*|\s+")


def split_text(text: str, fits: Fits) -> list[str]:
    """`text` in pieces that all satisfy `fits`, in order, as few as its structure allows.

    The cuts fall between paragraphs, else between lines, sentences, words, and only then between
    characters; white space at a cut is dropped. A code block is moved to the next piece rather
    than cut; one that fits in no piece is cut between its lines, closed and opened again.

    `fits` must hold for every single character, and for every part of a text it holds for. It is
    asked a number of times that grows with the logarithm of the text's length per piece.
    """
    if fits(text):
        return [text]
    pieces = [_trimmed(piece) for piece in _pack(_blocks(text), fits, _split_block)]
    return [piece for piece in pieces if piece]


def _split_block(block: str, fits: Fits) -> list[str]:
    fence = _FENCE.match(block)
    if fence is None:
        return _pack(_LINES.findall(block), fits, _split_line)
    opening, closing = fence.group().strip("\n"), fence["mark"]
    lines: list[str] = _LINES.findall(block)[1:]
    if lines and _closes(lines[-1], closing):
        del lines[-1]

    def framed(code: str) -> str:
        return f"{opening}\n{_trimmed(code)}\n{closing}"

    if not fits(framed("x")):  # an opening line longer than a piece is no code block to anybody
        return _pack([fence.group(), *lines], fits, _split_line)
    codes = _pack(lines, lambda code: fits(framed(code)), _split_hard)
    return [f"{framed(code)}\n" for code in codes if code.strip()]


def _split_line(line: str, fits: Fits) -> list[str]:
    return _pack(_SENTENCES.split(line), fits, _split_sentence)


def _split_sentence(sentence: str, fits: Fits) -> list[str]:
    return _pack(_WORDS.findall(sentence), fits, _split_hard)


def _split_hard(word: str, fits: Fits) -> list[str]:
    return _pack(list(word), fits, lambda character, _fits: [character])


def _pack(parts: list[str], fits: Fits, split: Callable[[str, Fits], list[str]]) -> list[str]:
    """Join as many neighbours as fit; what does not fit by itself is split the next finer way.

    The pieces keep the white space at their ends, which is dropped at the very end: the last piece of a
    part that was split is joined with what follows, and the two are no one word.
    """
    pieces: list[str] = []
    start = 0
    while start < len(parts):
        count = _most(parts, start, fits)
        if count:
            pieces.append("".join(parts[start : start + count]))
            start += count
        else:
            *whole, rest = split(parts[start], fits) or [""]
            pieces += whole
            parts[start] = rest  # what is left over is packed with what follows
            if not fits(_trimmed(rest)):
                pieces.append(rest)
                start += 1
    return pieces


def _most(parts: list[str], start: int, fits: Fits) -> int:
    """How many of the parts from `start` on fit together: doubled until too many, then halved in between."""

    def holds(count: int) -> bool:
        return fits(_trimmed("".join(parts[start : start + count])))

    low, high, top = 0, 1, len(parts) - start
    while high <= top and holds(high):
        low, high = high, high * 2
    high = min(high, top + 1)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _trimmed(piece: str) -> str:
    return piece.strip("\n").rstrip()


def _closes(line: str, mark: str) -> bool:
    bare = line.strip()
    return bare.startswith(mark) and not bare.strip(mark[0])


def _blocks(text: str) -> list[str]:
    """Paragraphs and code blocks, each with the blank lines after it; those inside a code block do not end it."""
    blocks: list[str] = [""]
    mark: str | None = None
    for line in _LINES.findall(text):
        fence = _FENCE.match(line) if mark is None else None
        if fence is not None:
            mark = fence["mark"]
            blocks.append(line)
        elif mark is not None:
            blocks[-1] += line
            if _closes(line, mark):
                mark = None
                blocks.append("")
        elif line.strip() and blocks[-1].endswith("\n\n"):
            blocks.append(line)
        else:
            blocks[-1] += line if line.strip() else "\n"
    return [block for block in blocks if block]
