# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starting the pane's program anew, by tmux itself: the same command, in the same pane, as the server's own user."""

from __future__ import annotations

import asyncio

from .pane import Pane

WATCHED_SECONDS = 2.0
"""How long the new program is watched: one that ends at once would end again."""

POLL_SECONDS = 0.2


async def respawn(pane: Pane) -> str:
    """End the program of the session's first pane and start its command again; what came of it, in a sentence.

    Raises `TmuxError`: no server, or no session, which is not made here (that is its own service's work).
    """
    async with pane.alone():
        before = await pane.view()
        await pane.tmux.run("respawn-pane", "-k", "-t", before.state.pane_id)
        loop = asyncio.get_running_loop()
        until = loop.time() + WATCHED_SECONDS
        while loop.time() < until:
            after = await pane.view()
            if after.state.dead:
                return f"The command of session {pane.session!r} was started anew and has ended already. Look at it: !screen"
            await asyncio.sleep(POLL_SECONDS)
    # A program that was replaced has another process: it is what tells the two apart.
    if after.state.pid == before.state.pid:
        return f"tmux did not start the command of session {pane.session!r} anew."
    return f"The program of session {pane.session!r} was ended and started anew; messages that wait follow when it reads."
