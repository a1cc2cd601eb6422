# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cutting a long text into pieces at sensible places, keeping code blocks whole."""

from __future__ import annotations

import re
from collections.abc import Callable

Fits = Callable[[str], bool]

_FENCE = re.compile(r"^ {0,3}(?P<mark>`{3,}|~{3,})(?P<info>[^\n]*)$")
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+")
_WORD_END = re.compile(r"\s+")


def split_text(text: str, fits: Fits) -> list[str]:
    """`text` in pieces that all satisfy `fits`, in order, as few as its structure allows.

    The cuts fall between paragraphs, else between lines, sentences, words, and only then between
    characters. A code block is moved to the next piece rather than cut; one that fits in no piece
    is cut between its lines, closed and opened again. White space at a cut is dropped. `fits` must
    hold for every single character.
    """
    if fits(text):
        return [text]
    return _pack(_blocks(text), "\n\n", fits, _split_block)


def _split_block(block: str, fits: Fits) -> list[str]:
    lines = block.split("\n")
    fence = _FENCE.match(lines[0])
    if fence is None:
        return _pack(lines, "\n", fits, _split_line)
    closing = fence["mark"]
    inner = lines[1:-1] if len(lines) > 1 and lines[-1].strip() == closing else lines[1:]

    def framed(code: str) -> str:
        return f"{lines[0]}\n{code}\n{closing}"

    if not fits(framed("x")):
        return _pack(lines, "\n", fits, _split_line)
    return [framed(code) for code in _pack(inner, "\n", lambda code: fits(framed(code)), _split_hard)]


def _split_line(line: str, fits: Fits) -> list[str]:
    return _pack(_SENTENCE_END.split(line), " ", fits, _split_sentence)


def _split_sentence(sentence: str, fits: Fits) -> list[str]:
    return _pack(_WORD_END.split(sentence), " ", fits, _split_hard)


def _split_hard(word: str, fits: Fits) -> list[str]:
    pieces = []
    while word:
        low, high = 1, len(word)
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if fits(word[:middle]) else (low, middle - 1)
        pieces.append(word[:low])
        word = word[low:]
    return pieces


def _pack(parts: list[str], joint: str, fits: Fits, split: Callable[[str, Fits], list[str]]) -> list[str]:
    """Join as many neighbours as fit; what does not fit by itself is split by the next finer way."""
    pieces: list[str] = []
    current: str | None = None
    for part in parts:
        joined = part if current is None else current + joint + part
        if fits(joined):
            current = joined
            continue
        if current is not None:
            pieces.append(current)
        current = None
        if fits(part):
            current = part
        else:
            *whole, current = split(part, fits) or [""]
            pieces += whole
    if current is not None:
        pieces.append(current)
    return [piece for piece in pieces if piece.strip()] or [""]


def _blocks(text: str) -> list[str]:
    """Paragraphs and code blocks; the blank lines inside a code block do not end it."""
    blocks: list[list[str]] = [[]]
    closing: str | None = None
    for line in text.split("\n"):
        fence = _FENCE.match(line)
        if closing is not None:
            blocks[-1].append(line)
            if line.strip().startswith(closing) and not line.strip().strip(closing[0]):
                closing = None
                blocks.append([])
        elif fence is not None:
            closing = fence["mark"]
            blocks.append([line])
        elif line.strip():
            blocks[-1].append(line)
        else:
            blocks.append([])
    return ["\n".join(lines) for lines in blocks if lines]
