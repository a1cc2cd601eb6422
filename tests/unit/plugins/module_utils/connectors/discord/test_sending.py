# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the orchestrator says stands in the channel: whole, once, in its place, or the result says why not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.discord import FakeDiscord
from fakes.discord_line import connector_on
from fakes.discord_world import Document
from mosaic_connectors import OutboundMessage, SendFailure, SendResult
from mosaic_connectors.discord.connector import DiscordConnector

MIB = 1024 * 1024


@pytest.fixture
async def connector(fake: FakeDiscord) -> AsyncIterator[DiscordConnector]:
    """One that only sends."""
    async with connector_on(fake) as made:
        yield made


def posted(fake: FakeDiscord) -> list[Document]:
    """The bodies of the messages that were created, tries included."""
    return [call.body for call in fake.rest.of("POST", "/messages$")]


def failure(result: SendResult) -> SendFailure:
    """The result as the failure it is expected to be."""
    assert isinstance(result, SendFailure)
    assert not result.delivered
    return result


async def test_markdown_goes_out_as_it_is_and_pings_nobody(
    fake: FakeDiscord, connector: DiscordConnector
) -> None:
    """The result names the message; allowed mentions are off and the nonce is enforced."""
    result = await connector.send(OutboundMessage("**done** @everyone"))
    assert result == SendResult(True, fake.world.messages[fake.channel_id][0]["id"])
    (body,) = posted(fake)
    assert body["content"] == "**done** @everyone"
    assert body["allowed_mentions"] == {"parse": []}
    assert body["enforce_nonce"] is True
    assert len(body["nonce"]) <= 25


async def test_a_lost_answer_doubles_nothing(fake: FakeDiscord, connector: DiscordConnector) -> None:
    """The message was made, the connection broke, the repeat finds it."""
    fake.fail("POST .*/messages", cut="after")
    assert (await connector.send(OutboundMessage("once"))).delivered
    assert len(posted(fake)) == 2
    assert fake.texts() == ["once"]


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_trouble_on_the_other_side_is_waited_out(
    fake: FakeDiscord, connector: DiscordConnector, status: int
) -> None:
    """Errors of the server and their web pages are repeated."""
    fake.fail("POST .*/messages", status=status, body="<html>", times=2)
    assert (await connector.send(OutboundMessage("patience"))).delivered
    assert fake.texts() == ["patience"]


async def test_the_same_id_from_another_process_doubles_nothing(fake: FakeDiscord) -> None:
    """A long message interrupted half-way is completed, its first part not repeated."""
    long = "\n\n".join(letter * 1500 for letter in "abc")
    async with connector_on(fake, send_bound=0.2) as first:
        fake.rest.limits["POST /channels/*/messages"] = (1, 30.0)
        assert not (await first.send_once(OutboundMessage(long), "t1")).delivered
    fake.rest.limits.clear()
    async with connector_on(fake) as second:
        result = await second.send_once(OutboundMessage(long), "t1", first_tried=time.time())
    assert result.delivered
    assert [text[0] for text in fake.texts()] == ["a", "b", "c"]


async def test_a_late_retry_looks_before_it_repeats(fake: FakeDiscord) -> None:
    """Discord forgot the nonces, the history did not: only what is missing is posted."""
    message = OutboundMessage("\n\n".join(letter * 1500 for letter in "ab"))
    async with connector_on(fake) as first:
        earlier = await first.send_once(OutboundMessage("unrelated"), "t0")
        result = await first.send_once(message, "t1")
    fake.world.nonces.clear()
    for one in fake.world.messages[fake.channel_id]:
        one.pop("nonce")
    fake.world.delete_message(fake.world.messages[fake.channel_id][-1])
    async with connector_on(fake, nonce_memory=0.0) as second:
        again = await second.send_once(message, "t1", first_tried=time.time() - 1)
    assert again.message_id == result.message_id != earlier.message_id
    assert [text[0] for text in fake.texts()] == ["u", "a", "b"]


