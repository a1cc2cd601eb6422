# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions on Telegram: buttons below the message, a press that is acknowledged, and how it ended."""

from __future__ import annotations

from pathlib import Path

from fakes.discord import until
from fakes.telegram import FakeTelegram
from fakes.telegram_line import connector_on, listening
from mosaic_connectors import InboundMessage, OutboundMessage
from mosaic_connectors.base import Answerable
from mosaic_connectors.question_words import asked
from mosaic_connectors.types import AskedQuestion, InboundAnswer, SendFailure

QUESTION = AskedQuestion(
    "K7QXM",
    OutboundMessage(asked("K7QXM", "Deploy?", ("yes", "no"), "noon", free_text=False)),
    ("yes", "no"),
)


async def test_a_press_is_the_answer_and_acknowledged_for_who_is_admitted_alone(
    fake: FakeTelegram, tmp_path: Path
) -> None:
    answers: list[InboundMessage] = []
    strangers = 0

    async def handler(message: InboundMessage) -> None:
        nonlocal strangers
        if message.sender == str(fake.world.operator):
            answers.append(await message.whole())
        else:
            strangers += 1

    async with listening(fake, handler, state_dir=tmp_path) as connector:
        assert isinstance(connector, Answerable)
        sent = await connector.ask(QUESTION, "txn")
        (question,) = fake.world.messages
        assert sent.message_id == str(question["message_id"])
        marks = [row[0]["callback_data"] for row in question["reply_markup"]["inline_keyboard"]]
        fake.press(question, marks[0], sender=7)
        fake.press(question, "of another program")
        fake.press(question, marks[1])
        await until(lambda: len(answers) == 1 and strangers == 1)
        assert len(fake.of("answerCallbackQuery")) == 1
        assert isinstance(answers[0], InboundAnswer)
        assert (answers[0].question, answers[0].number) == ("K7QXM", 2)
        # The far side forgets one that comes too late: the answer counts all the same.
        fake.fail(
            "answerCallbackQuery", 400, {"ok": False, "error_code": 400, "description": "query is too old"}
        )
        fake.press(question, marks[0])
        await until(lambda: len(answers) == 2)
    assert answers[0].message_id != answers[1].message_id


async def test_how_it_ended_takes_the_place_of_the_buttons_and_is_said_once(fake: FakeTelegram) -> None:
    async with connector_on(fake) as connector:
        sent = (await connector.ask(QUESTION, "txn")).message_id
        assert sent is not None
        fake.fail("editMessageText", cut="after")
        assert (await connector.settle(QUESTION, sent, "K7QXM was answered: yes", "over")).delivered
        (question,) = fake.world.messages
        assert question["text"] == "Deploy?\n\n1. yes\n2. no\n\nK7QXM was answered: yes"
        assert "reply_markup" not in question
        fake.world.messages.clear()
        gone = await connector.settle(QUESTION, sent, "K7QXM was answered: yes", "over")
        assert isinstance(gone, SendFailure)
        assert gone.permanent, "a message that was deleted is told of by one of its own"
