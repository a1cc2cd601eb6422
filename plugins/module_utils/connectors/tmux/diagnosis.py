# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tmux line step by step: the fleet's tmux server, and the operator's session in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from ..diagnosis import skipped
from ..errors import TmuxError, TmuxMissingError, TmuxTargetError
from ..types import Check
from .command import Tmux
from .owner import attach_command


async def diagnose(tmux: Tmux, session: str, operators: Sequence[str]) -> AsyncIterator[Check]:
    """The four steps; every call of tmux is bounded."""
    del operators  # the file system is the list
    server = await _server(tmux)
    yield server
    if server.state != "ok":
        for check in skipped("The tmux server cannot be asked.", "server"):
            yield check
        return
    yield Check("login", "ok", "None is needed: whoever may open the socket is let in.")
    yield await _room(tmux, session)
    yield Check("operators", "ok", f"Whoever may open {tmux.socket_path}: its owner and root.")


async def _server(tmux: Tmux) -> Check:
    try:
        await tmux.run("list-sessions")
    except TmuxTargetError:
        pass  # a server without any session
    except TmuxMissingError as error:
        return Check("server", "failed", str(error), "Install tmux: apt-get install tmux")
    except TmuxError as error:
        if "Permission denied" in str(error):
            return Check(
                "server", "skipped", f"{tmux.socket_path} is not open to this user.", "Run this as root."
            )
        return Check("server", "failed", str(error), "systemctl start mosaic-orchestrator")
    return Check("server", "ok", f"A tmux server answers at {tmux.socket_path}.")


async def _room(tmux: Tmux, session: str) -> Check:
    try:
        await tmux.run("has-session", "-t", f"={session}")
    except TmuxError as error:
        return Check("room", "failed", str(error), "The bridge opens it: systemctl restart mosaic-connector")
    return Check("room", "ok", f"Talk to it with: {attach_command(tmux.socket_path, session)}")
