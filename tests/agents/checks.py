# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program that reads goes through: texts of all shapes, a human's drafts, dialogs, pickers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from .bench import AGAIN_SECONDS, Bench, Delivery
from .model.ledger import Message
from .model.script import Cue
from .programs.base import Dialog
from .session import until
from .verdict import Kind, Verdict, failed, together

DRAFT = "half a thought"
MISTAKEN = ("draft:", "own-text:", "unseen:", "unsubmitted:")
"""Reasons for a hold that are not true while something modal is open."""


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


async def draft(
    bench: Bench, *, before: tuple[str, ...] = (), after: tuple[str, ...] = (), back: tuple[str, ...] = ()
) -> Verdict:
    """What a human has typed is not touched; the message comes when it is gone."""
    bench.session.press(*before)
    bench.session.type(DRAFT)
    if not await bench.session.until(DRAFT, 15):
        await _wipe(bench)
        return Verdict(Kind.NONE, "the letters are not shown")
    bench.session.press(*after)
    await bench.session.still()
    message = bench.message("it has to wait for the draft")
    delivery = await bench.submit(message)
    if delivery.outcome != "held":
        return failed(f"{delivery.outcome} beside a human's draft")
    if not delivery.holds[-1].startswith("draft:"):
        return failed(f"held for another reason than the draft: {delivery.holds[-1]}")
    if message.mark in bench.session.shown() or not bench.session.shows(DRAFT):
        return failed("a human's draft was touched")
    bench.session.press(*back)
    await _wipe(bench)
    delivered = await bench.deliver(message)
    bench.model.script.gate.open()
    return waited(delivery.holds[-1], await bench.verdict(message, delivered))


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
    if delivery.holds[-1].startswith(MISTAKEN):
        return failed(f"a dialog is taken for something else: {delivery.holds[-1]}")
    if bench.session.traces():
        return failed("the dialog was answered")
    if not await bench.session.until(asked.seen, 5):
        return failed("the dialog went away")
    await bench.session.answer(*asked.accept)
    await bench.session.until(asked.seen, 20, gone=True)
    first = await bench.verdict(opening, await bench.deliver(opening))
    second = await bench.verdict(message, await bench.deliver(message))
    return waited(delivery.holds[-1], together([first, second]))


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
    if delivery.holds[-1].startswith(MISTAKEN):
        return failed(f"a picker is taken for something else: {delivery.holds[-1]}")
    if not bench.session.shows(bench.program.panel_seen):
        return failed("the picker was answered")
    bench.session.press("Escape")
    await bench.session.until(bench.program.panel_seen, 10, gone=True)
    return waited(delivery.holds[-1], await bench.verdict(message, await bench.deliver(message)))


async def panels(bench: Bench) -> Verdict:
    """What else a human can open: a message waits for it, or arrives all the same where it is not modal."""
    reasons: list[str] = []
    message = bench.message("it has to wait for the panels")
    for command, *keys in bench.program.panels:
        verdict = await _beside_a_panel(bench, message, command, keys)
        if verdict.kind is Kind.FAILED:
            return verdict
        if verdict.kind is Kind.HELD:
            reasons.append(verdict.detail)
        elif verdict.kind is Kind.EXACT:
            message = bench.message("it has to wait for the panels")
        await _close(bench)
    verdict = await bench.verdict(message, await bench.deliver(message))
    return waited(f"beside {len(reasons)} of {len(bench.program.panels)} ({'; '.join(reasons)})", verdict)


async def _beside_a_panel(bench: Bench, message: Message, command: str, keys: Sequence[str]) -> Verdict:
    """Open a panel and send a message: held for it, exact where it is not modal, none where it did not open."""
    bench.session.type(command)
    await bench.session.still(5)
    await bench.session.answer("Enter", *keys)
    await bench.session.still(5)
    delivery = await bench.submit(message)
    if delivery.outcome != "held":
        verdict = await bench.verdict(message, delivery)
        return verdict if verdict.kind is Kind.EXACT else failed(f"{command}: {verdict}")
    reason = delivery.holds[-1]
    if reason.endswith(f"draft: {command}"):
        return Verdict(Kind.NONE, f"{command} is not known")
    if reason.startswith(MISTAKEN):
        return failed(f"{command} is taken for something else: {reason}")
    if message.mark in bench.session.shown():
        return failed(f"{command} was typed into")
    return Verdict(Kind.HELD, f"{command}: {reason.partition(':')[0]}")


async def _close(bench: Bench) -> None:
    """Leave whatever is open, as a human would."""
    for key in ("Escape", "Escape", "q"):
        if (await bench.session.pane.view()).reading.typable:
            return
        bench.session.press(key)
        await bench.session.still(3)
    await _wipe(bench)


async def shell_mode(bench: Bench) -> Verdict:
    """Behind a human's `!` words would run as a command: none of ours does."""
    bench.session.type("!")
    await bench.session.still()
    message = bench.message("\ntouch ran-as-a-command")
    delivery = await bench.submit(message)
    if delivery.outcome == "held":
        bench.session.press(*bench.program.leave_shell)
        await bench.session.still()
    verdict = await bench.verdict(message, await bench.deliver(message))
    if (bench.session.work / "ran-as-a-command").exists():
        return failed("a message ran as a command")
    return waited(delivery.holds[-1], verdict) if delivery.holds else verdict


async def prose(bench: Bench) -> Verdict:
    """An answer of the agent's that looks like a dialog stops nothing."""
    return together([await bench.send(f"please {Cue.PROSE.value} now"), await bench.send("the next one")])


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


def waited(reason: str, then: Verdict) -> Verdict:
    """A message that was held for good reason, and what came of it afterwards."""
    return Verdict(Kind.HELD, f"{reason}; then exact") if then.kind is Kind.EXACT else then
