# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A question on a real Synapse: asked by the command, answered by an operator who speaks plain HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from integration.bridge.conftest import BridgeProcess
from integration.matrix.people import Account, Operator, new_pair
from integration.synapse import Synapse
from integration.tmux_server import TmuxServer, submitted, tmux_server, wait_for

QUESTION = "Deploy to production?"


class MatrixBridge(BridgeProcess):
    """`mosaic-connector run` with a roster of kind matrix."""

    def __init__(self, tmux: TmuxServer, operator: Operator, bot: Account) -> None:
        super().__init__(tmux)
        self.token = bot.access_token
        self.settings["operators"] = [operator.account.user_id]
        self.settings["roster_path"] = str(self.directory / "roster.yaml")
        block = {
            "homeserver_url": operator.server.url,
            "user_id": bot.user_id,
            "room_id": operator.room_id,
        }
        (self.directory / "roster.yaml").write_text(
            json.dumps({"connector": {"kind": "matrix", "matrix": block}})
        )

    def start(self, **environment: str) -> None:
        (self.directory / "settings.yaml").write_text(json.dumps(self.settings))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mosaic_connectors.cli.main", "run"],
                stderr=log,
                env={
                    **os.environ,
                    "MOSAIC_SETTINGS": str(self.directory / "settings.yaml"),
                    "MOSAIC_STATE_DIR": str(self.directory / "state"),
                    "MATRIX_ACCESS_TOKEN": self.token,
                    **environment,
                },
            )
        self.ask("status")

    def asker(self, key: str) -> subprocess.Popen[str]:
        """`mosaic-connector ask` as a process."""
        words = ["ask", QUESTION, "--choice", "yes", "--choice", "no", "--key", key, "--socket", self.socket]
        return subprocess.Popen(
            [sys.executable, "-m", "mosaic_connectors.cli.main", *words], stdout=subprocess.PIPE, text=True
        )


@pytest.fixture
def people(synapse: Synapse) -> tuple[Operator, Account]:
    """An operator and the bot, in a room of their own."""
    return new_pair(synapse)


@pytest.fixture
def bridge(people: tuple[Operator, Account]) -> Iterator[MatrixBridge]:
    """A bridge that is not started yet, and a tmux of its own; its log is shown when the test fails."""
    with tmux_server() as tmux:
        bridge = MatrixBridge(tmux, *people)
        yield bridge
        if bridge.process is not None and bridge.process.poll() is None:
            bridge.kill()
        print(bridge.log.read_text()[-6000:])  # noqa: T201 (pytest shows it beside a failure)


def reactions(operator: Operator, event_id: str) -> list[tuple[str, str]]:
    """Who reacted by what, as the server tells it."""
    path = f"/_matrix/client/v1/rooms/{quote(operator.room_id)}/relations/{quote(event_id)}/m.annotation?limit=50"
    found = operator.server.call("GET", path, token=operator.account.access_token)["chunk"]
    return sorted((one["sender"], one["content"]["m.relates_to"]["key"]) for one in found)


def react(operator: Operator, event_id: str, sign: str) -> str:
    relation = {"rel_type": "m.annotation", "event_id": event_id, "key": sign}
    return operator.post({"m.relates_to": relation}, "m.reaction")


def said(operator: Operator, who: str, part: str) -> list[dict[str, Any]]:
    """The bot's messages with `part` in them, edits apart."""
    return [
        event
        for event in operator.timeline()
        if event["sender"] == who and event["type"] == "m.room.message"
        if part in event["content"].get("body", "")
    ]


def asked(operator: Operator, bot: Account, count: int = 1) -> str:
    """The event that asks, once its reactions are there."""

    def questions() -> list[dict[str, Any]]:
        return [
            one
            for one in said(operator, bot.user_id, "Answer until")
            if "m.new_content" not in one["content"]
        ]

    wait_for(lambda: len(questions()) == count, "the question")
    event_id: str = questions()[-1]["event_id"]
    wait_for(lambda: len(reactions(operator, event_id)) >= 2, "the choices below it")
    return event_id


