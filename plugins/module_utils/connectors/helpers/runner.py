# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The unit's side: one request is read, one command is run, and what came of it is answered."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from ..border import BorderError, Foreign, read_json
from ..errors import ConnectorError
from ..settings import Settings
from ..terminal import one_line
from . import (
    CHECK,
    COMMANDS,
    ESCALATE,
    ESCALATION_SECONDS,
    MOST_BYTES,
    REQUEST_BYTES,
    SUFFIXES,
    TRANSCRIBE,
)
from .process import ProgramError, adopt_orphans, run_program

logger = logging.getLogger(__name__)

_PATIENCE = 30.0
"""Seconds that the other end may pause in the middle of a request."""

_PIECE = 1 << 20

_LINGER = 3.0
"""Seconds that what comes after an answer is read and thrown away."""

_NOT_THE_USERS = frozenset(
    {
        "CREDENTIALS_DIRECTORY", "INVOCATION_ID", "JOURNAL_STREAM", "LISTEN_FDNAMES", "LISTEN_FDS", "LISTEN_PID",
        "LISTEN_PIDFDID", "LOGNAME", "MAINPID", "MANAGERPID", "MEMORY_PRESSURE_WATCH", "MEMORY_PRESSURE_WRITE",
        "NOTIFY_SOCKET", "PYTHONUNBUFFERED", "REMOTE_ADDR", "REMOTE_PORT", "RUNTIME_DIRECTORY", "SHELL",
        "SO_COOKIE", "STATE_DIRECTORY", "SYSTEMD_EXEC_PID", "USER", "WATCHDOG_PID", "WATCHDOG_USEC",
    }
)  # fmt: skip
"""What systemd.exec(5) says that systemd sets by itself, and what our unit sets; the rest is of the user's own file."""

_BASIS = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/",
    "LANG": "C.UTF-8",
}


class RequestError(ConnectorError):
    """A request that is none."""


def built_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What a command is given: PATH, HOME, LANG, and what the user's own file sets."""
    own = {
        name: value
        for name, value in environ.items()
        if name not in _NOT_THE_USERS and not name.startswith("MOSAIC_")
    }
    return {**_BASIS, **own}


def serve(channel: socket.socket, load: Callable[[], Settings], environ: Mapping[str, str]) -> None:
    """Answer the one request that comes over `channel`; never raises for anything that comes or fails."""
    channel.settimeout(_PATIENCE)
    adopt_orphans()
    try:
        with channel.makefile("rb") as incoming:
            reply = _answer(incoming, channel, load(), built_environment(environ))
    except ConnectorError as error:
        complaint = getattr(error, "complaint", "")
        logger.warning("%s%s", error, f": {one_line(complaint, 500)}" if complaint else "")
        reply = {"ok": False, "error": str(error)}
    except OSError as error:
        logger.warning("a request was not served: %s", error)
        reply = {"ok": False, "error": f"the unit could not do it: {error}"}
    except Exception:
        logger.exception("a request was not served, by an unexpected error")
        reply = {"ok": False, "error": "the unit failed unexpectedly; its journal says more"}
    _say(channel, reply)
    _linger(channel)


def _answer(
    incoming: IO[bytes], channel: socket.socket, settings: Settings, environment: dict[str, str]
) -> dict[str, Any]:
    try:
        request = Foreign(read_json(incoming.readline(REQUEST_BYTES)))
    except BorderError as error:
        raise RequestError("one line of JSON is expected") from error
    operation, size = request.identifier("op"), request.number("size") or 0
    if operation == CHECK:
        return {"ok": True, "wrong": check_commands(settings, environment)}
    name = COMMANDS.get(operation or "")
    if name is None or not 0 <= size <= MOST_BYTES:
        raise RequestError(f"`op` is expected to be one of {', '.join((*COMMANDS, CHECK))}, with a `size`")
    command = list(commands_of(settings)[name])
    if not command:
        raise RequestError(f"{name} is not set")
    with tempfile.TemporaryDirectory(prefix="mosaic-helper-") as folder:
        suffix = request.identifier("suffix")
        file = Path(folder, f"file{suffix if suffix in SUFFIXES.values() else ''}")
        _take(incoming, size, file)
        words = file
        if name == TRANSCRIBE:
            command.append(str(file))
            words = Path(os.devnull)
        _say(channel, {"begun": True})
        seconds = settings.transcribe_timeout if name == TRANSCRIBE else ESCALATION_SECONDS
        # Words that nobody waits for are not worth the work; who is to be called is, though the bridge be restarted.
        asker = channel if name == TRANSCRIBE else None
        said = run_program(command, words, environment, folder=folder, seconds=seconds, asker=asker)
    return {"ok": True, "text": _spoken(said) if name == TRANSCRIBE else ""}


def commands_of(settings: Settings) -> dict[str, tuple[str, ...]]:
    """The commands, by the settings that name them."""
    return {TRANSCRIBE: settings.transcribe_command, ESCALATE: settings.escalation_command}


def check_commands(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """Why a command that is set cannot be started here, by its setting; nothing for one that can."""
    wrong = {}
    for name, command in commands_of(settings).items():
        if command and shutil.which(command[0], path=environment["PATH"]) is None:
            wrong[name] = (
                f"{command[0]} is expected to be a program that the unit may run, and there is none "
                f"(PATH is {environment['PATH']})"
            )
    return wrong


def _spoken(said: bytes) -> str:
    try:
        text = said.decode("utf-8").strip()
    except UnicodeDecodeError as error:
        raise ProgramError("it printed something that is not UTF-8") from error
    if not text:
        raise ProgramError("it printed nothing")
    return text


def _take(incoming: IO[bytes], size: int, file: Path) -> None:
    """Store what follows the request; raises `OSError`, `RequestError`."""
    with file.open("xb") as stored:
        left = size
        while left:
            piece = incoming.read(min(left, _PIECE))
            if not piece:
                raise RequestError(f"{size} bytes were announced, and {size - left} came")
            stored.write(piece)
            left -= len(piece)


def _linger(channel: socket.socket) -> None:
    """Let the answer arrive: who closes with something unread resets the connection, and the answer is lost with it."""
    until = time.monotonic() + _LINGER
    with contextlib.suppress(OSError):
        channel.shutdown(socket.SHUT_WR)
        channel.settimeout(_LINGER)
        while time.monotonic() < until and channel.recv(_PIECE):
            pass


def _say(channel: socket.socket, reply: dict[str, Any]) -> None:
    try:
        channel.sendall(json.dumps(reply).encode() + b"\n")
    except OSError as error:
        logger.warning("nobody waits for the answer any more: %s", error)
