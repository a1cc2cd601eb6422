# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions on Slack: buttons below the text, a press that is acknowledged when it is taken, and how it ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from fakes.slack import FakeSlack, until
from fakes.slack_line import connector_on, listening
from mosaic_connectors import InboundMessage, OutboundMessage
from mosaic_connectors.base import Answerable
from mosaic_connectors.question_words import asked
from mosaic_connectors.types import AskedQuestion, InboundAnswer, SendFailure

QUESTION = AskedQuestion(
    "K7QXM",
    OutboundMessage(asked("K7QXM", "Deploy? " + "Please. " * 400, ("yes", "no"), "noon", free_text=False)),
    ("yes", "no"),
)


@pytest.fixture
async def fake() -> AsyncIterator[FakeSlack]:
    async with FakeSlack() as server:
        yield server


async def test_a_press_is_the_answer_and_acknowledged_once_it_is_taken(
    fake: FakeSlack, tmp_path: Path
) -> None:
    answers: list[InboundMessage] = []

    async def handler(message: InboundMessage) -> None:
        if message.sender == "U0OPERATOR1":
            assert press not in fake.sockets.acknowledged
            answers.append(await message.whole())

    async with listening(fake, handler, state_dir=tmp_path) as connector:
        assert isinstance(connector, Answerable)
        sent = await connector.ask(QUESTION, "txn")
        (question,) = fake.written()
        assert sent.message_id == question["ts"]
        assert [one["type"] for one in question["blocks"]] == ["section", "section", "actions"]
        marks = [one["value"] for one in question["blocks"][-1]["elements"]]
        stranger = fake.press(question, marks[0], user="U0STRANGER1")
        other = fake.press(question, "of another program")
        press = fake.press(question, marks[1])
        await until(lambda: {stranger, other, press} <= set(fake.sockets.acknowledged))
    assert [type(one) for one in answers] == [InboundAnswer]
    assert isinstance(answers[0], InboundAnswer)
    assert (answers[0].question, answers[0].number) == ("K7QXM", 2)


async def test_how_it_ended_takes_the_place_of_the_buttons(fake: FakeSlack) -> None:
    async with connector_on(fake) as connector:
        sent = (await connector.ask(QUESTION, "txn")).message_id
        assert sent is not None
        fake.fail("chat.update", cut="after")
        assert (await connector.settle(QUESTION, sent, "K7QXM was answered: yes", "over")).delivered
        (question,) = fake.written()
        assert question["text"].endswith("2. no\n\nK7QXM was answered: yes")
        assert question["blocks"] == []
        fake.world.messages.clear()
        gone = await connector.settle(QUESTION, sent, "K7QXM was answered: yes", "over")
        assert isinstance(gone, SendFailure)
        assert gone.permanent, "a message that was deleted is told of by one of its own"
