# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The other end of the local socket, for the command line: the standard library and no event loop."""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import time

from ..characters import encodable
from ..errors import ConnectorError
from .answers import MOST_BYTES, read_answer

TYPE_CHECKING = False  # as type checkers know it: `typing` is a tenth of what a `send` takes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any, BinaryIO

RETRY_SECONDS = 0.2

_REFUSAL = 4000
"""Characters that are shown of why a bridge refuses."""

MOST_UNMEASURED = 64 * 1024 * 1024
"""Bytes that are read of a file which does not say its size."""


class BridgeUnavailableError(ConnectorError):
    """Nobody listens on the local socket, or the answer stayed out."""


class BridgeRefusedError(ConnectorError):
    """The bridge refused a request: `code` says why, for programs."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def attach(socket_path: str, file: Path, *, patience: float) -> str:
    """Hand a file over, as long as it is now, and return the path that a `send` names.

    Raises what `call` raises, and `OSError` for the file.
    """
    with file.open("rb") as opened:
        content, size = _measured(opened)
        # A file's name may be in any encoding, and is only shown.
        request = {"op": "attach", "name": encodable(file.name), "size": size}
        return str(call(socket_path, request, patience=patience, content=(content, size))["path"])


def _measured(file: BinaryIO) -> tuple[BinaryIO, int]:
    """A file and the bytes in it; what says that it has none, as all in /proc does, is read to see."""
    size = os.fstat(file.fileno()).st_size
    if size:
        return file, size
    read = file.read(MOST_UNMEASURED + 1)
    if len(read) > MOST_UNMEASURED:
        raise BridgeRefusedError("too_large", f"{file.name} does not say its size, and has no end in sight.")
    return io.BytesIO(read), len(read)


def call(
    socket_path: str,
    request: dict[str, Any],
    *,
    patience: float,
    answer_timeout: float = 30.0,
    content: tuple[BinaryIO, int] | None = None,
) -> dict[str, Any]:
    """Send one request, with so many bytes of `content` behind it, and return its answer.

    A bridge that is away (it restarts) is tried again for `patience` seconds: a request that must
    not count twice carries a transaction id. Raises `BridgeUnavailableError`, `BridgeRefusedError`.
    """
    line = _line(request)
    deadline = time.monotonic() + patience
    while True:
        try:
            with connect(socket_path) as channel:
                channel.settimeout(answer_timeout)
                for answer in _exchange(channel, request, line, content, timeout=answer_timeout):
                    return answer
                raise ConnectionResetError("the bridge closed the connection")
        except OSError as error:
            if time.monotonic() >= deadline or isinstance(error, PermissionError):
                raise _unavailable(socket_path, error) from error
            time.sleep(RETRY_SECONDS)


def stream(
    socket_path: str, request: dict[str, Any], *, timeout: float | None = None
) -> Iterator[dict[str, Any]]:
    """Send one request and yield its answers as they come, each awaited for at most `timeout` seconds."""
    line = _line(request)
    try:
        with connect(socket_path) as channel:
            channel.settimeout(timeout)
            yield from _exchange(channel, request, line, timeout=timeout)
    except OSError as error:
        raise _unavailable(socket_path, error) from error


def connect(socket_path: str) -> socket.socket:
    """A connection to the bridge; raises `OSError`."""
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        channel.settimeout(5.0)
        channel.connect(socket_path)
    except BaseException:
        channel.close()
        raise
    return channel


def _line(request: dict[str, Any]) -> bytes:
    """A request as it is sent; what UTF-8 cannot say (an argument in another encoding) is refused, not altered."""
    try:
        return json.dumps(request, ensure_ascii=False).encode("utf-8") + b"\n"
    except UnicodeEncodeError as error:
        raise BridgeRefusedError(
            "bad_request",
            "The message and its options are expected to be text in UTF-8, and are not. "
            "Convert them: iconv -t utf-8",
        ) from error


def _exchange(
    channel: socket.socket,
    request: dict[str, Any],
    line: bytes,
    content: tuple[BinaryIO, int] | None = None,
    *,
    timeout: float | None,
) -> Iterator[dict[str, Any]]:
    channel.sendall(line)
    if content is not None:
        # A refusal may come before all bytes are taken, and says more than the broken pipe.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            _send_content(channel, *content)
    for reply in _lines(channel, timeout):
        try:
            answer = read_answer(request.get("op"), reply)
        except ValueError as error:
            raise _no_bridge(str(error)[:200]) from error
        if not answer.get("ok", True):
            raise BridgeRefusedError(str(answer.get("code"))[:100], str(answer.get("error"))[:_REFUSAL])
        yield answer


def _lines(channel: socket.socket, timeout: float | None) -> Iterator[bytes]:
    """The lines that come, each within `timeout` seconds as a whole."""
    rest = bytearray()
    while True:
        deadline = None if timeout is None else time.monotonic() + timeout
        searched = 0
        while (end := rest.find(b"\n", searched)) < 0:
            searched = len(rest)
            if searched > MOST_BYTES:
                raise _no_bridge(f"it has more than {MOST_BYTES} bytes")
            if deadline is not None:
                channel.settimeout(max(deadline - time.monotonic(), 0.001))
            chunk = channel.recv(1 << 16)
            if not chunk and rest:
                raise ConnectionResetError("the bridge stopped in the middle of an answer")
            if not chunk:
                return
            rest += chunk
        yield bytes(rest[:end])
        del rest[: end + 1]


def _no_bridge(why: str) -> BridgeUnavailableError:
    return BridgeUnavailableError(
        f"What answers on the local socket is no bridge, or one of another version: {why}. Look at who listens "
        "there, and restart the service after an upgrade: systemctl restart mosaic-connector"
    )


def _send_content(channel: socket.socket, content: BinaryIO, size: int) -> None:
    """Send exactly the bytes that were announced: one more would be read as a request, with our rights."""
    content.seek(0)
    sent = channel.sendfile(content, count=size) if size else 0
    if sent < size:
        raise BridgeRefusedError(
            "bad_request",
            f"The file became shorter while it was sent: {sent} bytes of {size}. Send it when it is whole.",
        )


def _unavailable(socket_path: str, error: OSError) -> BridgeUnavailableError:
    if isinstance(error, PermissionError):
        hint = "Run it as root, as the orchestrator's user, or as a member of socket_group."
    else:
        hint = "Is the bridge running? systemctl status mosaic-connector"
    return BridgeUnavailableError(f"The bridge cannot be reached at {socket_path}: {error}. {hint}")
