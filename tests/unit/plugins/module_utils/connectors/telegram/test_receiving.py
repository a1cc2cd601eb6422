# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operator writes arrives, once, in order, and only what is meant for us; nothing is confirmed too soon."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from fakes.discord import until
from fakes.discord_line import Inbox
from fakes.operators import KnowsOperator
from fakes.telegram import BAD_GATEWAY, FakeTelegram
from fakes.telegram_line import connector_on, listening
from mosaic_connectors import InboundMessage
from mosaic_connectors.telegram.place import TelegramPlace
from mosaic_connectors.telegram.words import UNKNOWN
from mosaic_connectors.types import ObstructedHealth


def place_of(fake: FakeTelegram, directory: Path) -> TelegramPlace:
    return TelegramPlace(directory, int(fake.world.token.partition(":")[0]), int(fake.chat_id))


async def test_a_message_carries_sender_time_topic_and_id(fake: FakeTelegram) -> None:
    """All fields of the contract; a number of a thread that is no topic is none."""
    inbox = Inbox()
    async with listening(fake, inbox):
        first = fake.post("deploy", message_thread_id=7, is_topic_message=True)
        fake.post("answer", message_thread_id=8, reply_to_message={**first, "from": {"username": "operator"}})
        await inbox.holds("deploy", f"[in reply to {first['message_id']} of operator: deploy]\nanswer")
    message = inbox[0]
    assert (message.sender, message.thread_id) == (str(fake.world.operator), "7")
    assert message.message_id == f"{fake.chat_id}:{first['message_id']}"
    assert message.ts.endswith("Z")
    assert inbox[1].thread_id is None


async def test_nothing_is_confirmed_before_the_handler_took_it(fake: FakeTelegram, tmp_path: Path) -> None:
    """A process that dies in the middle of a batch is handed the rest again, and what it did not a second time."""
    inbox, stuck = Inbox(), asyncio.Event()

    async def handler(message: InboundMessage) -> None:
        if message.text == "two":
            stuck.set()
            await asyncio.Event().wait()
        inbox(message)

    for text in ("one", "two", "three"):
        fake.post(text)
    connector = connector_on(fake, state_dir=tmp_path, handler_timeout=60.0)
    connector.subscribe(handler)
    await asyncio.wait_for(stuck.wait(), 10)
    assert len(fake.world.updates) == 3
    # As a kill leaves it: no handler ends, nothing more is asked.
    assert connector._subscription is not None
    connector._subscription._task.cancel()
    await asyncio.wait({connector._subscription._task})
    await connector.aclose()
    async with listening(fake, inbox, state_dir=tmp_path):
        await inbox.holds("one", "two", "three")
        await until(lambda: not fake.world.updates)
    assert not any("drop_pending_updates" in call.params for call in fake.calls)


async def test_a_confirmation_whose_answer_was_lost_loses_and_doubles_nothing(fake: FakeTelegram) -> None:
    """And trouble of Telegram's own, in HTML, is an outage."""
    inbox = Inbox()
    async with listening(fake, inbox):
        fake.fail("getUpdates", cut="after", times=2)
        fake.fail("getUpdates", 502, BAD_GATEWAY, times=2)
        for number in range(5):
            fake.post(str(number))
        await inbox.holds("0", "1", "2", "3", "4")
        await until(lambda: not fake.world.updates)


async def test_what_telegram_hands_out_twice_is_handed_over_once(fake: FakeTelegram, tmp_path: Path) -> None:
    """Under whatever number of an update, in the same run and after a restart."""
    inbox = Inbox()
    once = fake.post("once")
    fake.update(message=once)
    for last in ("first", "second"):
        fake.update(message=once)
        fake.post(last)
        async with listening(fake, inbox, state_dir=tmp_path):
            await until(lambda last=last: last in inbox.texts)  # type: ignore[misc]
    assert inbox.texts == ["once", "first", "second"]


async def test_ids_that_begin_anew_after_a_quiet_week_hide_nothing(
    fake: FakeTelegram, tmp_path: Path
) -> None:
    """Telegram may number the next update below the last one: an old offset would confirm it away unread."""
    inbox = Inbox()
    async with listening(fake, inbox, state_dir=tmp_path):
        fake.post("before")
        await inbox.holds("before")
    place = place_of(fake, tmp_path)
    place.open()
    assert place.offset is not None
    place.noted_at -= 7 * 86_400
    await place.keep()
    place.close()
    fake.world.next_update = 5
    fake.world.updates.clear()
    fake.post("after")
    async with listening(fake, inbox, state_dir=tmp_path):
        await inbox.holds("before", "after")


async def test_a_confirmed_offset_is_not_told_again_and_nobody_is_hammered(fake: FakeTelegram) -> None:
    """A line that is quiet for a week confirms nothing by it; a server that holds no poll is asked four times a second."""
    inbox = Inbox()
    began = time.monotonic()
    async with listening(fake, inbox, poll_timeout=0.0):
        fake.post("one")
        await inbox.holds("one")
        await until(lambda: len(fake.of("getUpdates")) > 5)
        assert time.monotonic() - began > 0.75
    assert sum("offset" in call.params for call in fake.of("getUpdates")) == 1


