# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The acceptance run believes the model's ledger alone."""

from __future__ import annotations

from agents.model.ledger import Ledger, Message
from agents.model.script import Asked
from agents.verdict import Kind, Verdict, judge, together

HELLO = Message("[ann #1]", "[ann #1] hello")
WORLD = Message("[ann #2]", "[ann #2] world\tand é")


def asked(*texts: str, tools: tuple[str, ...] = ("run",)) -> Asked:
    return Asked(texts=texts, last=texts[-1:], tools=tools, after_tool=False, streams=True, model="m")


def ledger(*requests: Asked) -> Ledger:
    one = Ledger()
    one.expect(HELLO)
    one.expect(WORLD)
    for request in requests:
        one.note(request)
    return one


def test_a_text_that_every_later_request_repeats_arrived_once() -> None:
    arrival = ledger(asked(HELLO.text), asked(HELLO.text, WORLD.text)).arrival(HELLO)
    assert judge("submitted", arrival) == Verdict(Kind.EXACT)


def test_twice_in_one_conversation_is_doubled() -> None:
    arrival = ledger(asked(HELLO.text, HELLO.text)).arrival(HELLO)
    assert judge("submitted", arrival).kind is Kind.FAILED


def test_submitted_and_not_received_is_the_worst_there_is() -> None:
    assert judge("submitted", ledger(asked("something else")).arrival(HELLO)).kind is Kind.FAILED
    assert judge("unverified", ledger().arrival(HELLO)).kind is Kind.UNVERIFIED


def test_a_request_for_a_title_is_no_arrival_unless_the_program_has_no_tools() -> None:
    """OpenCode asks for one as soon as it has a first message, and for an answer perhaps never."""
    assert not ledger(asked(HELLO.text, tools=())).arrival(HELLO).exact
    toolless = Ledger(toolless=True)
    toolless.note(asked(HELLO.text, tools=()))
    assert toolless.arrival(HELLO).once


def test_a_text_behind_a_humans_draft_is_altered() -> None:
    arrival = ledger(asked(f"half a thought{HELLO.text}")).arrival(HELLO)
    assert "altered" in judge("submitted", arrival).detail


def test_a_hold_where_nothing_was_open_is_a_fault() -> None:
    assert judge("held", ledger().arrival(HELLO), holds=["draft: x"]).kind is Kind.FAILED


def test_what_programs_rewrite_counts_as_exact() -> None:
    """Four blanks for a tab, composed letters, and the blank that keeps a completion away."""
    assert ledger(asked("[ann #2] world    and e\u0301 ")).arrival(WORLD).once


def test_two_whole_messages_in_one_are_exact_and_told() -> None:
    both = ledger(asked(f"{HELLO.text}\n\n{WORLD.text}"))
    verdicts = [judge("submitted", both.arrival(one)) for one in (HELLO, WORLD)]
    assert [one.kind for one in verdicts] == [Kind.EXACT, Kind.EXACT]
    assert "in one" in together(verdicts).detail
    cut = ledger(asked(f"{HELLO.text}\n\n{WORLD.text} and more"))
    assert judge("submitted", cut.arrival(HELLO)).kind is Kind.FAILED


def test_a_request_for_a_title_is_no_conversation() -> None:
    arrival = ledger(asked(f"A title for: {HELLO.text}", tools=()), asked(HELLO.text)).arrival(HELLO)
    assert arrival.once


def test_the_worst_of_several_counts() -> None:
    verdicts = [Verdict(Kind.EXACT), Verdict(Kind.FAILED, "x"), Verdict(Kind.UNVERIFIED), Verdict(Kind.NONE)]
    assert together(verdicts).detail == "x"
