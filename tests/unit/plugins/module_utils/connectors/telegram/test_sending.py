# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is sent arrives, in pieces that fit, in the right topic, and once wherever an answer came."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from fakes.discord import until
from fakes.telegram import BAD_GATEWAY, FakeTelegram
from fakes.telegram_line import connector_on
from mosaic_connectors import OutboundMessage
from mosaic_connectors.types import SendFailure


async def sent(fake: FakeTelegram, text: str, **more: str) -> list[str]:
    """Send one message; what then stands there."""
    async with connector_on(fake) as connector:
        result = await connector.send(OutboundMessage(text, **more))
        assert result.delivered, result.error
    return fake.texts()


async def test_a_length_is_counted_in_utf_16_and_without_markup(fake: FakeTelegram) -> None:
    """4,096 fit whatever marks are around them; of emoji, which count twice, half as many."""
    bold = " ".join(["**word**"] * 819)
    assert len(bold) > 4096
    assert await sent(fake, bold) == [" ".join(["word"] * 819)]
    fake.world.messages.clear()
    await sent(fake, "🦊" * 3000)
    assert [len(text) for text in fake.texts()] == [2048, 952]


async def test_a_code_block_that_is_cut_is_one_in_both_pieces(fake: FakeTelegram) -> None:
    await sent(fake, "```python\n" + "\n".join(f"line {number}" for number in range(800)) + "\n```")
    pieces = [one["html"] for one in fake.world.messages]
    assert len(pieces) == 2
    assert all(
        piece.startswith('<pre><code class="language-python">') and piece.endswith("</code></pre>")
        for piece in pieces
    )


async def test_markup_that_telegram_refuses_costs_the_looks_and_not_the_words(fake: FakeTelegram) -> None:
    refusal = {
        "ok": False,
        "error_code": 400,
        "description": "Bad Request: can't parse entities: Unsupported start tag",
    }
    fake.fail("sendMessage", 400, refusal)
    assert await sent(fake, "**a** <b>") == ["a <b>"]


async def test_a_topic_is_a_thread_and_the_general_one_is_named_by_none(fake: FakeTelegram) -> None:
    """A thread that is no number of a topic is refused, and one that is gone says so."""
    fake.world.topics.add(12)
    await sent(fake, "there", thread_id="12")
    await sent(fake, "everywhere", thread_id="1")
    assert [call.params.get("message_thread_id") for call in fake.of("sendMessage")] == [12, None]
    async with connector_on(fake) as connector:
        odd = await connector.send(OutboundMessage("x", thread_id="side"))
        gone = await connector.send(OutboundMessage("x", thread_id="99"))
    assert isinstance(odd, SendFailure)
    assert odd.permanent
    assert "number of a topic of the chat, found 'side'" in str(odd.error)
    assert isinstance(gone, SendFailure)
    assert gone.permanent
    assert "message thread not found" in str(gone.error)


async def test_files_go_as_documents_behind_the_words(fake: FakeTelegram, tmp_path: Path) -> None:
    """Under their names, to the byte; into the topic as well; one that is too large is refused before it is sent."""
    file = tmp_path / "log ü.txt"
    file.write_bytes(b"\x00abc")
    fake.world.topics.add(3)
    async with connector_on(fake, attachment_bytes=100) as connector:
        result = await connector.send(OutboundMessage("see", thread_id="3", attachments=(str(file),)))
        assert result.delivered
        file.write_bytes(b"x" * 101)
        refused = await connector.send(OutboundMessage("see", attachments=(str(file),)))
    text, document = fake.world.messages
    assert (text["text"], document["data"], document["document"]["file_name"]) == (
        "see",
        b"\x00abc",
        "log ü.txt",
    )
    assert document["message_thread_id"] == 3
    assert "larger than 100 bytes" in str(refused.error)


async def test_a_limit_is_waited_out_and_holds_for_its_chat_alone(fake: FakeTelegram) -> None:
    """For as long as is asked, by every send into the chat; a look at the bot goes on meanwhile."""
    fake.limit("sendMessage", 1)
    async with connector_on(fake) as connector:
        began = time.monotonic()
        sending = [
            asyncio.ensure_future(connector.send(OutboundMessage(text, thread_id=thread)))
            for text, thread in (("a", None), ("b", "1"))
        ]
        await until(lambda: fake.of("sendMessage"))
        assert (await connector.health()).authenticated
        assert time.monotonic() - began < 1
        assert all(result.delivered for result in await asyncio.gather(*sending))
        assert time.monotonic() - began >= 1
    assert sorted(fake.texts()) == ["a", "b"]


async def test_a_limit_beyond_patience_says_how_long(fake: FakeTelegram) -> None:
    """It counts against no message: the outbox waits so long."""
    fake.limit("sendMessage", 300)
    async with connector_on(fake) as connector:
        first = await connector.send(OutboundMessage("a"))
        second = await connector.send(OutboundMessage("b"))
    assert isinstance(first, SendFailure)
    assert isinstance(second, SendFailure)
    assert first.retry_after == 300
    assert 290 < (second.retry_after or 0) <= 300
    assert len(fake.of("sendMessage")) == 1


async def test_what_was_answered_is_not_sent_again_also_by_another_process(
    fake: FakeTelegram, tmp_path: Path
) -> None:
    """A message of three pieces that stops behind the first one goes on there."""
    message = OutboundMessage("a" * 4000 + "\n\n" + "b" * 4000 + "\n\n" + "c" * 4000)
    async with connector_on(fake, state_dir=tmp_path, send_bound=0.2) as connector:
        fake.fail("sendMessage", 502, BAD_GATEWAY, times=1000, after=1)
        assert not (await connector.send_once(message, "txn")).delivered
    assert [text[0] for text in fake.texts()] == ["a"]
    fake.faults.clear()
    async with connector_on(fake, state_dir=tmp_path) as connector:
        assert (await connector.send_once(message, "txn")).delivered
    assert [text[0] for text in fake.texts()] == ["a", "b", "c"]


async def test_an_answer_that_was_lost_doubles_and_never_loses(fake: FakeTelegram) -> None:
    """As docs/telegram.md says: nothing at Telegram tells whether the first one stands."""
    fake.fail("sendMessage", cut="after")
    assert await sent(fake, "once or twice") == ["once or twice"] * 2
    fake.world.messages.clear()
    fake.fail("sendMessage", cut="before")
    assert await sent(fake, "once") == ["once"]


async def test_a_group_that_moved_is_followed_by_the_answer(fake: FakeTelegram) -> None:
    """Also by who has not heard of it, such as a process that only sends."""
    async with connector_on(fake) as connector:
        fake.migrate(-1009876543210)
        assert (await connector.send(OutboundMessage("after"))).delivered
    assert fake.world.messages[-1]["chat"]["id"] == -1009876543210


async def test_a_bot_that_was_put_out_costs_no_message(fake: FakeTelegram) -> None:
    """A human can mend it, so that it is held against none."""
    fake.world.status = "kicked"
    async with connector_on(fake) as connector:
        result = await connector.send(OutboundMessage("a"))
    assert isinstance(result, SendFailure)
    assert not result.permanent
    assert "bot was kicked" in str(result.error)
