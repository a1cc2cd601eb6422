# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program that works goes through."""

from __future__ import annotations

from .bench import Bench
from .checks import draft, waited
from .model.script import Cue
from .session import until
from .verdict import Kind, Verdict, failed, judge, together

BUSY_SECONDS = 30.0


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
    return waited(holds[-1], worst) if holds else worst


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
    if await until(gate.reached.is_set, BUSY_SECONDS):
        await bench.session.until(r"step \d", 5)  # not every program shows an answer before it is whole
        return judge(delivery.outcome, bench.model.ledger.arrival(opening), holds=delivery.holds)
    gate.open()
    return failed(f"the work did not begin ({delivery.outcome})")


def _in_order(bench: Bench, texts: list[str]) -> bool:
    said = "\n".join(bench.model.ledger.conversations()[-1])
    places = [said.find(text) for text in texts if text in said]
    return places == sorted(places)
