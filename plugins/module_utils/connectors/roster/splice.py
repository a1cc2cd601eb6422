# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One top-level key of a YAML or JSON document set or removed; every other byte of the text stays.

The text is edited by position, never dumped anew. What comes out is parsed again and compared with
what went in, so that an odd document (anchors, merges, a scalar at the end of an unfinished line)
is refused instead of being changed behind its owner's back.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from ..errors import RosterError
from ..thirdparty import require
from .text import Member, RosterText

_COMMENT = re.compile(r"[ \t]+#[^\r\n]*")
_PLACE = re.compile(r"\A.*?:\d+:\d+: ")
_LONE_CR = re.compile(r"\r(?!\n)")


@dataclass(frozen=True)
class _Edit:
    start: int
    end: int
    replacement: str

    def apply(self, text: str) -> str:
        return text[: self.start] + self.replacement + text[self.end :]


def splice(roster: RosterText, key: str, value: dict[str, Any] | list[str] | str | None) -> str:
    """The text of `roster` with its top-level `key` set to `value`, or without it for None.

    Raises `RosterError` when that cannot be done without touching anything else.
    """
    if not roster.flow and "\r" in roster.text and "\n" not in roster.text:
        # Lines as an old Mac ended them: the same text, character by character, in ours and back.
        text = splice(roster.reparse(roster.text.replace("\r", "\n")), key, value)
        return text.replace("\n", "\r")
    _refuse_odd_line_ends(roster, key)
    member = roster.member(key)
    if member is None and value is None:
        _verify(roster, roster.text, key, value)
        return roster.text
    if member is not None and value is not None and _says(roster, key, value):
        return roster.text  # in whatever words, and with whatever comments
    if member is None:
        edit = _insertion(roster, key, value)
    elif value is None:
        edit = _removal(roster, member)
    else:
        edit = _replacement(roster, member, value)
    text = edit.apply(roster.text)
    _verify(roster, text, key, value)
    return text


def _says(roster: RosterText, key: str, value: Any) -> bool:
    try:
        return bool(roster.value(key) == value)
    except RosterError:
        return False  # what is wrong there is about to go


def _refuse_odd_line_ends(roster: RosterText, key: str) -> None:
    """YAML knows line ends that no editor shows as such: beside them ours would make a file of two minds."""
    if not roster.flow and (
        _LONE_CR.search(roster.text) or roster.text.endswith(("\x85", "\u2028", "\u2029"))
    ):
        raise _refusal(roster.name, key, "not all of its lines end by a line feed")


def _replacement(roster: RosterText, member: Member, value: Any) -> _Edit:
    if roster.flow:
        return _Edit(member.value_start, member.value_end, _json(value, roster))
    # What is said of the old last line says nothing of the new one; behind a single line it is said of the block.
    several = "\n" in roster.text[member.start : member.value_end]
    said = _COMMENT.match(roster.text, member.value_end) if several else None
    end = said.end() if said else member.value_end
    return _Edit(member.start, end, _yaml(member.key, value, roster))


def _removal(roster: RosterText, member: Member) -> _Edit:
    if not roster.flow:
        line_start = roster.text.rfind("\n", 0, member.start) + 1
        line_start += roster.text.startswith("\ufeff", line_start)
        line_end = roster.text.find("\n", member.value_end) + 1
        return _Edit(line_start, line_end or len(roster.text), "")
    index = roster.members.index(member)
    if index + 1 < len(roster.members):
        return _Edit(member.start, roster.members[index + 1].start, "")
    if index:
        return _Edit(roster.members[index - 1].value_end, member.value_end, "")
    return _Edit(member.start, member.value_end, "")


def _insertion(roster: RosterText, key: str, value: Any) -> _Edit:
    if not roster.flow:
        at = roster.insert_at
        gap = "" if at == 0 or roster.text[at - 1] in "\n\ufeff" else roster.newline
        indent = " " * roster.column if at == 0 or gap or roster.column else ""
        return _Edit(at, at, gap + indent + _yaml(key, value, roster) + roster.newline)
    addition = f"{json.dumps(key)}: {_json(value, roster)}"
    if not roster.members:
        return _Edit(roster.insert_at, roster.insert_at, addition)
    indent_or_none = roster.member_indent()
    lead = " " if indent_or_none is None else roster.newline + indent_or_none
    last = roster.members[-1].value_end
    return _Edit(last, last, f",{lead}{addition}")


def _json(value: Any, roster: RosterText) -> str:
    indent = roster.member_indent()
    if indent is None:
        return json.dumps(value, ensure_ascii=False)
    text = json.dumps(value, ensure_ascii=False, indent=indent or 2)
    return text.replace("\n", roster.newline + indent)


def _yaml(key: str, value: Any, roster: RosterText) -> str:
    """The block without its last line break; the first line goes to the roster's column by itself."""
    dumped: str = require("yaml").safe_dump(
        {key: value}, sort_keys=False, allow_unicode=True, default_flow_style=False, width=10_000
    )
    return dumped.rstrip("\n").replace("\n", roster.newline + " " * roster.column)


def _verify(before: RosterText, text: str, key: str, value: dict[str, Any] | list[str] | str | None) -> None:
    try:
        after = before.reparse(text)
        others_kept = before.shape(without=key) == after.shape(without=key)
        found = after.value(key)
    except RosterError as error:
        # The place that it names is one of a text that nobody sees.
        why = _PLACE.sub("", str(error)).removesuffix(" Correct that line.").rstrip(".")
        raise _refusal(before.name, key, why) from error
    if not others_kept:
        raise _refusal(before.name, key, "another part of the file would change its meaning")
    if found != value:
        raise _refusal(before.name, key, "an anchor, an alias or a merge key interferes")


def _refusal(name: str, key: str, why: str) -> RosterError:
    return RosterError(
        f"{name}: the {key} block cannot be written without touching other parts of the file ({why}). "
        f"Nothing was changed. Write {key} as a plain block of its own, end the file with a line break, and try again."
    )
