# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Slack connector receives once and in order, whatever socket mode does meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from fakes.operators import KnowsOperator
from fakes.slack import FakeSlack, until
from fakes.slack_line import Inbox, connector_on, listening
from mosaic_connectors import InboundMessage
from mosaic_connectors.types import ObstructedHealth


@pytest.fixture
async def fake() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as fake:
        yield fake


async def test_an_envelope_is_acknowledged_once_its_message_was_taken_and_not_before(fake: FakeSlack) -> None:
    """Slack repeats it meanwhile; the repetitions make no second message, and are acknowledged, too."""
    fake.sockets.ack_within = 0.05
    taken = asyncio.Event()
    inbox = Inbox()

    async def handler(message: InboundMessage) -> None:
        await taken.wait()
        inbox(message)

    async with listening(fake, handler):
        stamp = fake.say("slowly")
        await until(lambda: [one["retry_attempt"] for one in fake.sockets.sent] == [0, 1, 2])
        assert fake.sockets.acknowledged == []
        taken.set()
        await until(lambda: stamp in fake.sockets.acknowledged)
        fake.say("next")
        await inbox.holds("slowly", "next")


async def test_what_was_acknowledged_too_late_comes_again_and_is_recognised(
    fake: FakeSlack, tmp_path: Path
) -> None:
    """Also by another process: what is done is in the store before it is acknowledged."""
    fake.sockets.ack_within = 0.05
    fake.sockets.lose_acknowledgements = 2
    inbox = Inbox()
    async with listening(fake, inbox, state_dir=tmp_path):
        stamp = fake.say("once")
        await until(lambda: stamp in fake.sockets.acknowledged)
    fake.sockets.lose_acknowledgements = 1
    async with listening(fake, inbox, state_dir=tmp_path):
        fake.world.publish(
            {"type": "message", "channel": fake.world.channel_id, **(fake.world.find(stamp) or {})}
        )
        await until(lambda: fake.sockets.acknowledged.count(stamp) == 2)
        fake.say("two")
        await inbox.holds("once", "two")


async def test_a_refresh_costs_nothing(fake: FakeSlack) -> None:
    """The next socket is open before the last one ends, what comes by either is taken, and no history is read."""
    inbox = Inbox()
    async with listening(fake, inbox) as connector:
        for number in range(3):
            await fake.sockets.warn()
            await until(lambda: any(not link.leaving for link in fake.sockets.links))
            fake.say(f"by the new one {number}")
            await until(lambda n=number: len(inbox) == n + 1)
            await fake.sockets.end_warned()
        assert fake.sockets.opened == 4
        assert "socket to Slack is open" in str((await connector.health()).detail)
        assert len(fake.of("conversations.history")) == 1  # the first start's
        assert inbox.texts == [f"by the new one {number}" for number in range(3)]


async def test_what_comes_with_the_greeting_waits_for_what_was_missed(fake: FakeSlack) -> None:
    inbox = Inbox()
    async with listening(fake, inbox):
        fake.say("one")
        await inbox.holds("one")
        fake.sockets.cut()
        await until(lambda: not fake.sockets.links)
        fake.say("missed")
        fake.sockets.at_hello = lambda: fake.say("with the greeting")
        await inbox.holds("one", "missed", "with the greeting")


async def test_a_broken_socket_loses_nothing_in_channel_and_threads(fake: FakeSlack, tmp_path: Path) -> None:
    """In the order of writing, short pages and a thread below the latest page included."""
    fake.longest_page = 3
    root = fake.say("an old topic", silent=True)
    for number in range(8):
        fake.say(f"noise {number}", silent=True)
    inbox = Inbox()
    async with listening(fake, inbox, state_dir=tmp_path):
        fake.say("heard", thread=root)
        await inbox.holds("heard")
    fake.say("missed 1")
    fake.say("missed 2", thread=root)
    fake.say("missed 3")
    async with listening(fake, inbox, state_dir=tmp_path):
        await inbox.holds("heard", "missed 1", "missed 2", "missed 3")
        assert inbox[2].thread_id == root
        fake.sockets.cut()
        fake.say("while it was cut", silent=True)
        await until(lambda: len(inbox) == 5)
        fake.say("live", thread=root)
        await until(lambda: len(inbox) == 6)
    assert inbox.texts[4:] == ["while it was cut", "live"]
    assert [one.caught_up for one in inbox] == [False, True, True, True, True, False]