async def test_an_absence_longer_than_telegrams_memory_is_told_as_a_possible_gap(
    fake: FakeTelegram, tmp_path: Path
) -> None:
    """24 hours are kept; a shorter absence is none."""
    for hours, told in ((23, False), (30, True)):
        place = place_of(fake, tmp_path)
        place.open()
        place.polled_at = time.time() - hours * 3600
        await place.keep()
        place.close()
        async with listening(fake, Inbox(), state_dir=tmp_path) as connector:
            detail = (await connector.health()).detail or ""
            assert ("Nothing was fetched for 30 hours" in detail) is told


async def test_a_second_poller_is_told_and_unhealthy(fake: FakeTelegram) -> None:
    """Once is nothing, since a killed process' poll may still stand there; and what it says is what mends it."""
    inbox = Inbox()
    async with listening(fake, inbox) as connector, connector_on(fake) as other:
        fake.fail(
            "getUpdates",
            409,
            {"ok": False, "error_code": 409, "description": "Conflict: terminated by other"},
        )
        fake.post("one")
        await inbox.holds("one")
        assert not isinstance(await connector.health(), ObstructedHealth)
        other.subscribe(Inbox())
        await until(lambda: connector._receiver is not None and connector._receiver.obstacle)
        health = await connector.health()
    assert isinstance(health, ObstructedHealth)
    assert "Another program fetches messages with this bot's token" in str(health.detail)
    assert "may have gone to the other program" in str(health.detail)


async def test_a_webhook_is_told_and_left_alone(fake: FakeTelegram) -> None:
    """Its address may be a secret, of which only the host is told; it is another program's, and not removed."""
    fake.world.webhook = "https://hooks.example.org/very-secret"
    async with connector_on(fake) as connector:
        connector.subscribe(Inbox())
        await until(lambda: connector._receiver is not None and connector._receiver.obstacle)
        health = await connector.health()
    assert isinstance(health, ObstructedHealth)
    assert "hooks.example.org" in str(health.detail)
    assert "very-secret" not in str(health.detail)
    assert not fake.of("deleteWebhook")


async def test_an_edit_corrects_what_waits_and_is_never_a_new_command(fake: FakeTelegram) -> None:
    """Of what was fetched together the last wording counts; what was handled is handled, and who wants to know hears of it."""
    inbox = Operators(str(fake.world.operator))
    done = fake.post("tpyo")
    fake.edit(done, "typo")
    async with listening(fake, inbox):
        await inbox.holds("typo")
        theirs = fake.post("hello", sender=4711)
        await inbox.holds("typo", "hello")
        assert inbox.edits == []
        fake.edit(theirs, "!restart")
        fake.edit(done, "restart everything")
        fake.post("next")
        await inbox.holds("typo", "hello", "next")
    assert [one.edited for one in inbox] == [True, False, False]
    assert [(one.text, one.edited) for one in inbox.edits] == [("restart everything", True)]


async def test_a_group_that_becomes_a_supergroup_is_followed_also_after_a_restart(
    fake: FakeTelegram, tmp_path: Path
) -> None:
    """In both directions; and the roster's number is said to be the old one."""
    fake.world.chat = {**fake.world.chat, "id": -4242424, "type": "group"}
    inbox = Inbox()
    connector = connector_on(fake, state_dir=tmp_path)
    async with connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        fake.migrate(-1009876543210)
        fake.post("moved")
        await inbox.holds("moved")
        health = await connector.health()
    assert "became the supergroup -1009876543210: put that number into chat_id" in str(health.detail)
    fake.post("later")
    old = connector_on(fake, state_dir=tmp_path)
    old._chat.configured = old._chat.id = -4242424
    async with old:
        old.subscribe(inbox)
        await inbox.holds("moved", "later")


async def test_other_chats_notices_and_the_start_button_are_no_messages(fake: FakeTelegram) -> None:
    """Nobody wrote them to us; what somebody wrote in a form that is not read says so."""
    inbox = Inbox()
    async with listening(fake, inbox):
        fake.post("elsewhere", chat={"id": 5, "type": "private"})
        fake.post("hidden", sender=int(fake.world.token.partition(":")[0]))
        fake.post(new_chat_members=[{"id": 3}])
        fake.post(forum_topic_created={"name": "side"}, message_thread_id=9, is_topic_message=True)
        fake.post(something_new={"a": 1})
        await inbox.holds(UNKNOWN)


async def test_what_is_no_text_is_named_in_it(fake: FakeTelegram) -> None:
    """Also the address that a link hides, counted in UTF-16."""
    inbox = Inbox()
    link = {"type": "text_link", "offset": 2, "length": 4, "url": "https://example.org/a"}
    async with listening(fake, inbox):
        fake.post("🦊here!", entities=[link])
        fake.post(sticker={"emoji": "👋", "file_id": "s"})
        fake.post("old\nwords", forward_origin={"type": "user"})
        fake.post(poll={"question": "Go?", "options": [{"text": "yes"}, {"text": "no"}]})
        fake.post(contact={"first_name": "Ann", "phone_number": "+1"})
        fake.post(location={"latitude": -1.5, "longitude": 2.25})
        await inbox.holds(
            "🦊here (https://example.org/a)!",
            "[sticker: 👋]",
            "[forwarded] old\n[forwarded] words",
            "[poll] Go?\n1. yes\n2. no",
            "[contact: Ann +1]",
            '[location: {"latitude": -1.5, "longitude": 2.25}]',
        )


