# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a kind to a live connector, without anybody branching on the kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .base import OrchestratorConnector
from .errors import ConnectorNotImplementedError
from .types import ConnectorConfig, ConnectorKind

DEFAULT_CONNECTOR_KIND: ConnectorKind = "tmux"
"""The kind of a roster that declares none (back-compatibility)."""

KNOWN_CONNECTOR_KINDS: tuple[ConnectorKind, ...] = ("tmux", "discord", "matrix")
"""The kinds a roster may name."""

ENTRY_POINT_GROUP = "mosaic_connectors"
"""Distributions advertise further kinds here: entry-point name = kind, value = factory."""

ConnectorFactory = Callable[[ConnectorConfig], OrchestratorConnector]
"""Builds a live connector from its validated configuration."""


def _discord(config: ConnectorConfig) -> OrchestratorConnector:
    from .discord.connector import DiscordConnector

    return DiscordConnector.from_config(config)


def _matrix(config: ConnectorConfig) -> OrchestratorConnector:
    from .matrix.connector import MatrixConnector

    return MatrixConnector.from_config(config)


def _tmux(config: ConnectorConfig) -> OrchestratorConnector:
    from .tmux.connector import TmuxConnector

    return TmuxConnector.from_config(config)


_factories: dict[ConnectorKind, ConnectorFactory] = {"discord": _discord, "matrix": _matrix, "tmux": _tmux}


def is_known_connector_kind(value: Any) -> bool:
    """Whether `value` is a kind that a roster may name."""
    return isinstance(value, str) and value in KNOWN_CONNECTOR_KINDS


def resolve_connector_kind(config: ConnectorConfig | None = None) -> ConnectorKind:
    """The kind a configuration asks for; no configuration means tmux."""
    return DEFAULT_CONNECTOR_KIND if config is None else config.kind


def register_connector(kind: ConnectorKind, factory: ConnectorFactory) -> None:
    """Register `factory` for `kind`; the last registration wins."""
    _factories[kind] = factory


def has_connector(kind: ConnectorKind) -> bool:
    """Whether a factory exists for `kind`, registered by code or advertised by an entry point."""
    return _find_factory(kind) is not None


def create_connector(config: ConnectorConfig | None = None) -> OrchestratorConnector:
    """Build the connector a configuration asks for, passing the whole configuration on.

    Raises `ConnectorNotImplementedError` when nobody registered its kind, and whatever the
    factory raises (`ConfigError` when the kind's own block is missing).
    """
    kind = resolve_connector_kind(config)
    factory = _find_factory(kind)
    if factory is None:
        raise ConnectorNotImplementedError(kind)
    return factory(config if config is not None else ConnectorConfig(kind=kind))


def reset_connector_registry() -> None:
    """Drop every registration made in this process, the built-in ones included (for tests)."""
    _factories.clear()


def _find_factory(kind: ConnectorKind) -> ConnectorFactory | None:
    registered = _factories.get(kind)
    if registered is not None:
        return registered
    # Loaded on demand: it would be half of what a `mosaic-connector send` takes to start.
    from importlib.metadata import entry_points

    for entry_point in entry_points(group=ENTRY_POINT_GROUP, name=kind):
        factory: ConnectorFactory = entry_point.load()
        return factory
    return None
