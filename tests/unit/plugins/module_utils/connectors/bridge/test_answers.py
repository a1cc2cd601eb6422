# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whoever stands at the local socket in the bridge's place is told from one, and costs little."""

from __future__ import annotations

import contextlib
import itertools
import json
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest
from mosaic_connectors.bridge import client
from mosaic_connectors.bridge.answers import MOST_BYTES, read_answer
from mosaic_connectors.bridge.client import BridgeUnavailableError, call, stream
from mosaic_connectors.cli.main import main

NO_BRIDGE: list[bytes] = [
    b"[]\n",
    b"7\n",
    b"null\n",
    b"hello\n",
    b"[" * 100_000 + b"\n",
    b"{}\n",
    b'{"ok":true,"kind":"\xff\xfe"}\n',
    b'{"ok":true,"kind":7,"health":7,"session":[],"entries":7,"id":{},"state":[],"count":[],"path":7,"errors":7}\n',
    b'{"ok":true,"entries":[{"id":NaN,"created":1e400,"state":"x","attempts":1,"chars":2,"detail":null}]}\n',
    b'{"ok":true,"text":"x","sender":"s","ts":"t"}\n',
    b'{"ok":tr',
]
COMMANDS = (
    ["status"],
    ["outbox"],
    ["send", "--patience", "0", "x"],
    ["retry", "1"],
    ["drop", "1"],
    ["listen"],
)

Stand = Callable[[Iterable[bytes]], str]


@pytest.fixture
def stand() -> Iterator[Stand]:
    """Listens at a path of its own and answers everybody with the same bytes."""
    place = Path(tempfile.mkdtemp(prefix="mosaic-"))
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def answer(pieces: list[bytes] | Iterator[bytes]) -> None:
        with contextlib.suppress(OSError):
            while True:
                channel, _peer = listener.accept()
                with channel, contextlib.suppress(OSError):
                    channel.recv(1 << 16)
                    for piece in pieces:
                        channel.sendall(piece)

    def stand(pieces: Iterable[bytes]) -> str:
        listener.bind(str(place / "s"))
        listener.listen(8)
        threading.Thread(target=answer, args=(pieces,), daemon=True).start()
        return str(place / "s")

    yield stand
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    shutil.rmtree(place)


@pytest.mark.parametrize("line", NO_BRIDGE, ids=lambda line: repr(line[:40]))
@pytest.mark.fault(
    "somebody else, or a bridge of another version, at the local socket", "one sentence, from every command"
)
def test_what_no_bridge_answers_is_one_sentence(
    stand: Stand, line: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    path = stand([line])
    for command, *options in COMMANDS:
        assert main([command, "--socket", path, *options]) in (1, 69)
        assert "bridge" in capsys.readouterr().err


@pytest.mark.fault("a line without end at the local socket", "cut off at a bound")
def test_a_line_without_end_is_not_read_to_its_end(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "MOST_BYTES", MOST_BYTES // 32)
    path = stand(itertools.repeat(b"x" * (1 << 20)))
    with pytest.raises(BridgeUnavailableError, match="more than"):
        call(path, {"op": "status"}, patience=0)


@pytest.mark.fault("an answer at the local socket that comes a byte at a time", "cut off at its time")
def test_an_answer_that_drips_is_late_as_a_whole(stand: Stand) -> None:
    pause = threading.Event()
    path = stand(b" " for _piece in range(100) if not pause.wait(0.05))
    with pytest.raises(BridgeUnavailableError, match="timed out"):
        call(path, {"op": "status"}, patience=0, answer_timeout=0.3)


def test_answers_that_come_in_pieces_and_together_are_told_apart(stand: Stand) -> None:
    words = {"text": "ü" * 70_000, "sender": "@op:x", "ts": "t", "thread_id": None}
    lines = b"".join(
        json.dumps(one).encode() + b"\n" for one in ({"ok": True, "listening": True}, words, words)
    )
    path = stand([lines[:10], lines[10:]])
    assert [one.get("text") for one in stream(path, {"op": "listen"}, timeout=5)] == [
        None,
        words["text"],
        words["text"],
    ]


def test_more_than_is_read_may_stand_in_an_answer() -> None:
    """By a bridge of a later version."""
    assert read_answer("retry", b'{"ok":true,"count":1,"news":[]}')["count"] == 1
