# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The border: everything that a server, a room or a file of somebody else says passes it first.

Here a list of what may come in is kept, with a bound for each: JSON by depth, number of values and size of
numbers; identifiers and stream tokens by characters and bytes; seconds by a range; words for humans by what a
terminal obeys; names of files by what a path means. Behind it nothing has to be asked again, and nothing
reads a foreign mapping but through `Foreign`, which answers by the type that is expected or not at all.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Any
from urllib.parse import quote

from .characters import encodable
from .secrets import Secret, redact
from .terminal import one_line

ANSWER_BYTES = 1024 * 1024
"""What is read of an answer unless it is one of the long ones."""

LONG_ANSWER_BYTES = 16 * 1024 * 1024
"""... of a poll, a page of history or a room's state: 100 events have at most 64 KiB each."""

IDENTIFIER_BYTES = 255
"""What an id may have: the longest of the chats that are known allow so much."""

TOKEN_BYTES = 4096
"""What a token of a stream, a session or an account may have: it has to fit into a URL or a header."""

LONGEST_SECONDS = 3600.0
"""The longest time that a far side is believed: what it asks beyond it is cut to it."""

COUNTABLE = 2**53
"""Whole numbers within this are the same everywhere (canonical JSON, RFC 8785)."""

WORDS = 300
"""Characters of a foreign sentence in one of ours."""

FILE_NAME_BYTES = 120
"""What is kept of a file's name: file systems count in bytes, and other things are written around it."""

_LEVELS = 200
"""How deep JSON may be nested: homeservers take events of about 100 levels, and an answer has a few around them."""

_VALUES = 3_000_000
"""How many values a document may have: 100 events of 64 KiB hold at most 2.2 million."""

_CONTAINERS = 3_500_000
"""How many of them may be lists and objects, of which one in another needs no comma: 100 such events hold 3.3 million."""

_WALKED = 65_536
"""Brackets that are walked at once."""

_DIGITS = 19
_STRING = re.compile(r'"[^"]*"')
_NO_BRACKETS = bytes(code for code in range(256) if code not in b"[]{}")
_STEPS = bytes.maketrans(b"[{]}", b"\x01\x01\xff\xff")
"""A bracket as a step up or down, as a signed byte."""
_DECIMAL = re.compile(r"[0-9]{1,15}\Z")
_SNOWFLAKE = re.compile(r"[0-9]{1,20}\Z")
_UNSAFE_IN_NAME = re.compile(r"[^\w.+-]+")


class BorderError(ValueError):
    """Something foreign that is not let in; the sentence says what was expected."""


class Foreign:
    """A JSON object of somebody else's: every value is asked for by its type, and is none when it is of another."""

    __slots__ = ("_values",)

    def __init__(self, values: object = None) -> None:
        """Wrap what may be a JSON object; anything else is one without values."""
        if isinstance(values, Foreign):
            values = values.plain
        self._values: Mapping[str, Any] = values if isinstance(values, Mapping) else {}

    @property
    def plain(self) -> Mapping[str, Any]:
        """The object as it came, for handing it on as a whole."""
        return self._values

    def __bool__(self) -> bool:
        return bool(self._values)

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def keys(self) -> tuple[str, ...]:
        """The keys that are identifiers."""
        return tuple(key for key in self._values if identifier(key) is not None)

    def text(self, key: str) -> str | None:
        """A text of any length that UTF-8 can say; lone surrogates become U+FFFD."""
        value = self._values.get(key)
        return encodable(value) if isinstance(value, str) else None

    def identifier(self, key: str) -> str | None:
        """An id; see `identifier`."""
        return identifier(self._values.get(key))

    def token(self, key: str) -> str | None:
        """A token of a stream, a session or an account; see `token`."""
        return token(self._values.get(key))

    def snowflake(self, key: str) -> int | None:
        """An id that is a number; see `snowflake`."""
        return snowflake(self._values.get(key))

    def number(self, key: str) -> int | None:
        """A whole number that can be counted to."""
        return number(self._values.get(key))

    def seconds(self, key: str, *, unit: float = 1.0, longest: float = LONGEST_SECONDS) -> float | None:
        """A time; see `seconds`."""
        return seconds(self._values.get(key), unit=unit, longest=longest)

    def words(self, key: str, *, secrets: Iterable[Secret | None] = (), limit: int = WORDS) -> str:
        """A text as harmless words for a human; empty when there is none. See `words`."""
        return words(self._values.get(key), secrets, limit)

    def digits(self, key: str) -> int | None:
        """A whole number that is written in digits, as headers have it."""
        value = self._values.get(key)
        return int(value) if isinstance(value, str) and _DECIMAL.match(value) else None

    def is_true(self, key: str) -> bool:
        """Whether the value is `true`."""
        return self._values.get(key) is True

    def object(self, key: str) -> Foreign:
        """An object; one without values where there is none."""
        return Foreign(self._values.get(key))

    def objects(self, key: str) -> tuple[Foreign, ...]:
        """The objects of a list; none where there is no list."""
        return objects(self._values.get(key)) or ()

    def has_list(self, key: str) -> bool:
        """Whether there is a list, be it empty."""
        return isinstance(self._values.get(key), list)

    def identifiers(self, key: str) -> tuple[str, ...]:
        """The ids of a list."""
        value = self._values.get(key)
        found = map(identifier, value) if isinstance(value, list) else ()
        return tuple(one for one in found if one is not None)

    def with_from(self, other: Foreign, keys: Iterable[str]) -> Foreign:
        """The same object with the values that `other` has under `keys`."""
        return Foreign({**self._values, **{key: other.plain[key] for key in keys if key in other}})


