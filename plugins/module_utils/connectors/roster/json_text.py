# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A roster in JSON (RFC 8259), read by JSON's own grammar: YAML 1.1 rejects the tabs that JSON allows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import RosterError
from .text import Member, RosterText, require_mapping

_BLANK = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True)
class JsonText(RosterText):
    """A JSON roster with the positions of its members."""

    @classmethod
    def parse(cls, text: str, name: str) -> JsonText:
        """Parse `text`; raises `RosterError` with line and column."""
        body = text.removeprefix("\ufeff")
        try:
            root = json.loads(body)
        except json.JSONDecodeError as error:
            raise RosterError(
                f"{name}:{error.lineno}:{error.colno}: invalid JSON: {error.msg}. Correct that line."
            ) from error
        except RecursionError as error:
            raise RosterError(f"{name}: invalid JSON: nested too deeply. Is it the right file?") from error
        require_mapping(isinstance(root, dict), name, type(root).__name__)
        start = text.index("{") + 1
        return cls(text, name, True, 0, start, tuple(_members(text, start)), root)

    def reparse(self, text: str) -> JsonText:
        return JsonText.parse(text, self.name)

    def value(self, key: str) -> Any:
        return self.root.get(key)

    def shape(self, without: str) -> Any:
        # repr, since NaN is equal to nothing; duplicates of other keys show up among the members.
        values = [(key, repr(value)) for key, value in self.root.items() if key != without]
        return values, [member.key for member in self.members if member.key != without]

    def locate(self, path: tuple[str, ...]) -> str:
        member = self.member(path[0]) if path else None
        if member is None:
            return self.name
        start, end = member.start, member.value_end
        for key in path[1:]:
            inner = re.compile(re.escape(json.dumps(key)) + r"\s*:").search(self.text, start + 1, end)
            if inner is None:
                break
            start = inner.start()
        return self.position(start)

    def scalars(self) -> Iterator[str]:
        yield from _scalars(self.root)


def _members(text: str, at: int) -> Iterator[Member]:
    decoder = json.JSONDecoder()
    at = _skip_blank(text, at)
    while text[at] != "}":
        key, after_key = decoder.raw_decode(text, at)
        value_start = _skip_blank(text, _skip_blank(text, after_key) + 1)
        _value, value_end = decoder.raw_decode(text, value_start)
        yield Member(key, at, value_start, value_end)
        at = _skip_blank(text, value_end)
        if text[at] == ",":
            at = _skip_blank(text, at + 1)


def _skip_blank(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return at if blank is None else blank.end()


def _scalars(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _scalars(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _scalars(inner)
    elif isinstance(value, str):
        yield value
