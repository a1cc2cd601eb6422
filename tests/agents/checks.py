# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every program goes through: texts of all shapes, a human's drafts, dialogs, a busy program."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from .bench import AGAIN_SECONDS, Bench, Delivery
from .model.script import Cue
from .programs import Program
from .programs.base import Dialog
from .session import until
from .texts import TEXTS
from .verdict import Kind, Verdict, failed, judge, together

DRAFT = "half a thought"
BUSY_SECONDS = 30.0


@dataclass(frozen=True)
class Check:
    """One row of the table."""

    name: str
    run: Callable[[Bench], Awaitable[Verdict]]
    applies: Callable[[Program], object] = lambda _program: True
    every_size: bool = False
    quick: bool = False


async def first_question(bench: Bench) -> Verdict:
    """What the program asks at its start is its human's to answer."""
    asks = bench.program.at_start
    if not await until(
        lambda: any(bench.session.shows(one.seen) for one in asks), bench.program.start_seconds
    ):
        return Verdict(Kind.NONE, "it asked nothing")
    await bench.session.still()
    return await _must_wait(bench, next((one.seen for one in asks if bench.session.shows(one.seen)), ""))


async def at_once(bench: Bench) -> Verdict:
    """A message that comes before the program reads arrives all the same, whatever it asks meanwhile."""
    message = bench.message("it comes at once")
    deadline = time.monotonic() + bench.program.start_seconds
    delivery = await bench.submit(message)
    while delivery.outcome == "held" and time.monotonic() < deadline:
        await bench.session.answer_first_question()
        await asyncio.sleep(AGAIN_SECONDS)
        delivery = Delivery((again := await bench.submit(message)).outcome, (*delivery.holds, *again.holds))
    return await bench.verdict(message, delivery)


async def text(bench: Bench, words: str) -> Verdict:
    """A text arrives as it was written, once."""
    return await bench.send(words)


