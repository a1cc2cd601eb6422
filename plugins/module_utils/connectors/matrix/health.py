# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is the line up: can the server be reached, does it know us, are we in the room."""

from __future__ import annotations

import time

from ..errors import ConnectorError, RateLimitedError, UnreachableError
from .http import MatrixHttp
from .room import joined_rooms


async def check_line(
    http: MatrixHttp, user_id: str, room_id: str | None, timeout: float
) -> tuple[bool, bool, str]:
    """Whether the server is reachable, whether it authenticates us, and a sentence; never raises."""
    started = time.monotonic()
    reachable = False
    try:
        await http.request("GET", "/_matrix/client/versions", authenticated=False, timeout=timeout)
        reachable = True
        latency = (time.monotonic() - started) * 1000
        who = (await http.request("GET", "/_matrix/client/v3/account/whoami", timeout=timeout)).get("user_id")
        if who != user_id:
            return (
                True,
                False,
                f"The access token belongs to {who}, and {user_id} is expected. Use its token.",
            )
        if room_id is not None and room_id not in await joined_rooms(http, timeout=timeout):
            return True, True, f"Authenticated as {user_id}, but not joined to {room_id}. Invite {user_id}."
    except RateLimitedError as error:
        # Nothing against the token, which a monitor must not take for dead.
        return True, True, str(error)
    except UnreachableError as error:
        return False, False, str(error)
    except ConnectorError as error:
        return reachable, False, str(error)
    place = f", joined to {room_id}" if room_id is not None else ""
    return True, True, f"Authenticated as {user_id}{place}; the server answers in {latency:.0f} ms."
