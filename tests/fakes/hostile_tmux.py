# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an agent can put in the place of its tmux server: whoever connects is told to run a program.

A real client obeys: on MSG_SHELL it executes the path that the server names (tmux, client.c), as the
user that it runs as itself.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import socket
import struct
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

AGENT = pwd.getpwnam("nobody")
"""Whose the server is."""

_MSG_SHELL = 209
_PROTOCOL_VERSION = 8
_HEADER = struct.Struct("=IHHII")  # imsg.h: type, length, flags, peerid, pid


@dataclass(frozen=True)
class HostileTmux:
    """One such server: its socket, and the note that the program it sends leaves."""

    socket: str
    note: Path

    @property
    def ran_as(self) -> list[int]:
        """The users that have run the program."""
        return [int(line) for line in self.note.read_text().split()] if self.note.exists() else []


@contextlib.contextmanager
def hostile_tmux() -> Iterator[HostileTmux]:
    """A server in a folder of the agent's, as /run/mosaic-orchestrator is; to be made by root."""
    with tempfile.TemporaryDirectory(prefix="mosaic-hostile-", dir="/tmp") as name:
        folder = Path(name)
        server = HostileTmux(str(folder / "tmux.sock"), folder / "note")
        program = folder / "program"
        program.write_text(f"#!/bin/sh\nid -u >>{server.note}\n")
        program.chmod(0o755)
        listener = socket.socket(socket.AF_UNIX)
        with listener:
            listener.bind(server.socket)
            listener.listen()
            for path in (folder, program, Path(server.socket)):
                os.chown(path, AGENT.pw_uid, AGENT.pw_gid)
            serving = threading.Thread(target=_serve, args=(listener, str(program)), daemon=True)
            serving.start()
            yield server
            listener.shutdown(socket.SHUT_RDWR)
            serving.join(10)


def _serve(listener: socket.socket, program: str) -> None:
    order = program.encode() + b"\0"
    message = _HEADER.pack(_MSG_SHELL, _HEADER.size + len(order), 0, _PROTOCOL_VERSION, 0) + order
    while True:
        try:
            client, _address = listener.accept()
        except OSError:  # the end of the test
            return
        with client, contextlib.suppress(OSError):
            client.recv(65536)
            client.sendall(message)
            while client.recv(65536):  # until the client is the program
                pass
