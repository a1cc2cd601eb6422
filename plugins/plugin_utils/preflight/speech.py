# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Words that the sentences share, and how a value is shown in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

_LONGEST = 120
_LOGIN = re.compile(r"//[^\s\"]*@")


def show(value: Any) -> str:
    """A value as JSON writes it, in one line, cut where it is long, and without the password of a URL."""
    text = json.dumps(value, default=str)
    text = _LOGIN.sub("//***@", text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def alternatives(words: Iterable[str]) -> str:
    """One of several words: "a, b or c"."""
    *before, last = words
    return f"{', '.join(before)} or {last}" if before else last


def sort_of(value: Any) -> str:
    """What a value is, for people."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "a yes or no"
    for kind, word in (
        (str, "a text"),
        ((int, float), "a number"),
        (dict, "a mapping"),
        ((list, tuple), "a list"),
    ):
        if isinstance(value, kind):
            return word
    return f"a {type(value).__name__}"


def whole(pattern: str, text: str) -> bool:
    """Whether a pattern fits all of a text, its line end included."""
    return re.fullmatch(pattern, text) is not None


def at_least(version: str, floor: str) -> bool:
    """Whether a version is this one or a newer one, by the numbers that it begins with."""
    return _numbers(version) >= _numbers(floor)


def _numbers(version: str) -> list[int]:
    found = re.match(r"[0-9]+(?:\.[0-9]+)*", version)
    numbers = [int(part) for part in found[0].split(".")] if found else []
    while numbers and not numbers[-1]:
        numbers.pop()
    return numbers
