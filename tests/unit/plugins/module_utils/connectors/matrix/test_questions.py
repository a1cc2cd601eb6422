# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions on Matrix: which reaction is whose answer, and what a homeserver that refuses some of it costs."""

from __future__ import annotations

import httpx
import pytest
from fakes.homeserver import BOT, OPERATOR, PASS, FakeHomeserver, error
from fakes.matrix import Inbox, connector_on
from mosaic_connectors import InboundMessage, OutboundMessage
from mosaic_connectors.base import Answerable
from mosaic_connectors.matrix.content import QUESTION_KEY
from mosaic_connectors.question_words import asked
from mosaic_connectors.types import AskedQuestion, InboundAnswer, SendFailure

QUESTION = AskedQuestion(
    "K7QXM",
    OutboundMessage(asked("K7QXM", "Deploy?", ("yes", "no"), "noon", free_text=False)),
    ("yes", "no"),
)


@pytest.fixture
def server() -> FakeHomeserver:
    return FakeHomeserver()


def react(server: FakeHomeserver, target: str, sign: str = "✅") -> None:
    relation = {"rel_type": "m.annotation", "event_id": target, "key": sign}
    server.post("m.reaction", {"m.relates_to": relation})


def facts(message: InboundMessage) -> tuple[str, str, str | None]:
    assert isinstance(message, InboundAnswer)
    return message.question, message.choice, message.reply_to


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_reaction_to_a_question_of_ours_names_it_also_after_a_restart(
    server: FakeHomeserver, restarted: bool
) -> None:
    async with connector_on(server) as connector:
        assert isinstance(connector, Answerable)
        sent = (await connector.ask(QUESTION, "txn")).message_id
        assert sent is not None
        signs = [
            one["content"]["m.relates_to"]["key"] for one in server.stream if one["type"] == "m.reaction"
        ]
        assert signs == ["✅", "❌"]
        server.transactions = {name: one for name, one in server.transactions.items() if name == "txn"}
        repeated = await connector.ask(QUESTION, "txn", first_tried=1_700_000_000.0)
        assert (repeated.message_id, len(server.sent())) == (sent, 3), (
            "a message and two reactions, none of them twice"
        )
    forged = server.post("m.room.message", {"body": "mine", QUESTION_KEY: "K7QXM"}, sender="@other:fake.test")
    inbox = Inbox()
    async with connector_on(server, deliver_backlog=not restarted) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        before = len(inbox.messages)
        react(server, sent, "❌")
        react(server, forged)
        await inbox.holds(before + 2)
    assert [facts(one) for one in inbox.messages[-2:]] == [("K7QXM", "❌", sent), ("", "✅", forged)]
    assert inbox.messages[-1].text == f"[reaction ✅ to {forged}: mine]"


@pytest.mark.fault("a reaction is taken back, and the homeserver's poll still shows it", "it answers nothing")
async def test_a_reaction_that_no_longer_stands_when_it_is_read_is_no_answer(server: FakeHomeserver) -> None:
    """As Synapse does with a poll that was under way when the process before ended."""
    inbox = Inbox()
    async with connector_on(server) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        sent = (await connector.ask(QUESTION, "txn")).message_id
        assert sent is not None
        server.on("GET", "/event/", httpx.Response(200, json={"content": {}, "sender": OPERATOR}), error(502))
        react(server, sent)
        react(server, sent)
        await inbox.holds(2)
    assert [facts(one) for one in inbox.messages] == [("K7QXM", "", sent), ("K7QXM", "✅", sent)]


@pytest.mark.fault(
    "a homeserver takes the question and refuses the reactions below it", "its words answer it"
)
async def test_a_server_that_refuses_reactions_costs_the_question_nothing(server: FakeHomeserver) -> None:
    server.on("PUT", "/send/m.reaction/", error(400, "M_DUPLICATE_ANNOTATION"), error(403, "M_FORBIDDEN"))
    async with connector_on(server) as connector:
        result = await connector.ask(QUESTION, "txn")
    assert result.delivered
    assert server.count("PUT", "/send/m.reaction/") == 2, "the one that is there already ends nothing"


async def test_the_message_that_asked_is_edited_once_and_says_how_it_ended(server: FakeHomeserver) -> None:
    server.on("PUT", "/send/m.room.message/", PASS, error(502), PASS)
    async with connector_on(server) as connector:
        sent = (await connector.ask(QUESTION, "txn")).message_id
        assert sent is not None
        assert (await connector.settle(QUESTION, sent, "K7QXM was answered: yes", "over")).delivered
    edits = [one for one in server.stream if "m.new_content" in one["content"]]
    assert [(one["sender"], one["content"]["m.relates_to"]["event_id"]) for one in edits] == [(BOT, sent)]
    assert (
        edits[0]["content"]["m.new_content"]["body"] == "Deploy?\n\n1. yes\n2. no\n\nK7QXM was answered: yes"
    )
    assert OPERATOR not in edits[0]["content"]["body"]


@pytest.mark.parametrize("answer", [httpx.Response(200, json={"content": {}}), error(404, "M_NOT_FOUND")])
async def test_a_question_whose_message_was_deleted_is_not_edited(
    server: FakeHomeserver, answer: httpx.Response
) -> None:
    """A homeserver takes the edit, and no client shows it; one in a room that was replaced is no better."""
    async with connector_on(server) as connector:
        sent = (await connector.ask(QUESTION, "txn")).message_id
        assert sent is not None
        server.on("GET", "/event/", answer)
        result = await connector.settle(QUESTION, sent, "K7QXM was answered: yes", "over")
    assert isinstance(result, SendFailure)
    assert result.permanent, "it is told by a message of its own"
    assert not [one for one in server.stream if "m.new_content" in one["content"]]
