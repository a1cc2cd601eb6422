# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rule of a connector that offers the choices of a question."""

from __future__ import annotations

from ..base import Answerable
from ..question_words import asked
from ..types import AskedQuestion, OutboundMessage
from .listener import expect, expect_equal
from .rig import Rig

_ID, _CHOICES = "K7QXM", ("yes", "no")


async def asks_once_and_says_how_it_ended(rig: Rig) -> None:
    """A question is one message of one id, also from another process, names its id and choices, and says how it ended."""
    words = asked(_ID, "Deploy it?", _CHOICES, "tomorrow", free_text=False)
    question = AskedQuestion(_ID, OutboundMessage(words), _CHOICES, False)
    results = []
    for _attempt in range(2):
        async with await rig.connector() as connector:
            if not isinstance(connector, Answerable):
                return
            results.append(await connector.ask(question, "the-same-id"))
    for result in results:
        expect(result.delivered, f"a delivery, not: {result.error}")
        expect(result.message_id, "result.message_id, which the choices belong to")
    expect_equal(len({result.message_id for result in results}), 1)
    asking = [text for text in await rig.operator_sees() if "Deploy it?" in text]
    expect_equal(len(asking), 1)
    for word in (_ID, *_CHOICES):
        expect(word in asking[0], f"{word!r} in what the operator sees, for who answers in words")
    outcome = f"{_ID} was answered: yes"
    async with await rig.connector() as connector:
        if isinstance(connector, Answerable):
            for _attempt in range(2):
                ended = await connector.settle(question, results[0].message_id or "", outcome, "the-end")
                expect(ended.delivered, f"a message that says how it ended, not: {ended.error}")
    expect(
        any(outcome in text for text in await rig.operator_sees()), "the outcome in what the operator sees"
    )
