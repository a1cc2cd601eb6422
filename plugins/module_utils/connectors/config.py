# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The `connector` block, checked at the edge: a mapping in, a frozen `ConnectorConfig` out."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .errors import ConfigError
from .kind import Field
from .plain import is_text
from .registry import KindError, describe, descriptions, is_known_connector_kind, known_connector_kinds
from .secrets import find_secret, shown
from .types import CONTRACT_BLOCKS, ConnectorConfig


def parse_connector(block: Any) -> ConnectorConfig:
    """Validate a `connector` block and return it as a `ConnectorConfig`.

    Accepts exactly the documents that `schema.connector_schema` accepts, save that a credential in it is
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
    config = ConnectorConfig(block["kind"])
    for name, inner in block.items():
        if name != "kind":
            config = config.with_block(name, describe(name).block(**inner))
    return config


def block_mistakes(block: Any) -> list[ConfigError]:
    """Everything in a `connector` block that the schema does not allow; empty when all is right."""
    if not isinstance(block, Mapping):
        return [
            _wrong((), "a mapping with a kind", _describe(block), code="wrong_type", name="connector"),
        ]
    return list(_block_mistakes(block))


def all_mistakes(block: Any) -> list[ConfigError]:
    """What the schema does not allow in a block, and what keeps a connector from being made of it, each once."""
    wrong = block_mistakes(block)
    kind = block.get("kind") if isinstance(block, Mapping) else None
    if (
        isinstance(kind, str)
        and not any(one.loc == ("kind",) for one in wrong)
        and (isinstance(block.get(kind), Mapping) or kind not in block)
    ):
        wrong += incomplete(kind, block)
    misspelt = {(*one.loc[:-1], one.nearest) for one in wrong if one.code == "unknown_key"}
    # What was misspelt is not missing as well; the block of a kind is missed by the key `kind`.
    return [
        one
        for one in wrong
        if one.code != "missing_key"
        or ((kind,) if one.loc == ("kind",) else (*one.loc, one.expected)) not in misspelt
    ]


def _block_mistakes(block: Mapping[Any, Any]) -> Iterator[ConfigError]:
    try:
        if "kind" in block:
            check_kind(block["kind"])
        else:
            yield _missing((), "kind")
    except ConfigError as error:
        yield error
    for key, inner in block.items():
        if key == "kind":
            continue
        try:
            fields = _fields(key)
        except ConfigError as error:
            yield ConfigError(str(error), loc=(str(key),), code="invalid")
            continue
        if not fields:
            yield _unknown((str(key),), ("kind", *(one.name for one in descriptions() if one.fields)))
        elif not isinstance(inner, Mapping):
            advice = " Fill it in or remove it." if inner is None else ""
            yield _wrong((key,), "a mapping", _describe(inner), advice, code="wrong_type")
        else:
            yield from _field_mistakes(key, fields, inner)


def _field_mistakes(kind: str, fields: tuple[Field, ...], block: Mapping[Any, Any]) -> Iterator[ConfigError]:
    known = tuple(one.key for one in fields)
    for key, value in block.items():
        if key not in known:
            yield _unknown((kind, str(key)), known)
        elif not is_text(value):
            advice = " Fill it in or remove it." if value is None else " Quote it."
            yield _wrong((kind, key), "a string", _describe(value), advice, code="wrong_type")
    yield from (_missing((kind,), one.key) for one in fields if one.required and one.key not in block)


def _fields(kind: Any) -> tuple[Field, ...]:
    """The fields of a kind's own block; none for what is no kind, or has no block."""
    return describe(kind).fields if is_known_connector_kind(kind) else ()


def check_kind(kind: Any) -> None:
    """Refuse a kind that a roster may not name; raises `ConfigError` with the nearest known word, or why it is broken."""
    if is_known_connector_kind(kind):
        try:
            describe(kind)
        except KindError as error:
            raise ConfigError(str(error), loc=("kind",), code="invalid") from error
        return
    known = known_connector_kinds()
    nearest = _nearest(str(kind), known)
    expected, found = f"one of {', '.join(known)}", _describe(kind)
    raise _wrong(("kind",), expected, found, _hint(nearest), code="wrong_value", nearest=nearest)


