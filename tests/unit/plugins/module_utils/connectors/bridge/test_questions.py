# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions and their answers, over the real store: exactly one counts, and everybody else is told."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from mosaic_connectors.bridge.answering import Answering, Verdict
from mosaic_connectors.bridge.inbox import Inbox
from mosaic_connectors.bridge.outbox import Outbox
from mosaic_connectors.bridge.questions import Questions, StoredQuestion, Wanted
from mosaic_connectors.errors import ConfigError, QueueFullError
from mosaic_connectors.store.database import FILE_NAME, Database
from mosaic_connectors.types import InboundAnswer, InboundMessage

DEPLOY = Wanted("Deploy?", ("yes", "no"), False, None, 3600.0)
NAME = Wanted("Which name?", (), True, "$t", 3600.0)


class Desk:
    """The parts of a bridge that questions need, over one file, with clocks that the test sets."""

    numbers = itertools.count()

    def __init__(self, place: Path | None = None, *, limit: int = 10) -> None:
        self.wall = 1_700_000_000.0
        self.steady = 100.0
        self.database = Database(place)
        self.inbox = Inbox(self.database, 10)
        self.outbox = Outbox(self.database, 50)
        self.questions = Questions(
            self.database, self.outbox, limit, wall=lambda: self.wall, steady=lambda: self.steady
        )
        self.answering = Answering(self.database, self.questions, self.inbox, self.outbox)

    def ask(self, wanted: Wanted = DEPLOY, key: str | None = None) -> StoredQuestion:
        return self.questions.ask("k", wanted, "uid=1", key or f"key-{next(self.numbers)}")

    def say(self, text: str, sender: str = "@op", event: str | None = None, **more: Any) -> Verdict | None:
        message = InboundMessage(
            text, sender, "2026-01-01T00:00:00Z", message_id=event or f"${next(self.numbers)}", **more
        )
        return self.answering.take("k", message)

    def touch(self, question: StoredQuestion, choice: str, event: str, sender: str = "@op") -> Verdict | None:
        message = InboundAnswer(
            f"[reaction {choice}]",
            sender,
            "2026-01-01T00:00:00Z",
            message_id=event,
            question=question.id,
            choice=choice,
        )
        return self.answering.take("k", message)

    def state(self, question: StoredQuestion) -> tuple[str, str | None]:
        found = self.questions.get(question.id)
        assert found is not None
        return found.state, found.answer

    def told(self) -> list[str]:
        rows = self.database.rows("SELECT text FROM outbox WHERE origin = 'bridge' ORDER BY id")
        return [row[0] for row in rows]

    def outcomes(self) -> list[str]:
        return [row[0] for row in self.database.rows("SELECT outcome FROM inbox ORDER BY id")]


def outcome(verdict: Verdict | None) -> str | None:
    return verdict.outcome if verdict else None


def test_the_first_answer_counts_and_the_second_is_told_so() -> None:
    desk = Desk()
    asked = desk.ask()
    assert outcome(desk.say(f"Yes {asked.id.lower()}")) == "answered"
    assert outcome(desk.say(f"no {asked.id}", "@other")) == "again"
    assert desk.state(asked) == ("answered", "yes")
    (told,) = desk.told()
    assert "changes nothing" in told
    assert "by @op: yes" in told
    assert desk.inbox.next() is None, "none of them is for the pane"


@pytest.mark.fault("the bridge is killed between an answer and its note", "the answer counts once")
def test_an_answer_that_comes_again_after_a_restart_is_known(tmp_path: Path) -> None:
    place = tmp_path / FILE_NAME
    desk = Desk(place)
    asked = desk.ask()
    assert outcome(desk.say(f"yes {asked.id}", event="$1")) == "answered"
    again = Desk(place)
    assert outcome(again.say(f"yes {asked.id}", event="$1")) == "known"
    assert again.told() == []
    assert again.outcomes() == ["answer: answered"]


def test_what_names_a_question_and_is_no_answer_goes_to_the_pane() -> None:
    desk = Desk()
    asked = desk.ask()
    assert desk.say(f"what about {asked.id}") is None
    assert desk.say(f"look at {asked.id} first") is None
    assert desk.say("reboot A4KEY") is None, "nobody asked anything that is answered so"
    assert desk.say("A4KEY: value") is None
    assert desk.say("yes") is None
    assert (desk.state(asked), desk.outcomes()) == (("open", None), [])


def test_what_is_no_choice_and_what_names_no_question_is_told_so() -> None:
    desk = Desk()
    asked = desk.ask()
    assert outcome(desk.say(f"perhaps {asked.id}")) == "no-choice"
    assert outcome(desk.say(f"{asked.id}: let me think")) == "no-choice"
    assert outcome(desk.say("yes A4KEY")) == "unknown"
    assert desk.state(asked) == ("open", None)
    assert f"`yes {asked.id}`" in desk.told()[0]
    assert f"open are: {asked.id}" in desk.told()[-1]


