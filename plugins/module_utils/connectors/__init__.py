# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chat connectors between a fleet's orchestrator and its human operator.

Everything a user of the library needs imports from here, and is loaded when it is first asked for: a
`mosaic-connector send` starts often, and needs none of it. The code of a kind is loaded when one is created.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers know it: `typing` is a tenth of what a `send` takes

if TYPE_CHECKING:
    from typing import Any

    from .base import Diagnosed, IdempotentSender, OrchestratorConnector, WatchedLine
    from .errors import ConnectorError, ConnectorNotImplementedError
    from .kind import Field, Kind, Operators, Question, SecretQuestion, Setting, Shape
    from .registry import (
        DEFAULT_CONNECTOR_KIND,
        KNOWN_CONNECTOR_KINDS,
        ConnectorFactory,
        create_connector,
        has_connector,
        is_known_connector_kind,
        known_connector_kinds,
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

__version__ = "1.0.0"

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
    "Field",
    "IdempotentSender",
    "InboundHandler",
    "InboundMessage",
    "Kind",
    "MatrixConnectorConfig",
    "Operators",
    "OrchestratorConnector",
    "OutboundMessage",
    "Question",
    "SecretQuestion",
    "SendFailure",
    "SendResult",
    "Setting",
    "Shape",
    "Unsubscribe",
    "WatchedLine",
    "create_connector",
    "has_connector",
    "is_known_connector_kind",
    "known_connector_kinds",
    "register_connector",
    "reset_connector_registry",
    "resolve_connector_kind",
]


def __getattr__(name: str) -> Any:
    """Load the room that `name` is in (PEP 562); by statements that stand here, for Ansible ships what it reads."""
    if name in __all__:
        from . import base, errors, kind, registry, types

        for room in (base, errors, kind, registry, types):
            if hasattr(room, name):
                globals()[name] = getattr(room, name)
                return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
