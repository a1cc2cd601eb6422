# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our connector, doing what nio_receiver.py does: a line per message, until it is quiet."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

from mosaic_connectors import InboundMessage
from mosaic_connectors.matrix.connector import MatrixConnector
from mosaic_connectors.secrets import Secret
from mosaic_connectors.store.database import FILE_NAME


async def main(url: str, user_id: str, room_id: str, store: str, quiet: float) -> None:
    """Receive until nothing came for `quiet` seconds; a first run only takes its place."""
    last = time.monotonic()

    def handler(message: InboundMessage) -> None:
        nonlocal last
        last = time.monotonic()
        sys.stdout.write(message.text + "\n")
        sys.stdout.flush()

    first = not (Path(store) / FILE_NAME).exists()
    token = Secret(os.environ["MATRIX_ACCESS_TOKEN"])
    async with MatrixConnector(
        homeserver_url=url, user_id=user_id, room_id=room_id, access_token=token, state_dir=Path(store)
    ) as connector:
        connector.subscribe(handler)
        await connector.wait_ready()
        while not first and time.monotonic() - last < quiet:  # noqa: ASYNC110  # silence has no event
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:5], float(sys.argv[5])))