def test_an_answer_that_was_edited_before_it_was_read_counts_for_nothing() -> None:
    desk = Desk()
    asked = desk.ask()
    desk.questions.sent_as(asked.txn, "k", "$asked")
    assert outcome(desk.say(f"yes {asked.id}", edited=True)) == "edited"
    assert outcome(desk.say("yes", reply_to="$asked", edited=True)) == "edited"
    assert desk.state(asked) == ("open", None)
    assert "write it anew" in desk.told()[0]


def test_own_words_are_taken_where_they_are_wanted_and_only_behind_the_id() -> None:
    desk = Desk()
    asked = desk.ask(NAME)
    assert desk.say("Aurora, I would say") is None
    assert outcome(desk.say("A4KEY: Aurora")) == "unknown", "a slip in the id"
    assert outcome(desk.say(f"{asked.id}: Aurora,\nof course")) == "answered"
    assert desk.state(asked) == ("answered", "Aurora,\nof course")


def test_a_reply_to_the_questions_message_names_it_as_the_id_does() -> None:
    desk = Desk()
    asked, other = desk.ask(), desk.ask()
    desk.questions.sent_as(asked.txn, "k", "$asked")
    desk.questions.sent_as(other.txn, "former", "$other")
    assert desk.say("[in reply to $asked: Deploy?]\nwhy now?", reply_to="$asked") is None
    assert desk.say("yes", reply_to="$other") is None, "an id of another channel"
    assert outcome(desk.say("[in reply to $asked: Deploy?]\nno", reply_to="$asked")) == "answered"
    assert (desk.state(asked), desk.state(other)) == (("answered", "no"), ("open", None))


@pytest.mark.fault(
    "the clock is set back and forth while a question is open", "it ends once, and is never open again"
)
def test_what_has_expired_is_never_open_again_whatever_the_clock_does() -> None:
    desk = Desk()
    asked, other = desk.ask(), desk.ask()
    desk.wall += 3601
    assert outcome(desk.say(f"yes {asked.id}")) == "late"
    assert "too late" in desk.told()[0]
    desk.wall -= 7200
    assert outcome(desk.say(f"yes {asked.id}")) == "late"
    assert desk.state(asked) == ("expired", None)
    assert desk.questions.expire() == [], "the other has its time"
    desk.steady += 3601
    assert desk.questions.expire() == [other.id], "which passes though the clock was set back"


def test_a_clock_that_was_wrong_before_a_restart_buys_no_more_than_the_time_that_was_given(
    tmp_path: Path,
) -> None:
    asked = Desk(tmp_path / FILE_NAME).ask()
    later = Desk(tmp_path / FILE_NAME)
    later.wall -= 86400
    assert later.questions.left_of(asked) == 3600


def test_the_same_key_is_the_same_question_and_another_one_under_it_is_refused(tmp_path: Path) -> None:
    place = tmp_path / FILE_NAME
    asked = Desk(place).ask(key="release-1")
    again = Desk(place)
    assert again.ask(key="release-1").id == asked.id
    assert again.outbox.counts() == {"waiting": 1}
    with pytest.raises(ConfigError, match=asked.id):
        again.ask(NAME, key="release-1")
    again.say(f"yes {asked.id}")
    again.questions.tell(again.questions.ended()[0])
    assert again.ask(key="release-1").answer == "yes", "also once its words are forgotten"


def test_more_questions_than_may_be_open_are_refused_and_nothing_is_stored() -> None:
    desk = Desk(limit=1)
    desk.ask()
    with pytest.raises(QueueFullError, match="questions_limit"):
        desk.ask()
    assert desk.outbox.counts() == {"waiting": 1}


def test_a_thousand_touches_count_once_and_are_told_once() -> None:
    desk = Desk()
    asked = desk.ask()
    found = [outcome(desk.touch(asked, sign, f"$r{number}")) for number, sign in enumerate(["👍"] * 30)]
    assert set(found) == {"no-choice"}
    assert outcome(desk.touch(asked, "", "$taken-back")) == "taken-back"
    assert outcome(desk.touch(asked, "yes", "$y")) == "answered"
    assert {outcome(desk.touch(asked, "no", f"$n{number}")) for number in range(30)} == {"again"}
    assert len(desk.told()) == 2
    assert desk.state(asked) == ("answered", "yes")


def test_a_full_outbox_keeps_no_answer_from_counting() -> None:
    desk = Desk()
    asked = desk.ask()
    desk.outbox.limit = 1
    assert outcome(desk.say(f"perhaps {asked.id}")) == "no-choice"
    assert outcome(desk.say(f"yes {asked.id}")) == "answered"
    assert desk.told() == []