async def test_an_answer_lost_in_a_long_outage_doubles_nothing(fake: FakeDiscord) -> None:
    """The last of many tries arrived, its answer did not; hours and hundreds of messages lie before it."""
    first_tried = time.time()
    for number in range(600):
        fake.post(f"chatter {number}")
    async with connector_on(fake, send_bound=0.2) as before:
        fake.fail("POST .*/messages", cut="after", times=99)
        assert not (await before.send_once(OutboundMessage("done"), "t1", first_tried=first_tried)).delivered
    fake.rest.faults.clear()
    fake.world.nonces.clear()
    posted = fake.world.messages[fake.channel_id][-1]
    del posted["nonce"]
    async with connector_on(fake, nonce_memory=0.0) as after:
        result = await after.send_once(OutboundMessage("done"), "t1", first_tried=first_tried)
    assert (result.delivered, result.message_id) == (True, posted["id"])
    assert fake.texts().count("done") == 1


async def test_equal_texts_of_different_messages_are_both_sent(fake: FakeDiscord) -> None:
    """Looking back does not take another message's post for ours."""
    async with connector_on(fake, nonce_memory=0.0) as connector:
        assert (await connector.send_once(OutboundMessage("done"), "t1")).delivered
        assert (await connector.send_once(OutboundMessage("done"), "t2", first_tried=time.time())).delivered
    assert fake.texts() == ["done", "done"]


async def test_an_equal_text_of_before_is_not_taken_for_a_lost_one(fake: FakeDiscord) -> None:
    """Another message said the same a minute earlier; the process that remembers so is gone."""
    async with connector_on(fake) as before:
        assert (await before.send_once(OutboundMessage("done"), "t1")).delivered
    earlier = fake.world.messages[fake.channel_id][-1]
    earlier["id"] = fake.world.snowflake(time.time() - 60)
    del earlier["nonce"]
    async with connector_on(fake, nonce_memory=0.0) as after:
        assert (await after.send_once(OutboundMessage("done"), "t2", first_tried=time.time())).delivered
    assert fake.texts() == ["done", "done"]


async def test_a_limit_that_names_no_time_is_not_held_against_the_message(fake: FakeDiscord) -> None:
    """The caller hears of some seconds of quiet, so that no limit makes a dead letter."""
    fake.fail("POST", status=429, body={"message": "limited", "retry_after": 0}, times=99)
    async with connector_on(fake, send_bound=0.01) as connector:
        result = failure(await connector.send(OutboundMessage("x")))
    assert not result.permanent
    assert result.retry_after


