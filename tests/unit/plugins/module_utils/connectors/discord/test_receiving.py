# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operator writes arrives, once, in order, and only what is meant for us."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fakes.discord import FakeDiscord, until
from fakes.discord_line import Inbox, connector_on, listening
from fakes.operators import KnowsOperator
from mosaic_connectors import InboundMessage, OutboundMessage
from mosaic_connectors.discord.words import UNKNOWN
from mosaic_connectors.errors import ConfigError, StateError


async def test_a_message_carries_sender_time_and_id(fake: FakeDiscord) -> None:
    """All fields of the contract, the time as ISO-8601 UTC."""
    inbox = Inbox()
    async with listening(fake, inbox):
        posted = fake.post("deploy")
        await inbox.holds("deploy")
    message = inbox[0]
    assert (message.sender, message.message_id, message.thread_id) == (
        fake.operator["id"],
        posted["id"],
        None,
    )
    assert message.ts.endswith("Z")
    assert posted["timestamp"].startswith(message.ts[:19])


async def test_what_no_database_stores_is_replaced(fake: FakeDiscord) -> None:
    """Half an emoji, which some clients cut off, would be refused by the inbox for ever."""
    inbox = Inbox()
    async with listening(fake, inbox):
        fake.post("a\ud83d")
        await inbox.holds("a\ufffd")


async def test_own_messages_are_suppressed(fake: FakeDiscord) -> None:
    """What the bot sends does not come back to it."""
    inbox = Inbox()
    async with listening(fake, inbox) as connector:
        await connector.send(OutboundMessage("from the orchestrator"))
        fake.post("from the operator")
        await inbox.holds("from the operator")


async def test_messages_of_a_thread_name_it(fake: FakeDiscord) -> None:
    """A thread of the channel is received, with the thread's id as thread_id."""
    inbox = Inbox()
    async with listening(fake, inbox):
        thread = fake.world.add_channel("side", 11, fake.channel_id)
        fake.post("in the thread", channel=thread["id"])
        await inbox.holds("in the thread")
    assert inbox[0].thread_id == thread["id"]


async def test_a_thread_nobody_told_of_is_asked_for(fake: FakeDiscord) -> None:
    """A thread that existed and slept before the session is recognised by its parent."""
    thread = fake.world.add_channel("old", 11, fake.channel_id)
    fake.world.archive(thread["id"])
    inbox = Inbox()
    async with listening(fake, inbox):
        fake.post("awake again", channel=thread["id"])
        await inbox.holds("awake again")


async def test_other_channels_are_none_of_our_business(fake: FakeDiscord) -> None:
    """Neither another channel nor its thread is received, and each is asked about once."""
    other = fake.world.add_channel("other")
    elsewhere = fake.world.add_channel("elsewhere", 11, other["id"])
    inbox = Inbox()
    async with listening(fake, inbox):
        for _attempt in range(3):
            fake.post("not for us", channel=other["id"])
            fake.post("not for us", channel=elsewhere["id"])
        fake.post("for us")
        await inbox.holds("for us")
    assert len(fake.rest.of("GET", f"^/channels/{other['id']}$")) <= 1


async def test_an_edit_is_never_a_new_command(fake: FakeDiscord) -> None:
    """Editing what was handled hands over nothing; whoever wants to know of it hears of an operator's, not of a stranger's."""
    inbox = Operators(fake.operator["id"])
    async with listening(fake, inbox):
        theirs = fake.post("hello", author=fake.world.user("mallory"))
        first = fake.post("restart web")
        await inbox.holds("hello", "restart web")
        fake.world.edit_message(theirs, "!restart")
        fake.world.edit_message(first, "restart everything")
        fake.world.publish("MESSAGE_UPDATE", {**first, "edited_timestamp": None, "embeds": []})
        fake.post("next")
        await inbox.holds("hello", "restart web", "next")
        await until(lambda: inbox.edits)
    assert [(one.text, one.edited) for one in inbox.edits] == [("restart everything", True)]
    assert inbox.edits[0].message_id not in {one.message_id for one in inbox}


async def test_what_waits_is_corrected_and_what_is_deleted_is_dropped(fake: FakeDiscord) -> None:
    """While the handler is busy, an edit changes a waiting message and a deletion removes it."""
    busy, inbox = asyncio.Event(), Inbox()

    async def handler(message: InboundMessage) -> None:
        inbox(message)
        await busy.wait()

    async with listening(fake, handler):
        fake.post("first")
        await inbox.holds("first")
        corrected, deleted = fake.post("tpyo"), fake.post("never mind")
        fake.world.edit_message(corrected, "typo")
        fake.world.delete_message(deleted)
        fake.post("last")
        await until(lambda: len(fake.gateway.sessions) == 1)
        await asyncio.sleep(0.05)  # nothing observable tells that the last event was taken in
        busy.set()
        await inbox.holds("first", "typo", "last")
    assert [one.edited for one in inbox] == [False, True, False]


