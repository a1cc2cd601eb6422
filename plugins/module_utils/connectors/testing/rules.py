# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules every connector keeps; a rule's docstring is what it shows."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone

from ..base import IdempotentSender, OrchestratorConnector
from ..diagnosis import STEPS, diagnose
from ..ending import within
from ..types import InboundMessage, OutboundMessage
from .listener import Listener, ended, expect, expect_equal, hear_one, ready, settled
from .questions import asks_once_and_says_how_it_ended
from .rig import Rig

Rule = Callable[[Rig], Awaitable[None]]

RULE_TIMEOUT = 60.0
"""Seconds that one rule may take: what takes longer hangs."""

TEXTS = (
    "plain",
    "two\nlines",
    "a\n\nparagraph and a trailing semicolon;",
    "**markdown** `code` <b>tag</b> & \"quotes\" 'both'",
    "üñïçødé 漢字 🦊",
    "/slash #hash $dollar !bang %percent \\back",
)


def check(make_rig: Callable[[], Rig], rule: Rule) -> None:
    """Run one rule against a fresh rig; raises `AssertionError` where it is broken."""

    async def run() -> None:
        rig = make_rig()
        try:
            await within(rule(rig), RULE_TIMEOUT)
        finally:
            await rig.aclose()

    asyncio.run(run())


async def names_its_kind(rig: Rig) -> None:
    """A connector is an OrchestratorConnector and says which kind it is."""
    async with await rig.connector() as connector:
        expect(isinstance(connector, OrchestratorConnector), "isinstance(connector, OrchestratorConnector)")
        expect(isinstance(connector.kind, str), "isinstance(connector.kind, str)")
        expect(connector.kind, "connector.kind")


async def delivers_what_is_sent(rig: Rig) -> None:
    """Any text that is sent is delivered whole, and the operator sees them in order."""
    async with await rig.connector() as connector:
        for text in TEXTS:
            result = await connector.send(OutboundMessage(text))
            expect(result.delivered, f"a delivery, not: {result.error}")
            expect(result.error is None, "result.error is None")
        expect_equal(await rig.operator_sees(), list(TEXTS))


async def hands_over_what_is_said(rig: Rig) -> None:
    """What the operator says reaches the handler once, in order, with its sender, time and id."""
    async with await rig.connector() as connector, Listener(connector) as listener:
        for text in TEXTS:
            await rig.operator_says(text)
        await listener.hears(len(TEXTS))
        expect_equal(listener.texts, list(TEXTS))
        for message in listener.messages:
            expect(message.sender, "message.sender")
            moment = datetime.fromisoformat(message.ts.replace("Z", "+00:00"))
            expect_equal(moment.utcoffset(), timezone.utc.utcoffset(None))
        ids = [message.message_id for message in listener.messages if message.message_id]
        expect_equal(len(set(ids)), len(ids))


async def takes_a_plain_function(rig: Rig) -> None:
    """A handler need not be a coroutine function."""
    async with await rig.connector() as connector:
        _heard, unsubscribe = await hear_one(rig, connector)
        await ended(unsubscribe())


async def does_not_echo(rig: Rig) -> None:
    """What the connector sends does not come back to the handler."""
    async with await rig.connector() as connector, Listener(connector) as listener:
        await connector.send(OutboundMessage("from us"))
        await rig.operator_says("from the operator")
        await listener.hears(1)
        expect_equal(listener.texts, ["from the operator"])


async def stops_when_unsubscribed(rig: Rig) -> None:
    """After unsubscribing no handler is called any more; subscribing again goes on without doubling."""
    async with await rig.connector() as connector:
        async with Listener(connector) as first:
            await rig.operator_says("one")
            await first.hears(1)
        await rig.operator_says("two")
        async with Listener(connector) as second:
            await rig.operator_says("three")
            await second.hears(2 if rig.keeps_missed else 1)
        expect_equal(first.texts, ["one"])
        expect_equal(second.texts, ["two", "three"] if rig.keeps_missed else ["three"])


async def ends_at_the_call(rig: Rig) -> None:
    """The call itself ends a subscription; what it returns is awaited only for the handler in hand."""
    async with await rig.connector() as connector:
        heard, unsubscribe = await hear_one(rig, connector)
        ending = unsubscribe()
        await rig.operator_says("two")
        await asyncio.sleep(0.5)  # a moment in which it would come
        expect_equal(heard, ["one"])
        await ended(ending)


async def delivers_what_was_missed(rig: Rig) -> None:
    """What was said between two runs is handed over by the second, once and in order."""
    if not rig.keeps_missed:
        return
    async with await rig.connector() as connector, Listener(connector) as first:
        await rig.operator_says("before")
        await first.hears(1)
    missed = [f"missed {number}" for number in range(25)]
    for text in missed:
        await rig.operator_says(text)
    async with await rig.connector() as connector, Listener(connector) as second:
        await rig.operator_says("after")
        await second.hears(26)
        expect_equal(second.texts, [*missed, "after"])


async def repeats_what_the_handler_did_not_take(rig: Rig) -> None:
    """A handler that raises gets the message again, and the line lives on."""
    calls: list[str] = []

    async def handler(message: InboundMessage) -> None:
        calls.append(message.text)
        if len(calls) == 1:
            raise RuntimeError("not this time")

    async with await rig.connector() as connector:
        unsubscribe = connector.subscribe(handler)
        await ready(connector)
        await rig.operator_says("one")
        await rig.operator_says("two")
        await settled(lambda: calls == ["one", "one", "two"])
        await ended(unsubscribe())


