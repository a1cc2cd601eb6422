# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The `connector` block, checked at the edge: a mapping in, a frozen `ConnectorConfig` out."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from .errors import ConfigError
from .plain import is_text
from .registry import KNOWN_CONNECTOR_KINDS
from .secrets import find_secret, shown
from .thirdparty import require
from .types import ConnectorConfig, DiscordConnectorConfig, MatrixConnectorConfig

# The schema asks for strings alone. Room ids are opaque: from room version 12 on they have no domain.
FIELDS: dict[str, dict[str, tuple[str, str]]] = {
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
"""What each field of a kind's own block has to look like before a connector is made from it: pattern and words."""


OPERATORS: dict[str, tuple[str, str]] = {
    "matrix": (r"@[^\s:]+:\S+", "a full Matrix user id such as @alice:example.org"),
    "discord": (r"[0-9]{1,20}", "the number of a Discord user, in quotes"),
}
"""What the id of an operator looks like, kind by kind: pattern and words."""


_SHAPES: dict[str, Any] = {"matrix": MatrixConnectorConfig, "discord": DiscordConnectorConfig}


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
    mistakes = block_mistakes(block)
    if mistakes:
        # A misspelt key is reported before the missing one that it was meant to be.
        raise min(mistakes, key=lambda one: one.code == "missing_key")
    plain = _plainly(block)
    if plain is not None:
        return plain
    # JSON is the mode in which pydantic is strict about values and still builds dataclasses.
    config: ConnectorConfig = _adapter().validate_json(json.dumps(block), strict=True)
    return config


def block_mistakes(block: Any) -> list[ConfigError]:
    """Everything in a `connector` block that the schema does not allow; empty when all is right."""
    if _plainly(block) is not None:
        return []
    if not isinstance(block, Mapping):
        return [
            _wrong((), "a mapping with a kind", _describe(block), code="wrong_type", name="connector"),
        ]
    mistakes = [
        _wrong((name,), "a mapping", "nothing", " Fill it in or remove it.", code="wrong_type")
        for name in FIELDS
        # An absent block is None in the dataclass, but a null in the document is not an object.
        if name in block and block[name] is None
    ]
    if "kind" in block:
        try:
            check_kind(block["kind"])
        except ConfigError as error:
            mistakes.append(error)
    mistakes += [
        _wrong(loc, "a string", _describe(value), " Quote it.", code="wrong_type")
        for loc, value in _not_text(block, ())
    ]
    pydantic = require("pydantic")
    known = {mistake.loc for mistake in mistakes}
    try:
        _adapter().validate_json(json.dumps(_plain(block)), strict=True)
    except pydantic.ValidationError as error:
        found = [_explain(one) for one in error.errors()]
        mistakes += [
            mistake for mistake in found if mistake.code == "missing_key" or mistake.loc not in known
        ]
    return mistakes


def _plainly(block: Any) -> ConnectorConfig | None:
    """The configuration that a block means which is right at the first look; None for any other."""
    if not isinstance(block, dict) or not block.keys() <= {"kind", *FIELDS}:
        return None
    if block.get("kind") not in KNOWN_CONNECTOR_KINDS:
        return None
    made: dict[str, Any] = {}
    for name in block.keys() & FIELDS.keys():
        inner = block[name]
        if (
            not isinstance(inner, dict)
            or inner.keys() != FIELDS[name].keys()
            or not all(map(is_text, inner.values()))
        ):
            return None
        made[name] = _SHAPES[name](**inner)
    return ConnectorConfig(block["kind"], **made)


def check_kind(kind: Any) -> None:
    """Refuse a kind that a roster may not name; raises `ConfigError` with the nearest known word."""
    if kind not in KNOWN_CONNECTOR_KINDS:
        nearest = _nearest(str(kind), KNOWN_CONNECTOR_KINDS)
        expected, found = f"one of {', '.join(KNOWN_CONNECTOR_KINDS)}", _describe(kind)
        raise _wrong(("kind",), expected, found, _hint(nearest), code="wrong_value", nearest=nearest)


def connector_block(config: ConnectorConfig) -> dict[str, Any]:
    """The `connector` block that says what `config` says, in the schema's key order."""
    block: dict[str, Any] = {"kind": config.kind}
    for name, fields in FIELDS.items():
        settings = getattr(config, name)
        if settings is not None:
            block[name] = {field: getattr(settings, field) for field in fields}
    return block


def operator_doubts(
    kind: str, operators: Sequence[str], block: Mapping[str, Any]
) -> Iterator[tuple[int, str]]:
    """Which of the listed operators can hardly be one on a channel of `kind`: the place in the list, and why.

    Each works as it is written, which is that nobody is heard by it: a list may hold those of several kinds.
    """
    shape = OPERATORS.get(kind)
    own = block.get("user_id")
    for index, name in enumerate(operators):
        if name != name.strip() or not name.isprintable():
            yield index, f"{shown(name)} has white space around it or characters that cannot be seen."
        elif shape and not re.fullmatch(shape[0], name):
            yield index, f"{shown(name)} is expected to be {shape[1]}."
        elif name == own:
            yield index, f"{shown(name)} is the orchestrator's own account, which is never listened to."
        elif kind == "matrix" and name != name.lower():
            yield (
                index,
                f"{shown(name)} has capital letters, which few ids have. Compare it with the profile.",
            )


def require_complete(config: ConnectorConfig) -> None:
    """Refuse a configuration that the schema allows and no connector can be made from.

    Raises `ConfigError` when the block named like the kind is missing, or a value in it cannot be
    what its name says.
    """
    for mistake in incomplete(config.kind, connector_block(config)):
        raise mistake


def incomplete(kind: str, block: Mapping[str, Any]) -> Iterator[ConfigError]:
    """What keeps a connector of `kind` from being made of a block that is otherwise right, mistake by mistake."""
    fields = FIELDS.get(kind)
    if fields is None:
        return
    settings = block.get(kind)
    if settings is None:
        needed = f"a block connector.{kind} with {', '.join(fields)}"
        yield ConfigError(
            f"connector.kind is {kind!r}, so {needed} is expected, and there is none. Add it, or choose another kind.",
            loc=("kind",),
            code="missing_key",
            expected=needed,
            found="nothing",
        )
        return
    for field, (pattern, expected) in fields.items():
        value = settings.get(field)
        if isinstance(value, str) and not re.fullmatch(pattern, value):
            yield _wrong((kind, field), expected, _describe(value), code="wrong_value")


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
        return ConfigError(
            f"{where} is expected and missing. Add it.",
            loc=loc[:-1],
            code="missing_key",
            expected=loc[-1],
            found="nothing",
        )
    if error["type"] == "unexpected_keyword_argument":
        known = tuple(FIELDS[loc[0]]) if len(loc) > 1 else ("kind", *FIELDS)
        nearest = _nearest(loc[-1], known)
        expected = f"one of {', '.join(known)}"
        return ConfigError(
            f"{where} is not a known key. Known here: {', '.join(known)}.{_hint(nearest)}",
            loc=loc,
            code="unknown_key",
            expected=expected,
            found=loc[-1],
            nearest=nearest,
        )
    expected = {"string_type": "a string", "dataclass_type": "a mapping"}.get(error["type"], error["msg"])
    return _wrong(loc, expected, _describe(error["input"]), code="wrong_type")


def _wrong(
    loc: tuple[str, ...],
    expected: str,
    found: str,
    advice: str = "",
    *,
    code: str,
    nearest: str | None = None,
    name: str | None = None,
) -> ConfigError:
    where = name or ".".join(("connector", *loc))
    return ConfigError(
        f"{where} is expected to be {expected}, found {found}.{advice}",
        loc=loc,
        code=code,
        expected=expected,
        found=found,
        nearest=nearest,
    )


def _plain(value: Any) -> Any:
    """`value` with nothing in it that JSON does not have; what was taken out is reported by itself."""
    if isinstance(value, Mapping):
        return {_text(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, (int, float, type(None))) else _text(value)


def _text(value: Any) -> str:
    """As text without the lone surrogates that JSON's escapes can make, and UTF-8 cannot say."""
    return str(value).encode("utf-8", "replace").decode()


def _not_text(value: Any, loc: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """What YAML made of an unquoted value and JSON does not have, such as a date; and text that is none."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _not_text(inner, (*loc, str(key)))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _not_text(inner, (*loc, str(index)))
    elif not isinstance(value, (str, int, float, type(None))) or (
        isinstance(value, str) and _text(value) != value
    ):
        yield loc, value


def _describe(value: Any) -> str:
    if value is None:
        return "nothing"
    return shown(value) if isinstance(value, str) else f"{type(value).__name__} {shown(value)}"


def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    close = difflib.get_close_matches(word, known, n=1)
    return close[0] if close else None


def _hint(nearest: str | None) -> str:
    return f" Did you mean {nearest!r}?" if nearest else ""
