# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The roster as a file: found, read within bounds, checked, and its `connector` block understood."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..config import connector_block, parse_connector, require_complete
from ..errors import ConfigError, RosterError
from ..files import read_text
from ..secrets import looks_like_secret
from ..types import ConnectorConfig
from .json_text import JsonText
from .splice import splice
from .text import RosterText
from .yaml_text import YamlText

MAX_ROSTER_BYTES = 16 * 1024 * 1024
"""A larger file is refused unread: it is not a roster."""

_NO_SECRETS_HERE = (
    "something here looks like a secret, and a roster holds none. "
    "Move it to the service's 0600 environment file, and revoke the one that was written here."
)

_KEY = "connector"


@dataclass(frozen=True)
class Roster:
    """A roster that was read: its text with positions, and its connector (None: absent, so tmux)."""

    source: RosterText
    connector: ConnectorConfig | None

    def require_complete(self) -> None:
        """Refuse a connector that the schema allows and nobody can make; raises `RosterError`."""
        if self.connector is not None:
            try:
                require_complete(self.connector)
            except ConfigError as error:
                raise _located(self.source, error) from error


def load_roster(path: str | Path) -> Roster:
    """Read the roster at `path` (JSON by its suffix, YAML otherwise).

    Raises `RosterError`: missing, unreadable, too large, not UTF-8, invalid, not a mapping, a
    duplicate or wrong `connector`, or something that looks like a secret anywhere in it.
    """
    return parse_roster(read_roster(path), str(path))


def read_roster(path: str | Path) -> str:
    """The text of the roster at `path`; raises `RosterError`: missing, unreadable, too large, not UTF-8."""
    return read_text(path, "the roster", MAX_ROSTER_BYTES, RosterError)


def parse_roster(text: str, name: str) -> Roster:
    """Like `load_roster`, for a text already read; `name` is the file's name."""
    source = parse_text(text, name)
    _refuse_secrets(source)
    _refuse_doubles(source)
    if source.member(_KEY) is None and source.value(_KEY) is None:
        return Roster(source, None)
    try:
        return Roster(source, parse_connector(source.value(_KEY)))
    except RosterError:
        raise
    except ConfigError as error:
        raise _located(source, error) from error


def splice_connector(text: str, block: dict[str, Any] | None, name: str) -> str:
    """`text` with its `connector` block replaced by `block` (None: removed); all other bytes stay.

    The block that stands there may be wrong, since it is about to go. Raises `RosterError`.
    """
    source = parse_text(text, name)
    spliced = splice(source, _KEY, block)
    _refuse_secrets(source.reparse(spliced))
    return spliced


def settle_connector(text: str | None, block: dict[str, Any] | None, name: str) -> str | None:
    """The text a roster should have for its block to be `block`; None is no file, before and after.

    A text whose block says the same already stays as it is, in whatever words. Raises `RosterError`.
    """
    if text is None:
        empty = "{}\n" if name.endswith(".json") else "---\n"
        return None if block is None else splice_connector(empty, block, name)
    try:
        present = parse_roster(text, name).connector
    except RosterError:
        present = None  # the block is wrong, which writing it anew heals; anything else stops the splice, too
    if present is not None and block is not None and connector_block(present) == block:
        return text
    return splice_connector(text, block, name)


def parse_text(text: str, name: str) -> RosterText:
    """The text with its positions, whatever its `connector` says; raises `RosterError` for its syntax."""
    return JsonText.parse(text, name) if name.endswith(".json") else YamlText.parse(text, name)


def _refuse_secrets(source: RosterText) -> None:
    for spot in source.scalars():
        if looks_like_secret(spot.text or ""):
            raise RosterError(f"{source.position(spot.start)}: {_NO_SECRETS_HERE}")


def _refuse_doubles(source: RosterText) -> None:
    """Refuse a key of the block that stands twice: JSON takes the last one without a word (RFC 8259, 4)."""
    seen: dict[tuple[str, ...], int] = {}
    for spot in source.spots():
        if spot.is_key and len(spot.path) > 1 and spot.path[0] == _KEY:
            line = source.line_of(spot.start)
            if spot.path in seen:
                raise RosterError(
                    f"{source.name}: the key {spot.path[-1]!r} is expected once, found on lines "
                    f"{seen[spot.path]} and {line}. Remove one.",
                    code="duplicate_key",
                    place=source.place_of(spot.start),
                )
            seen[spot.path] = line


def _located(source: RosterText, error: ConfigError) -> RosterError:
    return RosterError(f"{source.locate((_KEY, *error.loc))}: {error}", loc=(_KEY, *error.loc))
