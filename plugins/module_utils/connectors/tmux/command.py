# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tmux command line, run through asyncio with a time limit on every call.

No call ever starts a server (`-N`): a server started from here would live in our own control group
and sandbox, and die with us. Nor is root ever the client of another user's server (owner.py).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator

from ..ending import within
from ..errors import TmuxError, TmuxMissingError, TmuxServerError, TmuxTargetError
from .control import FLAGS, LINE_BYTES, ControlClient
from .owner import client_options

DEFAULT_TIMEOUT = 10.0
"""Seconds that one tmux call may take; the usual one takes 3 to 10 milliseconds."""

_SERVER_GONE = ("no server running", "error connecting to", "lost server", "server exited", "server version")
_TARGET_GONE = ("can't find", "no such session", "session not found", "no current target", "no sessions")


class Tmux:
    """One tmux server, named by its socket."""

    def __init__(self, socket_path: str, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        self.socket_path = socket_path
        self.timeout = timeout

    async def run(self, *arguments: str, stdin: bytes | None = None, timeout: float | None = None) -> str:
        """Run one tmux command line (several commands joined by `;`) and return what it printed.

        Raises `TmuxMissingError`, `TmuxServerError`, `TmuxTargetError`, or `TmuxError` for anything
        else, a call that took too long included.
        """
        process = await self._start(arguments, stdin is not None)
        limit = self.timeout if timeout is None else timeout
        try:
            out, err = await within(process.communicate(stdin), limit)
        except asyncio.TimeoutError:
            raise TmuxError(
                f"tmux {arguments[0]} on {self.socket_path} gave no answer within {limit:g} s. "
                "Look whether the tmux server hangs."
            ) from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode != 0:
            raise self._explain(arguments[0], err.decode("utf-8", "replace").strip())
        return out.decode("utf-8", "replace")

    async def run_both(self, first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, str]:
        """Run two commands with nothing of the panes in between; the first one prints one line."""
        line, _feed, rest = (await self.run(*first, ";", *second)).partition("\n")
        return line, rest

    @contextlib.asynccontextmanager
    async def connected(self, session: str) -> AsyncIterator[ControlClient]:
        """A client attached to `session`, for many commands; raises as `run` does when it cannot be had."""
        attach = ("-C", "attach-session", "-f", FLAGS, "-t", f"={session}:")
        client = ControlClient(await self._start(attach, True), self.socket_path, self.timeout, self._explain)
        try:
            await client.greet()
            yield client
        finally:
            await client.close()

    async def _start(self, arguments: tuple[str, ...], piped: bool) -> asyncio.subprocess.Process:
        socket, rights = client_options(self.socket_path)
        try:
            return await asyncio.create_subprocess_exec(
                "tmux",
                "-N",
                "-u",
                "-S",
                socket,
                *arguments,
                stdin=asyncio.subprocess.PIPE if piped else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=_environment(),
                limit=LINE_BYTES,
                **rights,
            )
        except FileNotFoundError:
            raise TmuxMissingError(
                "The program tmux is expected on the PATH and is not there. Install the package tmux."
            ) from None
        except OSError as error:
            raise TmuxError(f"tmux could not be started: {error}.") from error

    def _explain(self, command: str, complaint: str) -> TmuxError:
        said = complaint or "no reason"
        if any(mark in said for mark in _SERVER_GONE):
            return TmuxServerError(
                f"No tmux server can be used at {self.socket_path} (tmux says: {said}). "
                "Start the service that owns it: systemctl start mosaic-orchestrator."
            )
        if any(mark in said for mark in _TARGET_GONE):
            return TmuxTargetError(f"The tmux server at {self.socket_path} says: {said}.")
        return TmuxError(f"tmux {command} on {self.socket_path} failed: {said}.")


def _environment() -> dict[str, str]:
    """What tmux needs and nothing else: a new session would inherit our secrets otherwise."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
    return {"PATH": os.defpath, **kept, "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
