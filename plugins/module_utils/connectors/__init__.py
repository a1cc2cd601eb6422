# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chat connectors between a fleet's orchestrator and its human operator.

Everything a user of the library needs imports from here; the built-in kinds are registered on
import, and their code is loaded only when one is created.
"""

from __future__ import annotations

from .base import Diagnosed, IdempotentSender, OrchestratorConnector, WatchedLine
from .errors import ConnectorError, ConnectorNotImplementedError
from .registry import (
    DEFAULT_CONNECTOR_KIND,
    KNOWN_CONNECTOR_KINDS,
    ConnectorFactory,
    create_connector,
    has_connector,
    is_known_connector_kind,
    register_connector,
    reset_connector_registry,
    resolve_connector_kind,
)
from .types import (
    Check,
    ConnectorConfig,
    ConnectorHealth,
    ConnectorKind,
    DiscordConnectorConfig,
    InboundHandler,
    InboundMessage,
    MatrixConnectorConfig,
    OutboundMessage,
    SendFailure,
    SendResult,
    Unsubscribe,
)

__version__ = "0.1.0"

__all__ = [
    "DEFAULT_CONNECTOR_KIND",
    "KNOWN_CONNECTOR_KINDS",
    "Check",
    "ConnectorConfig",
    "ConnectorError",
    "ConnectorFactory",
    "ConnectorHealth",
    "ConnectorKind",
    "ConnectorNotImplementedError",
    "Diagnosed",
    "DiscordConnectorConfig",
    "IdempotentSender",
    "InboundHandler",
    "InboundMessage",
    "MatrixConnectorConfig",
    "OrchestratorConnector",
    "OutboundMessage",
    "SendFailure",
    "SendResult",
    "Unsubscribe",
    "WatchedLine",
    "create_connector",
    "has_connector",
    "is_known_connector_kind",
    "register_connector",
    "reset_connector_registry",
    "resolve_connector_kind",
]


def _discord(config: ConnectorConfig) -> OrchestratorConnector:
    from .discord.connector import DiscordConnector

    return DiscordConnector.from_config(config)


def _matrix(config: ConnectorConfig) -> OrchestratorConnector:
    from .matrix.connector import MatrixConnector

    return MatrixConnector.from_config(config)


def _tmux(config: ConnectorConfig) -> OrchestratorConnector:
    from .tmux.connector import TmuxConnector

    return TmuxConnector.from_config(config)


register_connector("discord", _discord)
register_connector("matrix", _matrix)
register_connector("tmux", _tmux)
