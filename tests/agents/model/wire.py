# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the four protocols share: texts in a message's content, and server-sent events."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from .script import Asked, Piece, Say

Body = Mapping[str, Any]

_numbers = itertools.count(1)


class Dialect(Protocol):
    """One protocol: reads a request, and writes the answer that its program expects."""

    def read(self, path: str, body: Body) -> Asked:
        """What a request asks."""

    def stream(self, asked: Asked, pieces: Iterable[Piece]) -> Iterator[str]:
        """The answer as server-sent events, each as soon as it is known."""

    def whole(self, asked: Asked, pieces: Iterable[Piece]) -> dict[str, Any]:
        """The answer at once."""


def texts(content: object) -> list[str]:
    """The texts of a message's content, which is a string or a list of blocks."""
    if isinstance(content, str):
        return [content]
    if not isinstance(content, list):
        return []
    found = [
        one if isinstance(one, str) else one.get("text") for one in content if isinstance(one, str | dict)
    ]
    return [one for one in found if isinstance(one, str)]


def event(data: object, name: str | None = None) -> str:
    """One server-sent event."""
    said = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
    return (f"event: {name}\n" if name else "") + f"data: {said}\n\n"


def fresh(kind: str) -> str:
    """An id that no other has."""
    return f"{kind}_{next(_numbers)}"


def said(pieces: Iterable[Piece]) -> str:
    """All that an answer says."""
    return "".join(one.text for one in pieces if isinstance(one, Say))


def asked(
    messages: Iterable[list[str]], tools: Iterable[str], *, after_tool: bool, streams: bool, model: object
) -> Asked:
    """A request whose messages of the human's are these, oldest first."""
    spoken = [message for message in messages if message]
    return Asked(
        texts=tuple(text for message in spoken for text in message),
        last=tuple(spoken[-1]) if spoken else (),
        tools=tuple(tools),
        after_tool=after_tool,
        streams=streams,
        model=str(model or "scripted"),
    )
