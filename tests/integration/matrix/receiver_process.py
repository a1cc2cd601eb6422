# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A process that receives into a file, made to be killed by a test."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from mosaic_connectors import ConnectorConfig, InboundMessage, MatrixConnectorConfig, create_connector


async def main(homeserver_url: str, user_id: str, room_id: str, output: str) -> None:
    """Append every message's text to `output`, until killed."""
    config = ConnectorConfig("matrix", matrix=MatrixConnectorConfig(homeserver_url, user_id, room_id))

    def handler(message: InboundMessage) -> None:
        with Path(output).open("a") as file:
            file.write(message.text + "\n")

    async with create_connector(config) as connector:
        connector.subscribe(handler)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
