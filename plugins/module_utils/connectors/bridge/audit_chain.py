# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chain of the audit record: what an entry's head is made of, and what is wrong with a chain.

A head is the SHA-256 of the entry and of the head before it, so that whoever changes an entry has to change all that
follow it; and those heads stand in the journal as well, which the agent's user cannot write to.
(Standard library alone: the command line checks a record without a bridge.)
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

GENESIS = "0" * 64
"""What stands before the first entry of all."""

FIELDS = ("id", "at", "what", "sender", "about", "digest", "words")
"""What of an entry its head is made of, beside the head before it."""

_ANNOUNCED = re.compile(r"audit id=([0-9]{1,18}) head=([0-9a-f]{64})")


def digest_of(words: str) -> str:
    """The SHA-256 of words in UTF-8, as `sha256sum` writes it; those of a word or two can be guessed from it."""
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()


def head_of(prev: str, entry: Mapping[str, Any]) -> str:
    """The head of an entry that follows the head `prev`."""
    said = json.dumps([prev, *(entry[name] for name in FIELDS)], ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


def announcement(number: int, head: str) -> str:
    """A head as the journal has it."""
    return f"audit id={number} head={head}"


def announced(lines: Iterable[str]) -> list[tuple[int, str]]:
    """The heads among the lines of a journal, each with its entry's number."""
    found = (_ANNOUNCED.fullmatch(line.strip()) for line in lines)
    return [(int(one[1]), one[2]) for one in found if one is not None]


def chain_faults(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """What is wrong with entries that follow each other, in sentences; none where the chain holds."""
    faults = []
    before: Mapping[str, Any] | None = None
    for entry in entries:
        if before is None:
            if entry["id"] == 1 and entry["prev"] != GENESIS:
                faults.append("Entry 1 is expected to follow nothing, and names an entry before it.")
        elif entry["id"] != before["id"] + 1:
            faults.append(
                f"Entry {before['id']} is followed by {entry['id']}: entries are missing between them."
            )
        elif entry["prev"] != before["head"]:
            faults.append(
                f"Entry {entry['id']} does not follow entry {before['id']} as it stands: one of them was changed."
            )
        if head_of(entry["prev"], entry) != entry["head"]:
            faults.append(f"Entry {entry['id']} is not what its head was made of: it was changed.")
        before = entry
    return faults


def journal_faults(entries: Sequence[Mapping[str, Any]], heads: Iterable[tuple[int, str]]) -> list[str]:
    """What of the heads in the journal is not in the record; what the record no longer has to have is passed over."""
    stands = {entry["id"]: entry["head"] for entry in entries}
    first, last = min(stands, default=0), max(stands, default=0)
    faults = []
    for number, head in dict.fromkeys(heads):
        if number > last:
            faults.append(
                f"The journal knows entry {number}, and the record ends with {last}: it was cut, or restored."
            )
        elif number >= first and stands.get(number) != head:
            faults.append(
                f"The journal knows another entry {number} than the record has: it was changed, or restored."
            )
    return faults
