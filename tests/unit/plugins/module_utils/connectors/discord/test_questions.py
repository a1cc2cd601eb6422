# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions on Discord: buttons below the message, a press that is acknowledged, and how it ended."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.discord import FakeDiscord, until
from fakes.discord_line import connector_on, listening
from mosaic_connectors import InboundMessage, OutboundMessage
from mosaic_connectors.base import Answerable
from mosaic_connectors.question_words import asked
from mosaic_connectors.types import AskedQuestion, InboundAnswer, SendFailure

CHOICES = ("yes", "no", "later", "never", "ask me", "again")
QUESTION = AskedQuestion(
    "K7QXM", OutboundMessage(asked("K7QXM", "Deploy?", CHOICES, "noon", free_text=False)), CHOICES
)


async def test_a_press_is_the_answer_and_acknowledged_for_who_is_admitted_alone(
    fake: FakeDiscord, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    answers: list[InboundMessage] = []
    stranger = fake.world.user("stranger")
    strangers = 0

    async def handler(message: InboundMessage) -> None:
        nonlocal strangers
        if message.sender == fake.operator["id"]:
            answers.append(await message.whole())
        else:
            strangers += 1

    async with listening(fake, handler, state_dir=tmp_path) as connector:
        assert isinstance(connector, Answerable)
        sent = await connector.ask(QUESTION, "txn")
        (question,) = fake.world.messages[fake.channel_id]
        assert sent.message_id == question["id"]
        marks = [one["custom_id"] for row in question["components"] for one in row["components"]]
        assert [len(row["components"]) for row in question["components"]] == [5, 1]
        fake.press(question, marks[0], who=stranger)
        fake.press(question, "of another program")
        fake.press(question, marks[1])
        await until(lambda: len(answers) == 1 and strangers == 1)
        assert len(fake.rest.of("POST", "/interactions/")) == 1
        # The far side forgets one that is acknowledged too late: the answer counts all the same.
        late = fake.press(question, marks[5])
        fake.world.interactions.clear()
        await until(lambda: len(answers) == 2)
        # A session that is resumed is sent what it missed.
        fake.gateway.cut()
        fake.press(question, marks[2])
        await until(lambda: len(answers) == 3)
    found = [(one.question, one.number) for one in answers if isinstance(one, InboundAnswer)]
    assert found == [("K7QXM", 2), ("K7QXM", 6), ("K7QXM", 3)]
    ours = [one.getMessage() for one in caplog.records if one.name.startswith("mosaic_connectors")]
    assert any("could not be acknowledged" in one for one in ours)
    assert late["token"] not in "".join(ours)


async def test_how_it_ended_takes_the_place_of_the_buttons_also_in_a_thread(fake: FakeDiscord) -> None:
    thread = fake.world.add_channel("thread", 11, fake.channel_id)["id"]
    message = OutboundMessage(QUESTION.message.text, thread)
    asked_there = AskedQuestion(QUESTION.id, message, QUESTION.choices)
    async with connector_on(fake) as connector:
        sent = (await connector.ask(asked_there, "txn")).message_id
        assert sent is not None
        fake.fail("PATCH ", cut="after")
        assert (await connector.settle(asked_there, sent, "K7QXM was answered: yes", "over")).delivered
        (question,) = fake.world.messages[thread]
        assert question["content"].endswith("6. again\n\nK7QXM was answered: yes")
        assert question["components"] == []
        fake.world.messages[thread].clear()
        gone = await connector.settle(asked_there, sent, "K7QXM was answered: yes", "over")
        assert isinstance(gone, SendFailure)
        assert gone.permanent, "a message that was deleted is told of by one of its own"
