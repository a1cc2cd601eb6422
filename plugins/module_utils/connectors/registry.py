# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a kind to a live connector, without anybody branching on the kind."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

from .base import OrchestratorConnector
from .discovery import ENTRY_POINT_GROUP, KindError, advertised, built_in, load
from .errors import ConnectorNotImplementedError
from .kind import Kind
from .types import ConnectorConfig, ConnectorKind

__all__ = [
    "DEFAULT_CONNECTOR_KIND",
    "ENTRY_POINT_GROUP",
    "KNOWN_CONNECTOR_KINDS",
    "ConnectorFactory",
    "KindError",
    "create_connector",
    "describe",
    "descriptions",
    "has_connector",
    "is_known_connector_kind",
    "known_connector_kinds",
    "register_connector",
    "reset_connector_registry",
    "resolve_connector_kind",
    "token_shapes",
]

DEFAULT_CONNECTOR_KIND: ConnectorKind = "tmux"
"""The kind of a roster that declares none (back-compatibility)."""

_CONTRACT: tuple[ConnectorKind, ...] = ("tmux", "discord", "matrix")

KNOWN_CONNECTOR_KINDS: tuple[ConnectorKind, ...] = (
    *_CONTRACT,
    *(kind for kind in built_in() if kind not in _CONTRACT),
)
"""The kinds that come with the library, the design document's three first."""

ConnectorFactory = Callable[[ConnectorConfig], OrchestratorConnector]
"""Builds a live connector from its validated configuration."""


def _make(kind: ConnectorKind, config: ConnectorConfig) -> OrchestratorConnector:
    made: OrchestratorConnector = describe(kind).make(config)
    return made


_factories: dict[ConnectorKind, ConnectorFactory] = {
    kind: partial(_make, kind) for kind in KNOWN_CONNECTOR_KINDS
}


def known_connector_kinds() -> tuple[ConnectorKind, ...]:
    """Every kind that a roster may name: those of the library, of other distributions, and registered by code."""
    return tuple(dict.fromkeys((*KNOWN_CONNECTOR_KINDS, *advertised(), *_factories)))


def is_known_connector_kind(value: Any) -> bool:
    """Whether `value` is a kind that a roster may name."""
    # The library's own first: only for another one the distributions of this interpreter have to be looked through.
    return isinstance(value, str) and (value in KNOWN_CONNECTOR_KINDS or value in known_connector_kinds())


def describe(kind: ConnectorKind) -> Kind:
    """The description of a kind.

    Raises `KindError` for one that a distribution brings and that cannot be used, `ConnectorNotImplementedError`
    for one that nobody knows.
    """
    found = load(kind)
    if found is not None:
        return found
    if kind in _factories:
        return Kind(name=kind, summary="a channel that this program registered", factory=_factories[kind])
    raise ConnectorNotImplementedError(kind)


def descriptions() -> tuple[Kind, ...]:
    """The descriptions of all kinds that can be used; why another cannot is logged, once."""
    found = []
    for name in known_connector_kinds():
        try:
            found.append(describe(name))
        except KindError as error:
            _complain(str(error))
    return tuple(found)


@lru_cache(maxsize=64)
def _complain(sentence: str) -> None:
    logging.getLogger(__name__).warning("%s", sentence)


def token_shapes() -> tuple[str, ...]:
    """What the secrets of all kinds look like, as regular expressions."""
    return _token_shapes(tuple(sys.path))


@lru_cache(maxsize=2)
def _token_shapes(_path: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(shape for kind in descriptions() for secret in kind.secrets for shape in secret.shapes)


def resolve_connector_kind(config: ConnectorConfig | None = None) -> ConnectorKind:
    """The kind a configuration asks for; no configuration means tmux."""
    return DEFAULT_CONNECTOR_KIND if config is None else config.kind


def register_connector(kind: ConnectorKind, factory: ConnectorFactory) -> None:
    """Register `factory` for `kind`; the last registration wins."""
    _factories[kind] = factory


def has_connector(kind: ConnectorKind) -> bool:
    """Whether a factory exists for `kind`, registered by code or advertised by an entry point."""
    return kind in _factories or kind in advertised()


def create_connector(config: ConnectorConfig | None = None) -> OrchestratorConnector:
    """Build the connector a configuration asks for, passing the whole configuration on.

    Raises `ConnectorNotImplementedError` when nobody registered its kind, and whatever the
    factory raises (`ConfigError` when the kind's own block is missing).
    """
    kind = resolve_connector_kind(config)
    if not has_connector(kind):
        raise ConnectorNotImplementedError(kind)
    factory = _factories.get(kind) or partial(_make, kind)
    return factory(config if config is not None else ConnectorConfig(kind=kind))


def reset_connector_registry() -> None:
    """Drop every registration made in this process, the built-in ones included (for tests)."""
    _factories.clear()