async def test_a_long_text_is_split_within_the_limit_and_keeps_its_code(
    fake: FakeDiscord, connector: DiscordConnector
) -> None:
    """No piece exceeds 2,000 characters, every piece of code is fenced, nothing is lost."""
    code = "\n".join(f"line {number}" for number in range(600))
    await connector.send(OutboundMessage(f"Look:\n\n```python\n{code}\n```\n\nThat is it. " + "😀" * 1500))
    texts = fake.texts()
    assert all(len(text.encode("utf-16-le")) // 2 <= 2000 for text in texts)
    fenced = [text for text in texts if "line " in text]
    assert all(text.count("```") == 2 for text in fenced)
    assert sum(text.count("line ") for text in texts) == 600
    assert sum(text.count("😀") for text in texts) == 1500


async def test_what_no_server_can_store_is_replaced(fake: FakeDiscord, connector: DiscordConnector) -> None:
    """Lone surrogates and NUL become the replacement character."""
    assert (await connector.send(OutboundMessage("a\ud800b\x00c"))).delivered
    assert fake.texts() == ["a\ufffdb\ufffdc"]


async def test_an_answer_goes_into_its_thread(fake: FakeDiscord, connector: DiscordConnector) -> None:
    """Also into one that sleeps, which wakes."""
    thread = fake.world.add_channel("side", 11, fake.channel_id)
    fake.world.archive(thread["id"])
    assert (await connector.send(OutboundMessage("answer", thread_id=thread["id"]))).delivered
    assert fake.texts(thread["id"]) == ["answer"]
    assert not fake.texts()


async def test_a_message_id_starts_a_thread_and_the_next_answer_joins_it(fake: FakeDiscord) -> None:
    """The thread is named after the message; another process finds it again."""
    question = fake.post("How is the build doing today?")
    async with connector_on(fake) as first:
        assert (await first.send(OutboundMessage("well", thread_id=question["id"]))).delivered
    async with connector_on(fake) as second:
        assert (await second.send(OutboundMessage("still", thread_id=question["id"]))).delivered
    assert fake.texts(question["id"]) == ["well", "still"]
    assert fake.world.channels[question["id"]]["name"] == "How is the build doing today?"
    assert len(fake.rest.of("POST", "/threads$")) == 1


async def test_two_answers_at_once_start_one_thread(fake: FakeDiscord) -> None:
    """Who comes second takes the first one's thread."""
    question = fake.post("?")
    async with connector_on(fake) as one, connector_on(fake) as two:
        message = OutboundMessage("!", thread_id=question["id"])
        results = await asyncio.gather(one.send(message), two.send(message))
    assert all(result.delivered for result in results)
    assert fake.texts(question["id"]) == ["!", "!"]


@pytest.mark.parametrize("case", ["foreign thread", "unknown", "another channel", "no id"])
async def test_what_is_meant_for_the_operator_goes_nowhere_else(
    fake: FakeDiscord, connector: DiscordConnector, case: str
) -> None:
    """A thread of another channel is refused for good, and nothing is posted."""
    other = fake.world.add_channel("other")
    thread_id = {
        "foreign thread": fake.world.add_channel("side", 11, other["id"])["id"],
        "unknown": "123",
        "another channel": other["id"],
        "no id": "$event",
    }[case]
    result = failure(await connector.send(OutboundMessage("secret", thread_id=thread_id)))
    assert result.permanent
    assert "thread_id" in str(result.error)
    assert not posted(fake)


async def test_files_go_with_the_text(fake: FakeDiscord, connector: DiscordConnector, tmp_path: Path) -> None:
    """Several small ones in one message."""
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    paths = (str(tmp_path / "a.txt"), str(tmp_path / "b.txt"))
    assert (await connector.send(OutboundMessage("see", attachments=paths))).delivered
    (message,) = fake.world.messages[fake.channel_id]
    assert message["content"] == "see"
    assert [file["filename"] for file in message["attachments"]] == ["a.txt", "b.txt"]
    assert list(fake.world.files.values()) == [b"a.txt", b"b.txt"]


async def test_a_file_alone_is_a_message(
    fake: FakeDiscord, connector: DiscordConnector, tmp_path: Path
) -> None:
    """Text is not needed beside it."""
    (tmp_path / "a.txt").write_text("a")
    assert (await connector.send(OutboundMessage("", attachments=(str(tmp_path / "a.txt"),)))).delivered


async def test_more_files_than_a_post_takes_make_two(
    fake: FakeDiscord, connector: DiscordConnector, tmp_path: Path
) -> None:
    """Ten to a message."""
    for number in range(12):
        (tmp_path / str(number)).write_text("x")
    paths = tuple(str(tmp_path / str(number)) for number in range(12))
    assert (await connector.send(OutboundMessage("many", attachments=paths))).delivered
    assert [len(one["attachments"]) for one in fake.world.messages[fake.channel_id]] == [10, 2]


@pytest.mark.parametrize(("tier", "fits"), [(0, False), (2, True)])
async def test_the_size_limit_is_the_servers_and_checked_first(
    fake: FakeDiscord, connector: DiscordConnector, tmp_path: Path, tier: int, fits: bool
) -> None:
    """10 MiB, more where the server is boosted; nothing is uploaded in vain."""
    fake.world.premium_tier = tier
    (tmp_path / "big").write_bytes(bytes(11 * MIB))
    result = await connector.send(OutboundMessage("big", attachments=(str(tmp_path / "big"),)))
    assert result.delivered is fits
    assert len(posted(fake)) == fits
    if not fits:
        assert failure(result).permanent


async def test_a_missing_file_is_an_error_result(fake: FakeDiscord, connector: DiscordConnector) -> None:
    """The text is not sent without it."""
    result = failure(await connector.send(OutboundMessage("see", attachments=("/nowhere/x",))))
    assert result.permanent
    assert "/nowhere/x" in str(result.error)
    assert not fake.texts()


async def test_an_empty_message_is_refused(fake: FakeDiscord, connector: DiscordConnector) -> None:
    """Without a request."""
    assert failure(await connector.send(OutboundMessage("  \n"))).permanent
    assert not fake.rest.calls


async def test_the_routes_limit_is_kept_without_being_hit(
    fake: FakeDiscord, connector: DiscordConnector
) -> None:
    """What the headers tell is believed: twelve messages in windows of five, and not one 429."""
    fake.rest.limits["POST /channels/*/messages"] = (5, 0.3)
    for number in range(12):
        assert (await connector.send(OutboundMessage(str(number)))).delivered
    assert fake.texts() == [str(number) for number in range(12)]
    assert fake.rest.limited == 0


@pytest.mark.parametrize("scope", ["POST /channels/*/messages", "global"])
async def test_a_limit_that_nobody_told_of_is_waited_out(
    fake: FakeDiscord, connector: DiscordConnector, scope: str
) -> None:
    """A 429 says how long; the message is sent then, once."""
    fake.rest.limits[scope] = (2, 0.4)
    fake.rest.hidden_limits = True
    for number in range(5):
        assert (await connector.send(OutboundMessage(str(number)))).delivered
    assert fake.texts() == [str(number) for number in range(5)]
    assert 1 <= fake.rest.limited <= 3


async def test_a_limit_beyond_the_bound_is_told_to_the_caller(fake: FakeDiscord) -> None:
    """The result says how long to wait, and until then Discord is left alone."""
    fake.fail("POST", status=429, body={"message": "limited", "retry_after": 600.0, "global": True})
    async with connector_on(fake, send_bound=0.5) as connector:
        result = failure(await connector.send(OutboundMessage("x")))
        assert result.retry_after == pytest.approx(600, abs=1)
        assert not result.permanent
        again = failure(await connector.send(OutboundMessage("x")))
    assert again.retry_after == pytest.approx(600, abs=5)
    assert len(fake.rest.calls) == 1


async def test_an_outage_is_a_failure_that_may_pass(fake: FakeDiscord) -> None:
    """Within the bound, and without an exception."""
    await fake.stop()
    async with connector_on(fake, send_bound=0.3) as connector:
        result = failure(await connector.send(OutboundMessage("x")))
    assert not result.permanent
    assert "cannot be reached" in str(result.error)


async def test_a_missing_permission_is_a_failure_that_may_pass(
    fake: FakeDiscord, connector: DiscordConnector
) -> None:
    """A human can grant it; the message is kept for then."""
    fake.world.permissions &= ~(1 << 11)
    result = failure(await connector.send(OutboundMessage("x")))
    assert not result.permanent
    assert str(result.error).endswith("Missing Permissions.")
    assert len(posted(fake)) == 1


async def test_a_token_that_is_none_is_told_without_being_shown(fake: FakeDiscord) -> None:
    """A paste gone wrong: no request, no exception that quotes it, and no message is given up for it."""
    async with connector_on(fake, token="tokén") as connector:
        result = failure(await connector.send(OutboundMessage("x")))
        health = await connector.health()
    assert not result.permanent
    for said in (result.error, health.detail):
        assert "characters that no token has" in str(said)
        assert "tokén" not in str(said)
    assert not fake.rest.calls


async def test_a_dead_token_stops_the_line_at_once(fake: FakeDiscord) -> None:
    """The message is no dead letter; the token is asked about once more, and then nothing."""
    async with connector_on(fake, token="revoked") as connector:
        result = failure(await connector.send(OutboundMessage("x")))
        error = await asyncio.wait_for(connector.wait_stopped(), 20)
        await connector.send(OutboundMessage("y"))
    assert not result.permanent
    assert "DISCORD_BOT_TOKEN" in str(error)
    assert len(fake.rest.calls) == 2


async def test_a_ban_that_looks_like_json_makes_everything_quiet(fake: FakeDiscord) -> None:
    """Neither headers nor a time: it is the firewall's, whatever route was asked."""
    fake.fail("POST", status=429, body={"message": "You are being blocked"}, times=99)
    async with connector_on(fake, send_bound=0.1, request_timeout=0.1) as connector:
        assert not (await connector.send(OutboundMessage("x"))).delivered
        before = len(fake.rest.calls)
        assert not (await connector.send(OutboundMessage("y"))).delivered
        await connector.health()
        assert len(fake.rest.calls) == before


async def test_too_large_is_told_whoever_says_so_and_not_repeated(fake: FakeDiscord, tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(b"x")
    fake.fail("POST", status=413, body="<html>nginx</html>", times=99)
    async with connector_on(fake) as connector:
        result = await connector.send(OutboundMessage("", attachments=(str(tmp_path / "film.mp4"),)))
    assert isinstance(result, SendFailure)
    assert result.permanent
    assert "413" in str(result.error)
    assert len(fake.rest.of("POST", "/messages")) == 1
