# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The `connector` block, checked at the edge: a mapping in, a frozen `ConnectorConfig` out."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .errors import ConfigError
from .registry import KNOWN_CONNECTOR_KINDS
from .secrets import find_secret
from .thirdparty import require
from .types import ConnectorConfig, DiscordConnectorConfig, MatrixConnectorConfig

_BLOCK_FIELDS = {
    "matrix": ("homeserver_url", "user_id", "room_id"),
    "discord": ("channel_id",),
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
    if not isinstance(block, Mapping):
        raise ConfigError(f"connector is expected to be a mapping, found {_describe(block)}.")
    for name in _BLOCK_FIELDS:
        # An absent block is None in the dataclass, but a null in the document is not an object.
        if name in block and block[name] is None:
            raise ConfigError(f"connector.{name} is expected to be a mapping, found null. Fill it in or remove it.")
    if "kind" in block:
        check_kind(block["kind"])
    pydantic = require("pydantic")
    try:
        # JSON is the mode in which pydantic is strict about values and still builds dataclasses.
        config: ConnectorConfig = _adapter().validate_json(json.dumps(block), strict=True)
    except pydantic.ValidationError as error:
        raise ConfigError(_explain(error.errors()[0])) from error
    except TypeError as error:
        raise ConfigError(f"The connector block holds a value that is no text: {error}. Quote it.") from error
    return config


def check_kind(kind: Any) -> None:
    """Refuse a kind that a roster may not name; raises `ConfigError` with the nearest known word."""
    if kind not in KNOWN_CONNECTOR_KINDS:
        raise ConfigError(
            f"connector.kind is expected to be one of {', '.join(KNOWN_CONNECTOR_KINDS)}, found {kind!r}."
            f"{_nearest(str(kind), KNOWN_CONNECTOR_KINDS)}"
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

    Raises `ConfigError` when the block named like the kind is missing, or holds an empty value.
    """
    fields = _BLOCK_FIELDS.get(config.kind)
    if fields is None:
        return
    settings = getattr(config, config.kind)
    if settings is None:
        raise ConfigError(
            f"connector.kind is {config.kind!r}, so a block connector.{config.kind} with "
            f"{', '.join(fields)} is expected, and there is none. Add it, or choose another kind."
        )
    for field in fields:
        if not getattr(settings, field).strip():
            raise ConfigError(
                f"connector.{config.kind}.{field} is expected to have a value and is empty. Fill it in."
            )


@lru_cache(maxsize=1)
def _adapter() -> Any:
    pydantic = require("pydantic")
    # The dataclasses stay plain: pydantic's wishes are handed to it here, beside its only use.
    for shape in (MatrixConnectorConfig, DiscordConnectorConfig, ConnectorConfig):
        shape.__pydantic_config__ = {"extra": "forbid"}  # type: ignore[attr-defined]
    return pydantic.TypeAdapter(ConnectorConfig)


def _explain(error: Mapping[str, Any]) -> str:
    where = ".".join(["connector", *(str(part) for part in error["loc"])])
    if error["type"] == "missing":
        return f"{where} is expected and missing. Add it."
    if error["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        parent = str(error["loc"][-2]) if len(error["loc"]) > 1 else None
        known = _BLOCK_FIELDS.get(parent or "", ("kind", "matrix", "discord"))
        return f"{where} is not a known key. Known here: {', '.join(known)}.{_nearest(str(error['loc'][-1]), known)}"
    return f"{where} is expected to be {_expectation(error)}, found {_describe(error.get('input'))}."


def _describe(value: Any) -> str:
    if value is None:
        return "nothing"
    text = repr(value)
    return f"{type(value).__name__} {text if len(text) <= 80 else text[:77] + '...'}"


def _expectation(error: Mapping[str, Any]) -> str:
    return {
        "string_type": "a string",
        "dataclass_type": "a mapping",
        "dataclass_exact_type": "a mapping",
    }.get(error["type"], str(error["msg"]))


def _nearest(word: str, known: tuple[str, ...]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""