def connector_block(config: ConnectorConfig) -> dict[str, Any]:
    """The `connector` block that says what `config` says, in the schema's key order."""
    block: dict[str, Any] = {"kind": config.kind}
    for name in (*CONTRACT_BLOCKS, *config.others):
        settings = config.block(name)
        if settings is not None:
            said = {one.key: getattr(settings, one.key) for one in describe(name).fields}
            block[name] = {key: value for key, value in said.items() if value is not None}
    return block


def operator_doubts(
    kind: str, operators: Sequence[str], block: Mapping[str, Any]
) -> Iterator[tuple[int, str]]:
    """Which of the listed operators can hardly be one on a channel of `kind`: the place in the list, and why.

    Each works as it is written, which is that nobody is heard by it: a list may hold those of several kinds.
    """
    described = describe(kind)
    expected = described.operators
    own = block.get(described.account)
    for index, name in enumerate(operators):
        if name != name.strip() or not name.isprintable():
            yield index, f"{shown(name)} has white space around it or characters that cannot be seen."
        elif expected and not expected.shape.fits(name):
            yield index, f"{shown(name)} is expected to be {expected.shape.words}."
        elif name == own:
            yield index, f"{shown(name)} is the orchestrator's own account, which is never listened to."
        elif expected:
            for unlikely in expected.unlikely:
                if unlikely.fits(name):
                    yield index, f"{shown(name)} {unlikely.words}."


def require_complete(config: ConnectorConfig) -> None:
    """Refuse a configuration that the schema allows and no connector can be made from.

    Raises `ConfigError` when the block named like the kind is missing, or a value in it cannot be
    what its name says.
    """
    for mistake in incomplete(config.kind, connector_block(config)):
        raise mistake


def incomplete(kind: str, block: Mapping[str, Any]) -> Iterator[ConfigError]:
    """What keeps a connector of `kind` from being made of a block that is otherwise right, mistake by mistake."""
    fields = _fields(kind)
    settings = block.get(kind)
    if settings is None:
        required = [one.key for one in fields if one.required]
        if required:
            needed = f"a block connector.{kind} with {', '.join(required)}"
            yield ConfigError(
                f"connector.kind is {kind!r}, so {needed} is expected, and there is none. Add it, or choose another kind.",
                loc=("kind",),
                code="missing_key",
                expected=needed,
                found="nothing",
            )
        return
    for one in fields:
        value = settings.get(one.key)
        if isinstance(value, str) and not one.shape.fits(value):
            yield _wrong((kind, one.key), one.shape.words, _describe(value), code="wrong_value")


def _missing(loc: tuple[str, ...], key: str) -> ConfigError:
    where = ".".join(("connector", *loc, key))
    return ConfigError(
        f"{where} is expected and missing. Add it.",
        loc=loc,
        code="missing_key",
        expected=key,
        found="nothing",
    )


def _unknown(loc: tuple[str, ...], known: tuple[str, ...]) -> ConfigError:
    nearest = _nearest(loc[-1], known)
    return ConfigError(
        f"{'.'.join(('connector', *loc))} is not a known key. Known here: {', '.join(known)}.{_hint(nearest)}",
        loc=loc,
        code="unknown_key",
        expected=f"one of {', '.join(known)}",
        found=loc[-1],
        nearest=nearest,
    )


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


def _describe(value: Any) -> str:
    if value is None:
        return "nothing"
    return shown(value) if isinstance(value, str) else f"{type(value).__name__} {shown(value)}"


def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    close = difflib.get_close_matches(word, known, n=1)
    return close[0] if close else None


def _hint(nearest: str | None) -> str:
    return f" Did you mean {nearest!r}?" if nearest else ""
