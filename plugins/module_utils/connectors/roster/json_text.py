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
from .text import MOST_DEEP, MOST_DEEP_BLOCK, Member, RosterText, Spot, depth_of, require_mapping

_BLANK = re.compile(r"[ \t\r\n]*")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+')


@dataclass(frozen=True)
class JsonText(RosterText):
    """A JSON roster with the positions of its members."""

    @classmethod
    def parse(cls, text: str, name: str) -> JsonText:
        """Parse `text`; raises `RosterError` with line and column."""
        body = text.removeprefix("\ufeff")
        try:
            root = json.loads(body, parse_constant=_refuse_constant)
        except json.JSONDecodeError as error:
            raise RosterError(
                f"{name}:{error.lineno}:{error.colno}: invalid JSON: {error.msg}. Correct that line.",
                code="syntax",
                place=(error.lineno, error.colno),
            ) from error
        except RecursionError as error:
            raise _too_deep(name) from error
        except ValueError as error:  # a number of thousands of digits, or one that is none
            words = str(error).partition(";")[0]
            raise RosterError(f"{name}: invalid JSON: {words}. Correct it.", code="syntax") from error
        if depth_of(root) > MOST_DEEP:
            raise _too_deep(name)
        require_mapping(isinstance(root, dict), name, type(root).__name__)
        start = text.index("{") + 1
        return cls(text, name, True, 0, start, tuple(_members(text, start)), root)

    def reparse(self, text: str) -> JsonText:
        return JsonText.parse(text, self.name)

    def value(self, key: str) -> Any:
        found = self.root.get(key)
        if depth_of(found) > MOST_DEEP_BLOCK:
            raise _too_deep(self.name)
        return found

    def shape(self, without: str) -> Any:
        # repr, since NaN is equal to nothing; duplicates of other keys show up among the members.
        values = [(key, repr(value)) for key, value in self.root.items() if key != without]
        return values, [member.key for member in self.members if member.key != without]

    def spots(self) -> Iterator[Spot]:
        return _spots(self.text, self.text.index("{"))


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is no number of JSON (RFC 8259, 6)")


def _too_deep(name: str) -> RosterError:
    return RosterError(f"{name}: invalid JSON: nested too deeply. Is it the right file?", code="syntax")


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


def _spots(text: str, at: int) -> Iterator[Spot]:
    """Walk the tokens of a text that is valid JSON; a loop, since a roster may be nested deeper than Python calls."""
    path: list[str] = []
    # For each open collection: is it an object, and how many elements were begun.
    open_ones: list[list[Any]] = []
    expects_key = False
    for token in _TOKEN.finditer(text, at):
        word, start = token.group(), token.start()
        if word in "}]":
            open_ones.pop()
            if path:
                path.pop()
            expects_key = False
        elif word == ",":
            expects_key = bool(open_ones[-1][0])
        elif expects_key:
            path.append(json.loads(word))
            expects_key = False
            yield Spot(tuple(path), start, True, path[-1])
        elif word != ":":
            yield from _value(word, start, path, open_ones)
            expects_key = word == "{"


def _value(word: str, start: int, path: list[str], open_ones: list[list[Any]]) -> Iterator[Spot]:
    if open_ones and not open_ones[-1][0]:
        path.append(str(open_ones[-1][1]))
        open_ones[-1][1] += 1
    collection = word in "{["
    text = None if collection else json.loads(word) if word.startswith('"') else word
    if open_ones:
        yield Spot(tuple(path), start, False, text)
    if collection:
        open_ones.append([word == "{", 0])
    elif path:
        path.pop()