def test_a_reaction_of_the_operator_is_the_answer_and_the_question_says_so_later(
    bridge: MatrixBridge, people: tuple[Operator, Account], synapse: Synapse
) -> None:
    operator, bot = people
    log = bridge.tmux.start_agent()
    stranger = synapse.register("stranger_at_the_question")
    operator.change("invite", stranger.user_id)
    synapse.call(
        "POST", f"/_matrix/client/v3/join/{quote(operator.room_id)}", {}, token=stranger.access_token
    )
    bridge.start()
    asker = bridge.asker("one")
    event_id = asked(operator, bot)
    assert reactions(operator, event_id) == [(bot.user_id, "✅"), (bot.user_id, "❌")]
    react(Operator(synapse, stranger, operator.room_id), event_id, "❌")
    wait_for(lambda: bridge.ask("status")["dropped"] == 1, "the stranger's reaction")
    react(operator, event_id, "👍")
    wait_for(lambda: said(operator, bot.user_id, "none of the choices"), "the word on what is no choice")
    # Answered while the bridge is away: it is read from the history, by a bridge that did not see the question.
    bridge.stop()
    taken_back = react(operator, event_id, "❌")
    operator.server.call(
        "PUT",
        f"/_matrix/client/v3/rooms/{quote(operator.room_id)}/redact/{quote(taken_back)}/undone",
        {},
        token=operator.account.access_token,
    )
    yes = react(operator, event_id, "✅")
    bridge.start()
    assert (asker.communicate(timeout=60)[0], asker.returncode) == ("yes\n", 0)
    wait_for(lambda: said(operator, bot.user_id, "was answered at"), "the edit")
    (edit,) = said(operator, bot.user_id, "was answered at")
    assert edit["content"]["m.relates_to"] == {"rel_type": "m.replace", "event_id": event_id}
    shown = edit["content"]["m.new_content"]["body"]
    assert shown.startswith(f"{QUESTION}\n\n1. yes\n2. no\n\n")
    assert f"by {operator.account.user_id}: yes" in shown
    assert "Answer until" not in shown
    operator.server.call(
        "PUT",
        f"/_matrix/client/v3/rooms/{quote(operator.room_id)}/redact/{quote(yes)}/undone-too-late",
        {},
        token=operator.account.access_token,
    )
    operator.say("done")
    wait_for(lambda: submitted(log), "what is no answer")
    assert [text.partition("] ")[2] for text in submitted(log)] == ["done"]
    again = bridge.asker("one")
    assert (again.communicate(timeout=60)[0], again.returncode) == ("yes\n", 0)


def test_a_word_or_a_reply_of_the_operator_is_the_answer(
    bridge: MatrixBridge, people: tuple[Operator, Account]
) -> None:
    operator, bot = people
    log = bridge.tmux.start_agent()
    bridge.start()
    askers = [bridge.asker("word")]
    first = asked(operator, bot)
    (word,) = bridge.ask("status")["questions"]["open"]
    operator.say(f"No {word.lower()}")
    assert askers[0].communicate(timeout=60)[0] == "no\n"
    askers.append(bridge.asker("reply"))
    second = asked(operator, bot, 2)
    operator.say("yes", **{"m.relates_to": {"m.in_reply_to": {"event_id": first}}})
    wait_for(lambda: said(operator, bot.user_id, "changes nothing"), "the word on the second answer")
    operator.say("why?", **{"m.relates_to": {"m.in_reply_to": {"event_id": second}}})
    operator.say("yes", **{"m.relates_to": {"m.in_reply_to": {"event_id": second}}})
    assert askers[1].communicate(timeout=60)[0] == "yes\n"
    wait_for(lambda: submitted(log), "the question in return")
    assert [text.rpartition("\n")[2] for text in submitted(log)] == ["why?"]