async def test_what_slack_gives_a_page_at_a_time_is_waited_for(fake: FakeSlack, tmp_path: Path) -> None:
    """A limit in the middle does not begin the reading anew, which would never come to its end."""
    inbox = Inbox()
    async with listening(fake, inbox, state_dir=tmp_path):
        fake.say("heard")
        await inbox.holds("heard")
    missed = [f"missed {number}" for number in range(6)]
    for text in missed:
        fake.say(text)
    fake.longest_page, fake.limits["conversations.history"] = 2, (1, 1.0)
    asked = len(fake.of("conversations.history"))
    async with listening(fake, inbox, state_dir=tmp_path, request_timeout=0.5):
        await inbox.holds("heard", *missed)
    assert len(fake.of("conversations.history")) - asked <= 2 * 4


async def test_an_app_without_event_subscriptions_is_told_and_not_deaf(fake: FakeSlack) -> None:
    fake.sockets.deaf = True
    inbox = Inbox()
    async with listening(fake, inbox, recheck=0.1, surely_heard=0.0) as connector:
        fake.say("is anybody there?")
        await inbox.holds("is anybody there?")
        await until(
            lambda: connector._receiver is not None and "message.channels" in str(connector._receiver.notes())
        )


async def test_edits_bots_notices_and_other_channels_are_no_commands(fake: FakeSlack) -> None:
    """What still waits is handed over as it reads by then, and what was deleted is not handed over."""
    started, gate = asyncio.Event(), asyncio.Event()

    class Busy(Operators):
        async def __call__(self, message: InboundMessage) -> None:
            self.append(message)
            started.set()
            await gate.wait()

    inbox = Busy("U0OPERATOR1")
    async with listening(fake, inbox):
        fake.say("first")
        await started.wait()
        edited, deleted = fake.say("typo"), fake.say("not meant")
        fake.world.add("from a bot", user="U0OTHERBOT1", bot_id="B0OTHER")
        fake.world.add("old style", subtype="bot_message", bot_id="B0OTHER")
        fake.say("<@U0X> has joined", subtype="channel_join")
        fake.world.publish(
            {"type": "message", "channel": "C0OTHERCHAN", "user": "U0OPERATOR1", "ts": "1.000001"}
        )
        await until(lambda: len(fake.sockets.sent) == 7)
        fake.world.edit(edited, "no typo")
        fake.world.delete(deleted)
        await until(lambda: len(fake.sockets.sent) == 9 and deleted in fake.sockets.acknowledged)
        gate.set()
        await until(lambda: len(inbox) == 2)
        fake.world.edit(edited, "edited after it was taken")
        fake.say("last")
        await until(lambda: len(inbox) == 3 and inbox.edits)
    assert inbox.texts == ["first", "no typo", "last"]
    assert [one.edited for one in inbox] == [False, True, False]
    assert [(one.text, one.edited) for one in inbox.edits] == [("edited after it was taken", True)]


async def test_a_stranger_with_the_same_token_is_told(fake: FakeSlack) -> None:
    fake.sockets.strangers = 1
    async with listening(fake, Inbox()) as connector:
        assert "The app has 1 more open elsewhere" in str((await connector.health()).detail)


async def test_nonsense_by_the_socket_ends_only_that_socket(fake: FakeSlack) -> None:
    inbox = Inbox()
    async with listening(fake, inbox):
        for frame in (
            "no json",
            "[1]",
            '{"type": 7, "envelope_id": ["x"], "payload": 1}',
            '{"envelope_id": "e"}',
        ):
            await fake.sockets.say(frame)
        await until(lambda: fake.sockets.opened >= 2 and fake.sockets.links)
        fake.say("still there")
        await until(lambda: "still there" in inbox.texts)
    assert inbox.texts == ["still there"]


async def test_a_socket_that_is_turned_away_is_left(fake: FakeSlack) -> None:
    """Also where Slack leaves it open: no message comes by it."""
    fake.sockets.turn_away = 2
    inbox = Inbox()
    async with listening(fake, inbox):
        assert fake.sockets.opened == 3
        fake.say("hello")
        await inbox.holds("hello")