async def tells_an_outage_from_health(rig: Rig) -> None:
    """Healthy when up; when cut off, health and send say so and raise nothing; mended, all is well again."""
    async with await rig.connector() as connector:
        health = await connector.health()
        expect(health.reachable, "health.reachable")
        expect(health.authenticated, "health.authenticated")
        if not rig.can_be_cut:
            return
        await rig.cut()
        expect(not (await connector.health()).reachable, "not (await connector.health()).reachable")
        result = await connector.send(OutboundMessage("into the void"))
        expect(not result.delivered, "not result.delivered")
        expect(result.error, "result.error")
        await rig.mend()
        expect((await connector.health()).reachable, "(await connector.health()).reachable")
        expect(
            (await connector.send(OutboundMessage("back"))).delivered,
            '(await connector.send(OutboundMessage("back"))).delivered',
        )


async def is_looked_at_step_by_step(rig: Rig) -> None:
    """A diagnosis tells every step once and in order, also in an outage, and a failed step what mends it."""
    async with await rig.connector() as connector:
        await _expect_steps(connector)
        if rig.can_be_cut:
            await rig.cut()
            states = await _expect_steps(connector)
            expect(states[0] != "ok", "a server that is away is not told to be ok")
            await rig.mend()


async def survives_an_outage_while_listening(rig: Rig) -> None:
    """A subscription outlives a cut line and hands over what comes after it is mended."""
    if not rig.can_be_cut:
        return
    async with await rig.connector() as connector, Listener(connector) as listener:
        await rig.operator_says("one")
        await listener.hears(1)
        await rig.cut()
        await connector.health()
        await rig.mend()
        await rig.operator_says("two")
        await listener.hears(2)
        expect_equal(listener.texts, ["one", "two"])


async def keeps_threads(rig: Rig) -> None:
    """A message in a thread says which; an answer to it is seen there."""
    if not rig.has_threads:
        return
    async with await rig.connector() as connector, Listener(connector) as listener:
        root = await rig.operator_says("a topic")
        await rig.operator_says("in it", root)
        await listener.hears(2)
        thread_id = listener.messages[1].thread_id
        expect(thread_id is not None, "thread_id is not None")
        expect(listener.messages[0].thread_id != thread_id, "listener.messages[0].thread_id != thread_id")
        expect(
            (await connector.send(OutboundMessage("answer", thread_id=thread_id))).delivered,
            '(await connector.send(OutboundMessage("answer", thread_id=thread_id))).delivered',
        )
        expect_equal(await rig.thread_of("answer"), thread_id)


async def sends_once_under_one_id(rig: Rig) -> None:
    """An idempotent sender makes one message of one id, also from another process."""
    message = OutboundMessage("only once")
    results = []
    for _attempt in range(2):
        async with await rig.connector() as connector:
            if not isinstance(connector, IdempotentSender):
                return
            results.append(await connector.send_once(message, "the-same-id"))
    expect(all(result.delivered for result in results), "all(result.delivered for result in results)")
    expect_equal(await rig.operator_sees(), ["only once"])


async def refuses_an_empty_message(rig: Rig) -> None:
    """Nothing to say is an error in the result, not an empty message to the operator."""
    async with await rig.connector() as connector:
        expect(
            not (await connector.send(OutboundMessage(""))).delivered,
            'not (await connector.send(OutboundMessage(""))).delivered',
        )
        expect_equal(await rig.operator_sees(), [])


async def names_a_missing_attachment(rig: Rig) -> None:
    """An attachment that is not there is an error in the result that names it, or is shown as given."""
    async with await rig.connector() as connector:
        result = await connector.send(OutboundMessage("see", attachments=("/no/such/file",)))
        if result.delivered:
            expect(
                "/no/such/file" in "\n".join(await rig.operator_sees()),
                '"/no/such/file" in "\\n".join(await rig.operator_sees())',
            )
        else:
            expect("/no/such/file" in (result.error or ""), '"/no/such/file" in (result.error or "")')


async def closes_twice(rig: Rig) -> None:
    """Closing is harmless when repeated, also in the middle of a subscription."""
    connector = await rig.connector()
    connector.subscribe(lambda _message: None)
    await connector.aclose()
    await connector.aclose()


RULES: tuple[Rule, ...] = (
    names_its_kind,
    delivers_what_is_sent,
    hands_over_what_is_said,
    takes_a_plain_function,
    does_not_echo,
    stops_when_unsubscribed,
    ends_at_the_call,
    delivers_what_was_missed,
    repeats_what_the_handler_did_not_take,
    tells_an_outage_from_health,
    is_looked_at_step_by_step,
    survives_an_outage_while_listening,
    keeps_threads,
    sends_once_under_one_id,
    asks_once_and_says_how_it_ended,
    refuses_an_empty_message,
    names_a_missing_attachment,
    closes_twice,
)
"""Every rule, in the order in which they make sense to fix."""


async def _expect_steps(connector: OrchestratorConnector) -> list[str]:
    checks = [check async for check in diagnose(connector, ("nobody",))]
    expect_equal([check.name for check in checks], list(STEPS))
    for check in checks:
        expect(check.state in ("ok", "failed", "skipped"), f"ok, failed or skipped, not {check.state!r}")
        expect(check.fix or check.state != "failed", f"a fix beside: {check.detail}")
    return [check.state for check in checks]
