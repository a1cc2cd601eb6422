# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`KEY=VALUE` for an existing setup: what may be changed, where it stands, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from ..config import connector_block, parse_connector, require_complete
from ..errors import ConfigError
from ..kind import SECRET_WORDS
from ..registry import describe, descriptions, resolve_connector_kind
from ..secrets import looks_like_secret
from ..types import ConnectorConfig
from .dialogue import UsageError
from .places import Files

OPERATORS = "operators"


def keys_by_kind() -> dict[str, tuple[str, ...]]:
    """What may be changed of the block of each kind that has one."""
    return {kind.name: tuple(one.key for one in kind.fields) for kind in descriptions() if kind.fields}


def _keys() -> tuple[str, ...]:
    return tuple(dict.fromkeys((*(key for keys in keys_by_kind().values() for key in keys), OPERATORS)))


def parse(assignments: list[str]) -> dict[str, str]:
    """`KEY=VALUE` words as a mapping; raises `UsageError`, which never repeats what may be a secret."""
    wanted: dict[str, str] = {}
    for word in assignments:
        name, equals, value = word.partition("=")
        key = name.strip().lower().replace("-", "_")
        if any(part in key for part in SECRET_WORDS) or looks_like_secret(word):
            raise UsageError(
                "A secret is not taken as an argument, which everybody on this host can read; replace the one that "
                "was just typed here. mosaic-connector init asks for it, or reads it from a file."
            )
        if key == "kind":
            raise UsageError(f"The kind is changed by: mosaic-connector switch {value or 'KIND'}")
        if key not in _keys() or not equals:
            raise UsageError(f"{_unknown(key, bool(equals))} Known keys: {', '.join(_keys())}.")
        wanted[key] = value.strip()
    return wanted


def _unknown(key: str, has_value: bool) -> str:
    if key in _keys() and not has_value:
        return f"{key} has no value: {key}=VALUE is expected."
    close = get_close_matches(key, _keys(), n=1)
    return f"{key!r} is no key that can be changed." + (f" Did you mean {close[0]!r}?" if close else "")


def apply(files: Files, wanted: Mapping[str, str]) -> tuple[ConnectorConfig | None, dict[str, Any]]:
    """The connector (None: it stays) and the settings that the assignments lead to.

    Raises `ConfigError` for a key of another kind than the roster's, and for a wrong value.
    """
    settings = {OPERATORS: _operators(wanted[OPERATORS])} if OPERATORS in wanted else {}
    values = {key: value for key, value in wanted.items() if key != OPERATORS}
    if not values:
        return None, settings
    kind = resolve_connector_kind(files.connector)
    by_kind = keys_by_kind()
    for key in values:
        if key not in by_kind.get(kind, ()):
            other = next(name for name, keys in by_kind.items() if key in keys)
            raise ConfigError(
                f"{key} belongs to kind {other}, and {files.roster} is of kind {kind}. "
                f"Change to that kind with: mosaic-connector switch {other}"
            )
    present: dict[str, Any] = connector_block(files.connector) if files.connector else {"kind": kind}
    block = {**present, kind: {**present.get(kind, {}), **values}}
    connector = parse_connector(block)
    require_complete(connector)
    return connector, settings


def _operators(value: str) -> list[str]:
    names = list(dict.fromkeys(value.replace(",", " ").split()))
    if not names:
        raise ConfigError("operators is expected to name somebody: without a list, nobody is heard.")
    return names


def consequences(files: Files, wanted: Mapping[str, str]) -> list[str]:
    """What else has to be done, in sentences."""
    fields = describe(resolve_connector_kind(files.connector)).fields
    return [one.follows for one in fields if one.key in wanted and one.follows]