async def draft(bench: Bench, *, before: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> Verdict:
    """What a human has typed is not touched; the message comes when it is gone."""
    bench.session.press(*before)
    bench.session.type(DRAFT)
    if not await bench.session.until(DRAFT, 15):
        return Verdict(Kind.NONE, "the letters are not shown")
    bench.session.press(*after)
    await bench.session.still()
    message = bench.message("it has to wait for the draft")
    delivery = await bench.submit(message)
    if delivery.outcome != "held":
        return failed(f"{delivery.outcome} beside a human's draft")
    if message.mark in bench.session.shown() or not bench.session.shows(DRAFT):
        return failed("a human's draft was touched")
    await _wipe(bench)
    delivered = await bench.deliver(message)
    bench.model.script.gate.open()
    return _waited(delivery.holds[-1], await bench.verdict(message, delivered))


async def dialog(bench: Bench, cue: Cue, asked: Dialog) -> Verdict:
    """A dialog is its human's; what came meanwhile arrives afterwards."""
    for trace in bench.session.traces():
        (bench.session.work / trace).unlink()
    opening = bench.message(f"please {cue.value} now")
    opened = await bench.submit(opening)
    if not await bench.session.until(asked.seen, 30):
        return Verdict(Kind.NONE, f"it did not ask ({opened.outcome})")
    await bench.session.still()
    message = bench.message("it has to wait for the dialog")
    delivery = await bench.submit(message)
    if delivery.outcome != "held":
        return failed(f"{delivery.outcome} while a dialog was open")
    if bench.session.traces() or not bench.session.shows(asked.seen):
        return failed("the dialog was answered")
    await bench.session.answer(*asked.accept)
    await bench.session.until(asked.seen, 20, gone=True)
    first = await bench.verdict(opening, await bench.deliver(opening))
    second = await bench.verdict(message, await bench.deliver(message))
    return _waited(delivery.holds[-1], together([first, second]))


async def panel(bench: Bench) -> Verdict:
    """A picker that the human opened is not typed into."""
    bench.session.type(bench.program.panel)
    await bench.session.until(bench.program.panel, 15)
    await bench.session.still()
    bench.session.press("Enter")
    if not await bench.session.until(bench.program.panel_seen, 20):
        await _wipe(bench)
        return Verdict(Kind.NONE, "it did not open")
    await bench.session.still()
    message = bench.message("it has to wait for the picker")
    delivery = await bench.submit(message)
    if delivery.outcome != "held":
        return failed(f"{delivery.outcome} while a picker was open")
    if not bench.session.shows(bench.program.panel_seen):
        return failed("the picker was answered")
    bench.session.press("Escape")
    await bench.session.until(bench.program.panel_seen, 10, gone=True)
    return _waited(delivery.holds[-1], await bench.verdict(message, await bench.deliver(message)))


async def prose(bench: Bench) -> Verdict:
    """An answer of the agent's that looks like a dialog stops nothing."""
    return together([await bench.send(f"please {Cue.PROSE.value} now"), await bench.send("the next one")])


async def busy(bench: Bench, count: int) -> Verdict:
    """What comes while the program works arrives in its order, each once."""
    verdicts = [await _work(bench)]
    if verdicts[0].kind is Kind.FAILED:
        return verdicts[0]
    messages = [bench.message(f"number {number} while it works") for number in range(1, count + 1)]
    left, holds, outcomes = list(messages), list[str](), {}
    try:
        while left:
            delivery = await bench.submit(left[0])
            holds.extend(delivery.holds)
            if delivery.outcome == "held":
                break  # the bridge keeps the order: nothing overtakes
            outcomes[left.pop(0).mark] = delivery
    finally:
        bench.model.script.gate.open()
    await bench.session.still(BUSY_SECONDS)
    for message in left:
        outcomes[message.mark] = await bench.deliver(message)
    verdicts += [await bench.verdict(one, outcomes[one.mark]) for one in messages]
    if not _in_order(bench, [one.text for one in messages]):
        verdicts.append(failed("received in another order"))
    worst = together(verdicts)
    return _waited(holds[-1], worst) if holds else worst


async def busy_draft(bench: Bench) -> Verdict:
    """A human's draft is his while the program works as well."""
    began = await _work(bench)
    if began.kind is Kind.FAILED:
        return began
    try:
        return await draft(bench)
    finally:
        bench.model.script.gate.open()
        await bench.session.still(BUSY_SECONDS)


async def _work(bench: Bench) -> Verdict:
    """Give the program something that lasts until the gate is opened; how the message for it arrived."""
    gate = bench.model.script.gate
    gate.close()
    opening = bench.message(f"please {Cue.LONG.value} now")
    delivery = await bench.deliver(opening)
    if await until(gate.reached.is_set, BUSY_SECONDS) and await bench.session.until(r"step \d", BUSY_SECONDS):
        return judge(delivery.outcome, bench.model.ledger.arrival(opening), holds=delivery.holds)
    gate.open()
    return failed(f"the work did not begin ({delivery.outcome})")


async def _must_wait(bench: Bench, seen: str) -> Verdict:
    message = bench.message("it has to wait")
    delivery = await bench.submit(message)
    if delivery.outcome != "held":
        return failed(f"{delivery.outcome} while the program asked something")
    if not bench.session.shows(seen):
        return failed("the question was answered")
    return Verdict(Kind.HELD, delivery.holds[-1])


async def _wipe(bench: Bench) -> None:
    """Empty the input line as a human would."""
    for _try in range(4):
        bench.session.press("C-e", *bench.program.wipe)
        if await bench.session.until(DRAFT, 3, gone=True):
            break
    bench.session.press("BSpace", *bench.program.wipe)
    await bench.session.still()


def _waited(reason: str, then: Verdict) -> Verdict:
    """A message that was held for good reason, and what came of it afterwards."""
    return Verdict(Kind.HELD, f"{reason}; then exact") if then.kind is Kind.EXACT else then


def _in_order(bench: Bench, texts: list[str]) -> bool:
    said = "\n".join(bench.model.ledger.conversations()[-1])
    places = [said.find(text) for text in texts if text in said]
    return places == sorted(places)


def _texts() -> list[Check]:
    quick = {"short", "three lines", "quoted list", "[y/N] end", "@word end", "\\ end"}
    small = {"short", "three lines", "60 lines", "quoted list"}
    return [
        Check(name, functools.partial(text, words=words), every_size=name in small, quick=name in quick)
        for name, words in TEXTS.items()
    ]


def _dialog(cue: Cue, field: str) -> Callable[[Bench], Awaitable[Verdict]]:
    async def run(bench: Bench) -> Verdict:
        return await dialog(bench, cue, getattr(bench.program, field))

    return run


def _below_an_empty_line(bench: Bench) -> Awaitable[Verdict]:
    return draft(bench, before=(bench.program.newline,))


OPENINGS: tuple[Check, ...] = (
    Check("at once", at_once, quick=True),
    Check("question at its start", first_question, lambda program: program.at_start),
)
"""Before the program is ready, each on a start of its own."""

CHECKS: tuple[Check, ...] = (
    *_texts(),
    Check("draft", draft, every_size=True, quick=True),
    Check("draft below an empty line", _below_an_empty_line, lambda program: program.newline),
    Check("draft, cursor at its start", functools.partial(draft, after=("C-a",))),
    Check(
        "permission to run", _dialog(Cue.RUN, "run"), lambda program: program.run, every_size=True, quick=True
    ),
    Check("permission to write", _dialog(Cue.WRITE, "write"), lambda program: program.write, quick=True),
    Check("question", _dialog(Cue.ASK, "ask"), lambda program: program.ask, every_size=True),
    Check("picker", panel, lambda program: program.panel),
    Check("the agent's prose", prose, every_size=True),
    Check("busy", functools.partial(busy, count=1)),
    Check("three while busy", functools.partial(busy, count=3), every_size=True, quick=True),
    Check("draft while busy", busy_draft, lambda program: program.reads_while_busy),
)
"""In the order they run."""
