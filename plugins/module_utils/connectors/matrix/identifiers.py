# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User ids and aliases, taken apart and checked; room ids stay opaque.

Source: Matrix specification v1.11, appendices, "Identifier Grammar".
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ..errors import ConfigError

_SERVER = r"(?P<server>[A-Za-z0-9.-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?)"
_USER_ID = re.compile(rf"@(?P<localpart>[^:\s\x00]+):{_SERVER}\Z")
_ALIAS = re.compile(rf"#(?P<localpart>[^:\s\x00]+):{_SERVER}\Z")
_ROOM_ID = re.compile(r"![^\s\x00]+\Z")
_MAX_BYTES = 255


def split_user_id(user_id: str) -> tuple[str, str]:
    """`@local:server` as `(local, server)`; raises `ConfigError` for anything else."""
    return _split(_USER_ID, user_id, "A user id", "@orchestrator:example.org")


def split_alias(alias: str) -> tuple[str, str]:
    """`#local:server` as `(local, server)`; raises `ConfigError` for anything else."""
    return _split(_ALIAS, alias, "A room alias", "#fleet:example.org")


def check_room_id(room_id: str) -> str:
    """A room id as it is; only its first character is known (version 12 has no domain)."""
    if not _ROOM_ID.match(room_id) or len(room_id.encode()) > _MAX_BYTES:
        raise ConfigError(
            f"A room id is expected to start with an exclamation mark, found {room_id!r}. "
            "Copy it from the room's settings, or name the room by its alias."
        )
    return room_id


def _split(pattern: re.Pattern[str], value: str, what: str, example: str) -> tuple[str, str]:
    match = pattern.match(value)
    if match is None or len(value.encode()) > _MAX_BYTES:
        raise ConfigError(f"{what} is expected to look like {example}, found {value!r}. Write it in full.")
    return match["localpart"], match["server"]


def check_homeserver_url(url: str) -> str:
    """Return a homeserver's base URL without its trailing slash, or raise `ConfigError`."""
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.strip().isprintable():
        raise ConfigError(
            f"homeserver_url is expected to look like https://matrix.example.org, "
            f"found {'one that is malformed' if '@' in url else repr(url)}. "
            "Write the base URL with its scheme and without a path."
        )
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ConfigError(
            "homeserver_url must not carry a user, a password, a query or a fragment. "
            "Write the base URL alone, e.g. https://matrix.example.org"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