async def test_a_file_is_stored_for_who_is_admitted_and_for_nobody_else(
    fake: FakeTelegram, tmp_path: Path
) -> None:
    """Fetched when it is asked for, under a name of ours; one that is too large says so; no address is handed on."""
    fake.world.files = {"small": b"abc", "large": b"x" * (20 * 1024 * 1024 + 1)}
    inbox = Inbox()
    async with listening(fake, inbox, state_dir=tmp_path):
        document = {
            "file_id": "small",
            "file_name": "../../etc/x.txt",
            "mime_type": "text/plain",
            "file_size": 3,
        }
        fake.post(caption="see", document=document)
        fake.post(photo=[{"file_id": "thumb"}, {"file_id": "large", "file_size": 20 * 1024 * 1024 + 1}])
        fake.post(voice={"file_id": "gone"})
        fake.post(voice={"file_id": "small"})
        await until(lambda: len(inbox) == 4)
        assert not fake.of("getFile")
        assert "see\n[document: ../../etc/x.txt (text/plain, 3 bytes): still with Telegram]" in inbox.texts
        complete = [await message.whole() for message in inbox]
    whole = [message.text for message in complete]
    stored = next(path for path in (tmp_path / "media").iterdir() if path.name.endswith("-x.txt"))
    assert stored.read_bytes() == b"abc"
    assert whole[0] == f"see\n[document: ../../etc/x.txt (text/plain, 3 bytes): {stored}]"
    assert "not stored: larger than 20971520 bytes" in whole[1]
    assert "invalid file_id" in whole[2]
    assert fake.world.token not in "".join(whole)
    assert [len(message.recordings) for message in complete] == [0, 0, 0, 1]
    assert Path(complete[3].recordings[0].path).read_bytes() == b"abc"


async def test_what_strangers_make_too_long_keeps_nothing_back(fake: FakeTelegram) -> None:
    """Fewer are asked for at once, until all that wait were read; then as many as ever."""
    inbox = Inbox()
    for number in range(30):
        fake.post("x" * 4000, chat={"id": 4711, "type": "private"}, sender=4711 + number)
    fake.post("at last")
    async with listening(fake, inbox, updates_bytes=30_000):
        await inbox.holds("at last")
        fake.post("as ever")
        await inbox.holds("at last", "as ever")
        await until(lambda: fake.of("getUpdates")[-1].params["limit"] == 100)


@pytest.mark.parametrize(
    "message", [{}, {"chat": 5}, {"message_id": "x", "from": []}, {"entities": {"a": 1}, "poll": 7}]
)
async def test_nonsense_breaks_nothing(fake: FakeTelegram, message: dict[str, Any]) -> None:
    inbox = Inbox()
    async with listening(fake, inbox):
        fake.update(message=message)
        fake.update(edited_message=message)
        fake.world.updates.append({"update_id": "none"})
        fake.post("still here")
        await inbox.holds("still here")


class Operators(KnowsOperator, Inbox):
    pass


async def test_an_operator_who_writes_to_the_bot_itself_is_told_where_to_talk(fake: FakeTelegram) -> None:
    """There; of a group where he answers the bot our chat is told. A stranger is told nothing, nor who talks to others."""
    operator = fake.world.operator
    inbox, bot = Operators(str(operator)), int(fake.world.token.partition(":")[0])
    group = {"id": -77, "type": "group"}
    async with listening(fake, inbox):
        fake.post("/start", chat={"id": operator, "type": "private"})
        fake.post("hello", sender=4711, chat={"id": 4711, "type": "private"})
        fake.post("lunch?", chat=group)
        fake.post("and you?", chat=group, reply_to_message={"message_id": 1, "from": {"id": bot}})
        fake.post("in our chat")
        await inbox.holds("in our chat")
    assert [(one.sender, one.place, one.can_answer) for one in inbox.strays] == [
        (str(operator), str(operator), True),
        (str(operator), "-77", False),
    ]
    assert fake.world.private == {operator: [f"talk in the chat {fake.chat_id}"], 4711: []}


async def test_who_blocked_the_bot_is_told_in_our_chat(fake: FakeTelegram) -> None:
    """What cannot be said there is not lost."""
    operator = fake.world.operator
    inbox = Operators(str(operator))
    fake.fail("sendMessage", status=403, body={"ok": False, "error_code": 403, "description": "Forbidden"})
    async with listening(fake, inbox):
        fake.post("hello", chat={"id": operator, "type": "private"})
        fake.post("in our chat")
        await inbox.holds("in our chat")
    assert [one.can_answer for one in inbox.strays] == [True, False]