def read_json(body: bytes | str) -> Any:
    """What a JSON document of somebody else's holds, for `Foreign` and `objects`; raises `BorderError`.

    A number beyond counting (NaN, an infinity, more than 19 digits) is none: it becomes `None`, so that one
    writer's nonsense does not cost the words of all others in the same answer.
    """
    try:
        text = body if isinstance(body, str) else body.decode("utf-8-sig")
        _refuse_swollen(text)
        return json.loads(text, parse_int=_integer, parse_float=_fraction, parse_constant=_nothing)
    except (ValueError, RecursionError, MemoryError) as error:
        raise BorderError(str(error) or "it is nested too deeply") from error


def objects(document: object) -> tuple[Foreign, ...] | None:
    """The objects of a list; None for what is no list."""
    if not isinstance(document, list):
        return None
    return tuple(Foreign(one) for one in document if isinstance(one, Mapping))


def identifier(value: object) -> str | None:
    """An id that can be kept, asked for and shown: printable, at most 255 bytes; None for anything else."""
    return _printable(value, IDENTIFIER_BYTES)


def token(value: object) -> str | None:
    """A token that can be asked for: printable, at most 4 KiB; None for anything else."""
    return _printable(value, TOKEN_BYTES)


def snowflake(value: object) -> int | None:
    """An id that is a number below 2**64 and written in digits; None for anything else."""
    if not isinstance(value, str) or not _SNOWFLAKE.match(value):
        return None
    found = int(value)
    return found if found < 2**64 else None


def number(value: object) -> int | None:
    """A whole number that can be counted to; None for anything else."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value if isinstance(value, int) and whole and -COUNTABLE <= value <= COUNTABLE else None


def seconds(value: object, *, unit: float = 1.0, longest: float = LONGEST_SECONDS) -> float | None:
    """A time in seconds, cut to `longest`; None for what is no time.

    `value` is a number of `unit` seconds, or a header's text of one.
    """
    if isinstance(value, str) and len(value) <= 32 and value.isascii():
        try:
            value = float(value)
        except ValueError:
            return None
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    # Not true for NaN either.
    return min(value * unit, longest) if 0 <= value <= COUNTABLE else None


def words(text: object, secrets: Iterable[Secret | None] = (), limit: int = WORDS) -> str:
    """A foreign text as words in a sentence of ours: without secrets, harmless, one line, cut; in this order."""
    if not isinstance(text, str):
        return ""
    return one_line(redact(encodable(text), _spellings(secrets)), limit)


def in_path(value: str) -> str:
    """`value` percent-encoded for one segment of a URL path; `.` and `..` lead nowhere else."""
    return value.replace(".", "%2E") if value in (".", "..") else quote(value, safe="")


def file_name(name: str) -> str:
    """A safe name of a file: a sender's may hold anything, `../` included."""
    safe = _UNSAFE_IN_NAME.sub("_", encodable(name).rpartition("/")[2])
    return safe.encode()[-FILE_NAME_BYTES:].decode(errors="ignore").lstrip(".") or "file"


def _printable(value: object, most: int) -> str | None:
    # Cheapest first: characters are never more than bytes. No surrogate is printable.
    if not isinstance(value, str) or not 0 < len(value) <= most or not value.isprintable():
        return None
    return value if len(value.encode()) <= most else None


def _spellings(secrets: Iterable[Secret | None]) -> Iterable[Secret | None]:
    """The secrets as they are, and as a server may quote them out of a body or an address."""
    for secret in secrets:
        if secret is not None:
            yield secret
            yield Secret(json.dumps(secret.reveal())[1:-1])
            yield Secret(quote(secret.reveal(), safe=""))


def _refuse_swollen(text: str) -> None:
    """Raise for what would become too much memory or too deep a call; looked at before it is read."""
    if text.count("[") + text.count("{") <= _LEVELS and text.count(",") <= _VALUES:
        return
    # Escapes first, so that every quotation mark that is left begins or ends a string.
    bare = _STRING.sub("", text.replace("\\\\", "  ").replace('\\"', "  "))
    if bare.count(",") > _VALUES:
        raise BorderError(f"it holds more than {_VALUES} values")
    opened = bare.count("[") + bare.count("{")
    # What is no JSON is found out by counting, before it is walked.
    if opened != bare.count("]") + bare.count("}"):
        raise BorderError("its brackets do not match")
    if opened > _CONTAINERS:
        raise BorderError(f"it holds more than {_CONTAINERS} lists and objects")
    steps = memoryview(bare.encode("ascii", "replace").translate(_STEPS, _NO_BRACKETS)).cast("b")
    level = 0
    for start in range(0, len(steps), _WALKED):
        levels = list(accumulate(steps[start : start + _WALKED], initial=level))
        if max(levels) > _LEVELS:
            raise BorderError(f"it is nested deeper than {_LEVELS} levels")
        level = levels[-1]


def _integer(digits: str) -> int | None:
    return int(digits) if len(digits) <= _DIGITS else None


def _fraction(digits: str) -> float | None:
    value = float(digits)
    return value if math.isfinite(value) else None


def _nothing(_constant: str) -> None:
    """NaN and the infinities, which Python reads and JSON does not have."""