async def test_a_file_is_stored_with_the_token_for_slacks_hosts_alone(
    fake: FakeSlack, tmp_path: Path
) -> None:
    """Not before it is asked for, once, and its name leads nowhere."""
    world = fake.world
    good = world.file("../plan.txt", b"the plan", id="F0GOOD00001")
    world.files["F0GOOD00001"] = world.files.pop("F0000000000")
    good["url_private_download"] = f"{world.base_url}/files-pri/F0GOOD00001/plan.txt"
    elsewhere = world.file("theirs.txt", b"x", url_private_download="https://evil.example/files.slack.com/x")
    gone = {"id": "F1", "mode": "tombstone"}
    connect = {"id": "F3", "mode": "file_access", "file_access": "check_file_info"}
    inbox = Inbox()
    async with listening(fake, inbox, state_dir=tmp_path):
        fake.say("look", subtype="file_share", files=[good, elsewhere, gone, connect])
        await until(lambda: inbox)
        assert not (tmp_path / "media").exists()
        whole = await inbox[0].whole()
        assert await inbox[0].whole() is whole
        fake.say("", subtype="file_share", files=[{**good, "mimetype": "audio/mp4"}])
        await until(lambda: len(inbox) == 2)
        (spoken,) = (await inbox[1].whole()).recordings
        world.scopes.remove("files:read")
        fake.say("", subtype="file_share", files=[{**good, "id": "F2"}])
        await until(lambda: len(inbox) == 3)
        refused = await inbox[2].whole()
    (stored,) = set((tmp_path / "media").iterdir()) - {Path(spoken.path)}
    assert stored.read_bytes() == b"the plan"
    assert whole.text.splitlines()[:2] == ["look", f"[file: ../plan.txt (text/plain, 8 bytes): {stored}]"]
    assert "theirs.txt is none of Slack's" in whole.text.splitlines()[2]
    assert whole.text.splitlines()[3] == "[file: file: it was deleted]"
    assert "Slack names no address of file" in whole.text.splitlines()[4]
    assert "lacks the scope files:read" in refused.text


async def test_files_of_one_name_stay_apart_and_those_of_unread_messages_stay(
    fake: FakeSlack, tmp_path: Path
) -> None:
    """A new one makes no room at the cost of what nobody has read."""

    class Reader(Inbox):
        def needing_files(self) -> list[str]:
            return [message.message_id or "" for message in self[:1]]

    inbox = Reader()
    async with listening(fake, inbox, state_dir=tmp_path, media_store_files=2):
        pasted = [fake.world.file("image.png", data, "image/png") for data in (b"one", b"two")]
        fake.say("look", subtype="file_share", files=pasted)
        fake.say("more", subtype="file_share", files=[fake.world.file("more.txt", b"three")])
        await until(lambda: len(inbox) == 2)
        first, second = [await message.whole() for message in inbox]
    stored = sorted(path.read_bytes() for path in (tmp_path / "media").iterdir())
    assert stored == [b"one", b"two"]
    assert first.text.count(str(tmp_path / "media")) == 2
    assert "nobody has read yet" in second.text


async def test_mentions_are_names_once_the_sender_is_admitted(fake: FakeSlack) -> None:
    inbox = Inbox()
    async with listening(fake, inbox):
        fake.say("<@U0BOTBOTBOT> ask <@U0OPERATOR1> &amp; <@U0NOBODY000>")
        await until(lambda: inbox)
        assert fake.of("users.info") == []
        assert inbox[0].text == "@mosaic ask @U0OPERATOR1 & @U0NOBODY000"
        assert (await inbox[0].whole()).text == "@mosaic ask @alice & @U0NOBODY000"


@pytest.mark.parametrize(
    ("disturb", "told"),
    [
        ({"is_member": False}, "not_in_channel"),
        ({"is_member": False, "is_private": True}, "channel_not_found"),
        ({"is_archived": True}, "#fleet is archived"),
        ({"scopes": ["channels:read", "channels:history"]}, "lacks the scope chat:write"),
        ({"scopes": ["chat:write"]}, "lacks the scope channels:read"),
        ({"app_scopes": []}, "lacks the scope connections:write"),
    ],
)
async def test_what_a_human_has_to_put_right_is_obstructed(
    fake: FakeSlack, disturb: dict[str, Any], told: str
) -> None:
    """And no dead token: the line stays."""
    for name, value in disturb.items():
        setattr(fake.world, name, value)
    async with connector_on(fake) as connector:
        health = await connector.health()
    assert isinstance(health, ObstructedHealth)
    assert told in str(health.detail)


