# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is plainly right is taken without pydantic: it costs a quarter of a second and a third of an idle bridge's memory.

Anything else, every mistake above all, is pydantic's to judge and to explain. Only what it takes as well is plain: a test
holds both side by side.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

T = TypeVar("T")

_EXACT = {"str": str, "bool": bool, "int": int}
_LARGEST_WHOLE = 2**53
"""Below it every whole number is one of the binary ones with a fraction, too."""


def plainly(shape: type[T], document: Mapping[Any, Any]) -> T | None:
    """The dataclass `shape` made of `document`, or None when a value is not exactly of its field's type."""
    known = {field.name: str(field.type) for field in fields(shape)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in document.items():
        kind = known.get(key) if isinstance(key, str) else None
        if kind is None or not _is_exactly(kind, value):
            return None
        values[key] = _made(kind, value)
    try:
        return shape(**values)
    except TypeError:  # a field that has no default is not there
        return None


def is_text(value: Any) -> bool:
    """Whether `value` is a string that UTF-8 can say."""
    if value.__class__ is not str:
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_exactly(kind: str, value: Any) -> bool:
    base = kind.removesuffix(" | None")
    if value is None:
        return base != kind
    if base == "str":
        return is_text(value)
    if base == "tuple[str, ...]":
        return value.__class__ is list and all(is_text(one) for one in value)
    if base == "float":
        return value.__class__ is float or (value.__class__ is int and abs(value) < _LARGEST_WHOLE)
    return value.__class__ is _EXACT.get(base)


def _made(kind: str, value: Any) -> Any:
    if kind.startswith("tuple"):
        return tuple(value)
    return float(value) if kind.startswith("float") and value is not None else value
