# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The `connector` block, checked at the edge: a mapping in, a frozen `ConnectorConfig` out."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .errors import ConfigError
from .registry import KNOWN_CONNECTOR_KINDS
from .secrets import find_secret
from .thirdparty import require
from .types import ConnectorConfig, DiscordConnectorConfig, MatrixConnectorConfig

# What each field of a kind's own block has to look like before a connector can be made from it. The
# schema asks for strings alone. Room ids are opaque: from room version 12 on they have no domain.
_BLOCK_FIELDS: dict[str, dict[str, tuple[str, str]]] = {
    "matrix": {
        "homeserver_url": (
            r"https?://[^\s/?#@]+(/[^\s?#]*)?",
            "a base URL such as https://matrix.example.org",
        ),
        "user_id": (r"@[^\s:]+:\S+", "a full Matrix user id such as @mos:example.org"),
        "room_id": (r"![^\s]+|#[^\s:]+:\S+", "a room id (!…) or an alias such as #fleet:example.org"),
    },
    "discord": {"channel_id": (r"[0-9]{1,20}", "the number of a Discord channel, in quotes")},
}


def parse_connector(block: Any) -> ConnectorConfig:
    """Validate a `connector` block and return it as a `ConnectorConfig`.

    Accepts exactly the documents that `CONNECTOR_SCHEMA` accepts, save that a credential in it is
    refused. Raises `ConfigError` naming the key, what was expected and what was found.
    """
    leaked = find_secret(block)
    if leaked:
        raise ConfigError(
            f"The connector block holds something that looks like a secret at {leaked}. "
            "Secrets never go into the roster: put it in the service's 0600 environment file, and revoke it."
        )
    _check_shape(block)
    pydantic = require("pydantic")
    try:
        # JSON is the mode in which pydantic is strict about values and still builds dataclasses.
        config: ConnectorConfig = _adapter().validate_json(json.dumps(block), strict=True)
    except pydantic.ValidationError as error:
        # A misspelt key is reported before the missing one that it was meant to be.
        first = min(error.errors(), key=lambda one: one["type"] == "missing")
        raise _explain(first) from error
    except TypeError as error:
        raise ConfigError(f"The connector block holds a value that is no text: {error}. Quote it.") from error
    return config


def check_kind(kind: Any) -> None:
    """Refuse a kind that a roster may not name; raises `ConfigError` with the nearest known word."""
    if kind not in KNOWN_CONNECTOR_KINDS:
        raise ConfigError(
            f"connector.kind is expected to be one of {', '.join(KNOWN_CONNECTOR_KINDS)}, found {kind!r}."
            f"{_nearest(str(kind), KNOWN_CONNECTOR_KINDS)}",
            loc=("kind",),
        )


def connector_block(config: ConnectorConfig) -> dict[str, Any]:
    """The `connector` block that says what `config` says, in the schema's key order."""
    block: dict[str, Any] = {"kind": config.kind}
    for name, fields in _BLOCK_FIELDS.items():
        settings = getattr(config, name)
        if settings is not None:
            block[name] = {field: getattr(settings, field) for field in fields}
    return block


def require_complete(config: ConnectorConfig) -> None:
    """Refuse a configuration that the schema allows and no connector can be made from.

    Raises `ConfigError` when the block named like the kind is missing, or a value in it cannot be
    what its name says.
    """
    fields = _BLOCK_FIELDS.get(config.kind)
    if fields is None:
        return
    settings = getattr(config, config.kind)
    if settings is None:
        raise ConfigError(
            f"connector.kind is {config.kind!r}, so a block connector.{config.kind} with "
            f"{', '.join(fields)} is expected, and there is none. Add it, or choose another kind.",
            loc=("kind",),
        )
    for field, (pattern, expected) in fields.items():
        value = getattr(settings, field)
        if not re.fullmatch(pattern, value):
            raise ConfigError(
                f"connector.{config.kind}.{field} is expected to be {expected}, found {_describe(value)}.",
                loc=(config.kind, field),
            )


def _check_shape(block: Any) -> None:
    if not isinstance(block, Mapping):
        raise ConfigError(f"connector is expected to be a mapping with a kind, found {_describe(block)}.")
    for name in _BLOCK_FIELDS:
        # An absent block is None in the dataclass, but a null in the document is not an object.
        if name in block and block[name] is None:
            raise ConfigError(
                f"connector.{name} is expected to be a mapping, found nothing. Fill it in or remove it.",
                loc=(name,),
            )
    if "kind" in block:
        check_kind(block["kind"])


@lru_cache(maxsize=1)
def _adapter() -> Any:
    pydantic = require("pydantic")
    # The dataclasses stay plain: pydantic's wishes are handed to it here, beside its only use.
    shapes: tuple[Any, ...] = (MatrixConnectorConfig, DiscordConnectorConfig, ConnectorConfig)
    for shape in shapes:
        shape.__pydantic_config__ = {"extra": "forbid"}
    return pydantic.TypeAdapter(ConnectorConfig)


def _explain(error: Mapping[str, Any]) -> ConfigError:
    loc = tuple(str(part) for part in error["loc"])
    where = ".".join(("connector", *loc))
    if error["type"] == "missing":
        return ConfigError(f"{where} is expected and missing. Add it.", loc=loc[:-1])
    if error["type"] == "unexpected_keyword_argument":
        known = tuple(_BLOCK_FIELDS[loc[0]]) if len(loc) > 1 else ("kind", *_BLOCK_FIELDS)
        return ConfigError(
            f"{where} is not a known key. Known here: {', '.join(known)}.{_nearest(loc[-1], known)}", loc=loc
        )
    expected = {"string_type": "a string", "dataclass_type": "a mapping"}.get(error["type"], error["msg"])
    return ConfigError(f"{where} is expected to be {expected}, found {_describe(error['input'])}.", loc=loc)


def _describe(value: Any) -> str:
    if value is None:
        return "nothing"
    text = repr(value)
    shown = text if len(text) <= 80 else f"{text[:77]}..."
    return shown if isinstance(value, str) else f"{type(value).__name__} {shown}"


def _nearest(word: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
