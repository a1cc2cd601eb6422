# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local socket, and what chat servers bring: whatever comes, the next one is served."""

from __future__ import annotations

import asyncio
import json
import logging
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors import ConnectorHealth, OrchestratorConnector, OutboundMessage, SendResult
from mosaic_connectors.border import Foreign
from mosaic_connectors.bridge.service import Bridge
from mosaic_connectors.discord.messages import read_message
from mosaic_connectors.matrix.events import corrections, first_words, read_event
from mosaic_connectors.settings import Settings
from mosaic_connectors.store.writer import submit
from unit.fuzz.material import bounded, corpus, texts

FRAMES = [
    *(
        '{"op":"send","text":"x"}',
        '{"op":"send","text":"x","txn":"',
        '{"op":"attach","name":"f","size":',
        '{"op":"listen"}',
    ),
    *(
        '{"op":"status"}',
        '{"op":"outbox"}',
        '{"op":"drop","id":',
        '{"op":"retry"}',
        '"wait":',
        "}",
        "{",
        "[",
        "]",
        ",",
        ":",
    ),
    *(
        '"op"',
        '"size"',
        '"attachments"',
        '["/etc/passwd"]',
        '"thread"',
        "null",
        "true",
        "0",
        "-1",
        "1e999",
        "9" * 25,
        '"\\ud800"',
    ),
    *("\n", "\r\n", "\0", "NaN", '{"a":' * 20, "../x", "x" * 300),
]
KEYS = [
    *(
        "type",
        "content",
        "sender",
        "event_id",
        "state_key",
        "origin_server_ts",
        "unsigned",
        "redacted_because",
        "body",
    ),
    *(
        "msgtype",
        "formatted_body",
        "m.relates_to",
        "rel_type",
        "m.in_reply_to",
        "is_falling_back",
        "key",
        "m.new_content",
    ),
    *(
        "m.relations",
        "m.replace",
        "url",
        "file",
        "info",
        "size",
        "filename",
        "m.poll",
        "question",
        "answers",
        "m.text",
    ),
    *(
        "m.selections",
        "redacts",
        "id",
        "author",
        "username",
        "channel_id",
        "embeds",
        "fields",
        "poll",
        "components",
    ),
    *(
        "message_snapshots",
        "message",
        "referenced_message",
        "mentions",
        "attachments",
        "sticker_items",
        "title",
    ),
]
WORDS = [
    *(
        "m.room.message",
        "m.reaction",
        "m.poll.start",
        "m.poll.response",
        "m.poll.end",
        "m.sticker",
        "m.room.encrypted",
    ),
    *(
        "m.room.redaction",
        "m.text",
        "m.image",
        "m.emote",
        "m.location",
        "m.replace",
        "m.thread",
        "m.annotation",
        "m.message",
    ),
    *(
        "$e",
        "@op:x.org",
        "> <@a:b> q\n\nanswer",
        "mxc://a/b",
        "1200000000000000000",
        "m.key.verification.request",
        "",
    ),
]
VALUES = st.recursive(
    st.sampled_from(WORDS) | st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=6),
    max_leaves=25,
)


class Channel(OrchestratorConnector):
    """One on which nothing is said."""

    kind = "fuzz"

    async def send(self, message: OutboundMessage) -> SendResult:
        raise AssertionError(message)

    def subscribe(self, _handler: Any) -> Any:
        return lambda: None

    async def health(self) -> ConnectorHealth:
        return ConnectorHealth(True, True)

    async def aclose(self) -> None:
        pass


class Faults(logging.Handler):
    """What is logged as an error."""

    def __init__(self, level: int) -> None:
        super().__init__(level)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


def check_frames(content: bytes) -> None:
    """Every answer is an object with `ok`, nothing is logged as a fault of ours, and the next caller is served."""
    submit(lambda: None).result()  # what other tests left to be written is none of this one's
    faults = Faults(logging.ERROR)
    logging.getLogger("mosaic_connectors").addHandler(faults)
    with tempfile.TemporaryDirectory(prefix="mosaic-") as folder:
        place = Path(folder)
        named = Settings(socket_path=str(place / "s"), tmux_socket=str(place / "t"), max_message_bytes=1000)
        bridge = Bridge(named, Channel(), place)
        try:
            asyncio.run(_exchange(bridge, content))
        finally:
            asyncio.run(bridge.database.aclose())
            bridge.claim.release()
            logging.getLogger("mosaic_connectors").removeHandler(faults)
    assert not faults.said


async def _exchange(bridge: Bridge, content: bytes) -> None:
    await bridge.server.start()
    try:
        reader, writer = await asyncio.open_unix_connection(bridge.settings.socket_path, limit=1 << 22)
        writer.write(content)
        writer.write_eof()
        try:
            answers = await asyncio.wait_for(
                reader.read(), 0.3
            )  # a listener goes on, and one who waits waits
        except (asyncio.TimeoutError, ConnectionError):
            answers = b""
        assert all("ok" in json.loads(line) for line in answers.splitlines())
        writer.close()
        reader, writer = await asyncio.open_unix_connection(bridge.settings.socket_path, limit=1 << 22)
        writer.write(b'{"op":"outbox"}\n')
        assert json.loads(await asyncio.wait_for(reader.readline(), 20))["ok"]
        writer.close()
    finally:
        await bridge.server.stop()


@bounded(300)
@given(texts(FRAMES).map(lambda text: text.encode("utf-8", "replace")) | st.binary(max_size=200))
@pytest.mark.fault("any bytes at the local socket (searched)", "answered or refused; the next one is served")
def test_any_frames_are_answered_or_refused(content: bytes) -> None:
    check_frames(content)


@bounded()
@given(st.dictionaries(st.sampled_from(KEYS), VALUES), VALUES)
@pytest.mark.fault("any Matrix event (searched)", "read or passed over")
def test_any_event_is_read_or_passed_over(event: dict[str, Any], other: Any) -> None:
    whole = {
        "event_id": "$e",
        "sender": "@op:x.org",
        "type": "m.room.message",
        "origin_server_ts": 1,
        **event,
    }
    for one in (event, whole, {**whole, "content": event}):
        read_event(one, correction={"@op:x.org": Foreign(other)}, quoted=lambda _id: "words")
        first_words(Foreign(one))
        corrections([one, whole])


@bounded()
@given(st.dictionaries(st.sampled_from(KEYS), VALUES))
@pytest.mark.fault("any Discord message (searched)", "read or passed over")
def test_any_message_is_read_or_passed_over(message: dict[str, Any]) -> None:
    for kind in (0, 19):
        whole = {
            "author": {"id": "2"},
            "channel_id": "1",
            **message,
            "type": kind,
            "id": "1200000000000000000",
        }
        read_message(message, "1")
        received = read_message(whole, "1")
        assert received is None or received.text.strip()


@pytest.mark.parametrize("file", corpus("frames"), ids=lambda file: file.name)
def test_what_was_found_in_frames(file: Path) -> None:
    check_frames(file.read_bytes())


@pytest.mark.parametrize("file", corpus("event"), ids=lambda file: file.name)
def test_what_was_found_in_events(file: Path) -> None:
    read_event(json.loads(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("file", corpus("message"), ids=lambda file: file.name)
def test_what_was_found_in_messages(file: Path) -> None:
    read_message(json.loads(file.read_text(encoding="utf-8")), "1")