async def test_attachments_stickers_mentions_and_forwards_become_text(fake: FakeDiscord) -> None:
    """What is no text is named in it, a mention by the user's name."""
    inbox = Inbox()
    async with listening(fake, inbox):
        file = fake.world.add_file("log.txt", b"abc")
        fake.post("see", attachments=[file])
        bot = fake.world.bot
        fake.post(f"<@{bot['id']}> and <@1>", mentions=[bot])
        fake.post("", sticker_items=[{"id": "1", "name": "wave"}])
        fake.post("", message_snapshots=[{"message": {"content": "old words"}}])
        await inbox.holds(
            "see\n[file: log.txt (text/plain, 3 bytes): still with Discord]",
            "@mosaic and <@1>",
            "[sticker: wave]",
            "[forwarded] old words",
        )


async def test_notices_of_discord_itself_are_no_messages(fake: FakeDiscord) -> None:
    """A pin and a new thread call no handler; a reply does, and a message that cannot be read says so."""
    inbox = Inbox()
    async with listening(fake, inbox):
        fake.post("pinned something", type=6)
        fake.post("side", type=18)
        fake.post("")
        fake.post("a reply", type=19)
        await inbox.holds(UNKNOWN, "a reply")


async def test_a_failing_handler_is_called_again_and_then_given_up(fake: FakeDiscord) -> None:
    """The next message comes all the same, and health tells of the loss."""
    calls: list[str] = []

    async def handler(message: InboundMessage) -> None:
        calls.append(message.text)
        if message.text == "poison":
            raise ValueError("indigestible")

    async with listening(fake, handler) as connector:
        fake.post("poison")
        fake.post("fine")
        await until(lambda: "fine" in calls)
        health = await connector.health()
    assert calls == ["poison"] * 3 + ["fine"]
    assert "1 message was given up" in str(health.detail)


async def test_no_handler_starts_after_unsubscribing(fake: FakeDiscord) -> None:
    """Also when the handler unsubscribes itself, and the line can be taken up again."""
    inbox = Inbox()
    async with connector_on(fake) as connector:
        unsubscribe = connector.subscribe(inbox)
        with pytest.raises(ConfigError, match="already"):
            connector.subscribe(inbox)
        await connector.wait_ready()
        await unsubscribe()
        fake.post("too late")
        again = Inbox()
        connector.subscribe(again)
        await connector.wait_ready()
        fake.post("in time")
        await again.holds("in time")
    assert not inbox


async def test_a_second_process_on_the_same_state_is_refused(fake: FakeDiscord, tmp_path: Any) -> None:
    """Two readers would each think the other's messages handled."""
    async with listening(fake, Inbox(), state_dir=tmp_path), connector_on(fake, state_dir=tmp_path) as second:
        with pytest.raises(StateError, match="in use"):
            second.subscribe(Inbox())


async def test_nonsense_from_the_gateway_breaks_nothing(fake: FakeDiscord) -> None:
    """Events of odd shapes are passed over."""
    inbox = Inbox()
    async with listening(fake, inbox):
        for kind in (
            "MESSAGE_CREATE",
            "MESSAGE_UPDATE",
            "MESSAGE_DELETE",
            "MESSAGE_DELETE_BULK",
            "THREAD_CREATE",
        ):
            for data in ({}, {"id": 5, "ids": 7}, {"id": "x", "author": [], "channel_id": None}):
                fake.gateway.publish(kind, {"author": {"id": "0"}, **data})
        fake.post("still here")
        await inbox.holds("still here")


class Operators(KnowsOperator, Inbox):
    @property
    def heard(self) -> list[tuple[str, bool]]:
        return [(one.place, one.can_answer) for one in self.strays]


async def test_an_operator_who_writes_to_the_bot_alone_is_told_where_to_talk_there(fake: FakeDiscord) -> None:
    """Who names it in another channel is told in ours. A stranger is told nothing, and costs no request."""
    mallory = fake.world.user("mallory")
    private, theirs = fake.world.add_private(fake.operator), fake.world.add_private(mallory)
    other = fake.world.add_channel("other")
    inbox = Operators(fake.operator["id"])
    async with listening(fake, inbox):
        fake.post("hello?", channel=private["id"])
        for _attempt in range(3):
            fake.post("hello?", channel=theirs["id"], author=mallory)
        fake.post("lunch?", channel=other["id"])
        fake.post("bot?", channel=other["id"], mentions=[fake.world.bot])
        fake.post("bot?", channel=other["id"], author=mallory, mentions=[fake.world.bot])
        await until(lambda: len(inbox.strays) == 2)
        fake.post("in our channel")
        await inbox.holds("in our channel")
    assert inbox.heard == [(private["id"], True), (other["id"], False)]
    assert fake.texts(private["id"]) == ["hello?", f"talk in <#{fake.channel_id}>"]
    assert fake.texts(theirs["id"]) == ["hello?"] * 3
    assert fake.texts(other["id"]) == ["lunch?", "bot?", "bot?"]
    assert fake.rest.of("GET", f"^/channels/{theirs['id']}$") == []


async def test_who_cannot_be_told_there_is_told_in_our_channel(fake: FakeDiscord) -> None:
    """As one who takes no direct messages from the bot."""
    private, inbox = fake.world.add_private(fake.operator), Operators(fake.operator["id"])
    fake.fail(f"POST /channels/{private['id']}/messages", status=403, body={"code": 50007})
    async with listening(fake, inbox):
        fake.post("hello?", channel=private["id"])
        await until(lambda: len(inbox.strays) == 2)
    assert inbox.heard == [(private["id"], True), (private["id"], False)]
