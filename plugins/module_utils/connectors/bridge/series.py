# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every series that the bridge shows to Prometheus: its name, what it says, and the values of its label."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Series:
    """One series; a label has the few values that are known, so that all of them stand there from the first scrape."""

    words: str
    label: str | None = None
    values: tuple[str, ...] = ()


COUNTERS: dict[str, Series] = {
    "accepted": Series("Messages of the orchestrator that were stored."),
    "answers": Series(
        "Answers to questions, by what came of them.",
        "outcome",
        ("answered", "known", "late", "again", "unknown", "no-choice", "edited", "taken-back"),
    ),
    "commands": Series(
        "Commands from the chat, by what came of them.",
        "outcome",
        ("done", "failed", "forbidden", "expired", "edited", "unfit", "unknown", "passed"),
    ),
    "dead_letters": Series("Messages that were given up after so many refusals."),
    "delivered": Series(
        "Messages that were typed into the pane, by the evidence there is.",
        "outcome",
        ("submitted", "unverified"),
    ),
    "dialogs_answered": Series(
        "Answers to dialogs of the pane, by whether the dialog took them.", "taken", ("yes", "no")
    ),
    "escalations": Series(
        "Runs of `escalation_command`, by what came of them; `away` was not run, and is tried again.",
        "outcome",
        ("done", "failed", "away"),
    ),
    "dropped": Series("Messages of somebody who is no operator."),
    "given_up": Series("Messages of operators that could not be had from the channel."),
    "questions_asked": Series("Questions that were put to the operators."),
    "receipts": Series("Receipts on the operators' messages.", "outcome", ("given", "failed")),
    "received": Series("Messages of operators that were stored."),
    "refused": Series("Messages of operators that were too large."),
    "repeated": Series(
        "Messages that were typed again, marked as repeated, since a program ended in the middle."
    ),
    "send_failures": Series("Tries that the channel refused, and that are made again."),
    "send_obstructions": Series("Tries that met a place where nobody may speak now."),
    "send_outages": Series("Tries that met no channel."),
    "sent": Series("Messages that the channel took."),
    "strays": Series(
        "Tries of operators to talk in another place, by what was done.", "outcome", ("told", "again")
    ),
    "unexpected": Series(
        "Faults that nobody foresaw, by the loop; the journal says where.",
        "loop",
        ("deliver", "dispatch", "questions", "relay", "commands", "unanswered", "escalation", "status"),
    ),
    "status_messages": Series(
        "Tries to show or edit the message about long work.", "outcome", ("given", "failed")
    ),
    "reminders": Series("Sentences that messages of operators wait for an answer."),
    "transcriptions": Series(
        "Recordings that `transcribe_command` was to put words to, by what came of it; `away` was not run.",
        "outcome",
        ("done", "failed", "away"),
    ),
}
"""Counted since the bridge was started; the name has `_total` behind it."""

GAUGES: dict[str, Series] = {
    "up": Series("1 when the channel answers and takes the credentials."),
    "ready": Series("1 once the bridge was up for the first time."),
    "obstructed": Series("1 when the channel is up and the place can not be spoken in."),
    "last_contact_timestamp_seconds": Series("When the channel was last found up; 0 when it never was."),
    "start_timestamp_seconds": Series("When the bridge was started."),
    "inbox_waiting": Series("Messages of operators that wait for the pane."),
    "inbox_oldest_timestamp_seconds": Series("When the oldest of them came; 0 when none waits."),
    "inbox_held": Series("1 when they are held: for a dialog, a draft, a missing session, or the disk."),
    "inbox_held_since_timestamp_seconds": Series("Since when; 0 when they are not held."),
    "unanswered": Series("Messages that the agent took and that nothing was sent since."),
    "unanswered_oldest_timestamp_seconds": Series("When the oldest of them was taken; 0 when there is none."),
    "outbox_waiting": Series("Messages of the orchestrator that wait for the channel."),
    "outbox_oldest_timestamp_seconds": Series("When the oldest of them was stored; 0 when none waits."),
    "outbox_dead": Series("Dead letters, which wait for `retry` or `drop`."),
    "questions_open": Series("Questions that wait for an operator."),
    "questions_oldest_timestamp_seconds": Series("When the oldest of them was asked; 0 when none is open."),
}
"""As they are at the scrape; times are in seconds since 1970."""
