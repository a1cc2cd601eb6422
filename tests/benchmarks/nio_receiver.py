# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""matrix-nio as its users write it: a stored sync token, a callback, sync_forever.

Prints a line per message; the token is kept in a file, as nio's own store does. Run by
catch_up.py in an environment that has matrix-nio.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from nio import AsyncClient, MatrixRoom, RoomMessageText, SyncResponse


async def main(who: list[str], room_id: str, store: str, limit: int, quiet: float) -> None:
    """Receive until nothing came for `quiet` seconds."""
    url, user_id, token = who
    client = AsyncClient(url, user_id)
    client.access_token = token
    token_file = Path(store)
    last = time.monotonic()

    async def on_message(room: MatrixRoom, event: RoomMessageText) -> None:
        nonlocal last
        if room.room_id == room_id and event.sender != user_id:
            last = time.monotonic()
            sys.stdout.write(event.body + "\n")
            sys.stdout.flush()

    async def on_sync(response: SyncResponse) -> None:
        token_file.write_text(response.next_batch)

    client.add_response_callback(on_sync, SyncResponse)
    first = not token_file.exists()
    sync_filter = {"room": {"timeline": {"limit": limit}}} if limit else None
    if first:
        response = await client.sync(timeout=0, sync_filter=sync_filter)
        token_file.write_text(response.next_batch)
        await client.close()
        return
    client.add_event_callback(on_message, RoomMessageText)
    client.next_batch = token_file.read_text()
    task = asyncio.create_task(
        client.sync_forever(timeout=5000, sync_filter=sync_filter, since=client.next_batch)
    )
    while time.monotonic() - last < quiet:  # noqa: ASYNC110  # silence has no event
        await asyncio.sleep(0.1)
    task.cancel()
    outcome = await asyncio.gather(task, return_exceptions=True)
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    await client.close()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    asyncio.run(main(arguments[:3], *arguments[3:5], int(arguments[5]), float(arguments[6])))
