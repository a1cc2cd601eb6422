# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Setting up kind tmux: the program is there, takes a line and shows it; nothing else is needed."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from ..errors import TmuxError, TmuxMissingError, TmuxServerError, TmuxTargetError
from ..kind import Question
from ..setup.steps import TEST_MESSAGE, Setup, SetupResult
from .command import Tmux

_LINE = "mosaic-connector test line"
_BOUND = 10.0


def unanswered(setup: Setup) -> list[Question]:
    """Nothing: the socket decides who is an operator."""
    del setup
    return []


async def guide(setup: Setup) -> SetupResult:
    """Look whether tmux does what the bridge needs; raises `TmuxError`."""
    await setup.insist(lambda: _try_tmux(setup), again="Look for tmux again?")
    await _look_at_fleet(setup)
    return SetupResult()


async def _try_tmux(setup: Setup) -> None:
    async with setup.dialogue.step("typing a test line into a tmux of its own"), _private_server() as tmux:
        await tmux.run("new-session", "-d", "-s", "test", "-x", "80", "-y", "10", "cat")
        await tmux.run("send-keys", "-t", "=test:", "-l", _LINE, ";", "send-keys", "-t", "=test:", "Enter")
        deadline = time.monotonic() + _BOUND
        # `cat` repeats the line once it has it: typed and taken are two lines on the screen.
        while (await tmux.run("capture-pane", "-p", "-t", "=test:")).count(_LINE) < 2:
            if time.monotonic() > deadline:
                raise TmuxError(f"tmux did not show a typed line within {_BOUND:g} s. Look what hangs.")
            await asyncio.sleep(0.02)
    setup.dialogue.good("tmux is there; a test line was typed and read back")


@contextlib.asynccontextmanager
async def _private_server() -> AsyncIterator[Tmux]:
    """A tmux server that nobody else sees, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="mosaic-init-") as folder:
        socket = str(Path(folder, "tmux.sock"))
        try:
            server = await asyncio.create_subprocess_exec(
                # Without sessions it would end at once, and only a server that runs can be told to stay.
                *("tmux", "-D", "-u", "-S", socket, "-f", _stays(folder)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
        except FileNotFoundError:
            raise TmuxMissingError(
                "The program tmux is expected on the PATH and is not there. Install the package tmux."
            ) from None
        try:
            tmux = Tmux(socket)
            await _until_it_listens(tmux, server)
            yield tmux
        finally:
            with contextlib.suppress(ProcessLookupError):
                server.terminate()
            await server.wait()


def _stays(folder: str) -> str:
    configuration = Path(folder, "tmux.conf")
    configuration.write_text("set-option -s exit-empty off\n")
    return str(configuration)


async def _until_it_listens(tmux: Tmux, server: asyncio.subprocess.Process) -> None:
    deadline = time.monotonic() + _BOUND
    while True:
        try:
            await tmux.run("show-options", "-s", "exit-empty")
        except TmuxServerError:
            if server.returncode is not None or time.monotonic() > deadline:
                raise TmuxError(
                    "tmux is there, but its server does not start. Try it by hand: tmux new-session"
                ) from None
            await asyncio.sleep(0.02)
        else:
            return


async def _look_at_fleet(setup: Setup) -> None:
    """Say how the fleet's own tmux is; that it does not run yet is no obstacle."""
    settings = setup.files.document
    tmux = Tmux(settings.tmux_socket)
    try:
        await tmux.run("has-session", "-t", f"={settings.session}")
        setup.dialogue.good(f"The orchestrator's session {settings.session!r} runs")
    except TmuxTargetError:
        setup.dialogue.note(f"The fleet's tmux runs without a session {settings.session!r} so far.")
    except TmuxError:
        setup.dialogue.note(
            f"No tmux runs at {settings.tmux_socket} yet; mosaic-orchestrator.service starts it."
        )
        return
    with contextlib.suppress(TmuxError):
        # A line in the status bar: what the bridge keeps in its mailbox is the bridge's alone to write.
        await tmux.run("display-message", "-t", f"={settings.operator_session}:", TEST_MESSAGE)
        setup.dialogue.good("A test line was shown in the operator's console")