async def test_a_scope_that_some_features_need_is_no_obstruction_and_what_is_missed_is_said(
    fake: FakeSlack,
) -> None:
    """The diagnosis also says what cannot be looked at."""
    for scope in ("reactions:write", "im:history"):
        fake.world.scopes.remove(scope)
    async with connector_on(fake) as connector:
        checks = {one.name: one async for one in connector.diagnose(["U0OPERATOR1"])}
    room = checks["room"]
    assert room.state == "ok"
    assert "Without the scopes reactions:write (no marks on messages), im:history (nobody who" in room.detail
    assert "install the app again" in room.detail
    assert "Interactivity" in room.detail


@pytest.mark.parametrize("which", ["app_token", "bot_token"])
async def test_a_dead_token_ends_the_line_for_good(fake: FakeSlack, which: str) -> None:
    """It is asked about twice, then nothing more is sent; a refusal that passes ends nothing."""
    fake.fail("auth.test|apps.connections.open", body={"ok": False, "error": "invalid_auth"})
    async with listening(fake, Inbox()) as connector:
        setattr(fake.world, which, "xoxb-another-one-altogether")
        fake.sockets.cut()
        error = await asyncio.wait_for(connector.wait_stopped(), 20) if which == "app_token" else None
        health = await connector.health()
        assert (health.reachable, health.authenticated) == (True, False)
        assert f"SLACK_{which.upper()} (invalid_auth)" in str(error or health.detail)
        asked = len(fake.calls)
        await connector.health()
        assert len(fake.calls) == asked


async def test_socket_mode_that_is_off_is_told_and_waited_for(fake: FakeSlack, tmp_path: Path) -> None:
    """What is written meanwhile comes later."""
    fake.sockets.socket_mode = False
    inbox = Inbox()
    async with connector_on(fake, state_dir=tmp_path) as connector:
        connector.subscribe(inbox)
        await asyncio.wait_for(connector.wait_ready(), 20)
        assert "Socket mode is off" in str((await connector.health()).detail)
        fake.say("meanwhile")
        fake.sockets.socket_mode = True
        await inbox.holds("meanwhile")


class Operators(KnowsOperator, Inbox):
    @property
    def heard(self) -> list[tuple[str, bool]]:
        return [(one.place, one.can_answer) for one in self.strays]


async def test_an_operator_who_writes_to_the_app_alone_is_told_where_to_talk_there(fake: FakeSlack) -> None:
    """Who names it in another channel, or cannot be told there, is told in ours. A stranger is told nothing."""
    operator, stranger, bot = "U0OPERATOR1", "U0STRANGER1", f"<@{fake.world.bot['user_id']}>"
    inbox, world = Operators(operator), fake.world
    async with listening(fake, inbox):
        world.add_elsewhere("D0OPERATOR1", "hello?", operator)
        await until(lambda: inbox.strays)
        world.add_elsewhere("D0STRANGER1", "hello?", stranger)
        world.add_elsewhere("C0OTHER", "lunch?", operator)
        world.add_elsewhere("C0OTHER", f"{bot} hello?", stranger)
        world.add_elsewhere("C0OTHER", f"{bot} hello?", operator)
        await until(lambda: len(inbox.strays) == 2)
        fake.fail("chat.postMessage", body={"ok": False, "error": "messages_tab_disabled"})
        world.add_elsewhere("D0OPERATOR1", "hello again?", operator)
        await until(lambda: len(inbox.strays) == 4)
        fake.say("in our channel")
        await inbox.holds("in our channel")
    own, other = ("D0OPERATOR1", True), ("C0OTHER", False)
    assert inbox.heard == [own, other, own, ("D0OPERATOR1", False)]
    said = {place: [one["text"] for one in found if "bot_id" in one] for place, found in world.others.items()}
    assert said == {"D0OPERATOR1": [f"talk in <#{world.channel_id}>"], "D0STRANGER1": [], "C0OTHER": []}
