# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A channel over which nothing is sent and nothing comes, for tests of what stands around one."""

from __future__ import annotations

from collections.abc import Callable

from mosaic_connectors import (
    ConnectorHealth,
    InboundHandler,
    OrchestratorConnector,
    OutboundMessage,
    SendResult,
)


class SilentChannel(OrchestratorConnector):
    """Well, and used by nobody."""

    kind = "silent"

    async def send(self, message: OutboundMessage) -> SendResult:
        raise AssertionError("not asked for")

    def subscribe(self, handler: InboundHandler) -> Callable[[], None]:
        raise AssertionError("not asked for")

    async def health(self) -> ConnectorHealth:
        return ConnectorHealth(True, True)

    async def aclose(self) -> None:
        pass
