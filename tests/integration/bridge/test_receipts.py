# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receipts of a bridge as a process: what it shows on the operator's messages is what became of them."""

from __future__ import annotations

import contextlib
import json
import sqlite3

from integration.bridge.conftest import BridgeProcess
from integration.tmux_server import TmuxServer, submitted, wait_for
from mosaic_connectors.store.database import FILE_NAME

FAKE = {"fake": {"marks": [r"^\* Thinking", "^─{60}$"], "busy": [r"\(escape interrupts\)$"]}}


def given(bridge: BridgeProcess, what: str) -> list[list[object]]:
    place = bridge.directory / "receipts.jsonl"
    lines = place.read_text().splitlines() if place.exists() else []
    return [entry[1:] for entry in map(json.loads, lines) if entry[0] == what]


def test_what_waits_is_marked_as_stored_and_what_was_taken_as_that(
    bridge: BridgeProcess, tmux: TmuxServer
) -> None:
    log = tmux.start_agent()
    dialog = log.with_name(log.name + ".dialog")
    dialog.touch()
    bridge.settings["programs"] = FAKE
    bridge.start()
    bridge.say("first", "second", thread="$t")
    wait_for(lambda: len(given(bridge, "mark")) == 2, "two marks")
    assert given(bridge, "mark") == [["$1", "stored"], ["$2", "stored"]]
    assert given(bridge, "read")[-1] == ["$2"]
    queue = bridge.answer("!queue")
    number = next(line for line in queue.splitlines() if "second" in line).split()[1]
    bridge.answer(f"!drop {number}")
    wait_for(lambda: len(given(bridge, "mark")) == 3, "a third mark")
    assert given(bridge, "typing") == []
    log.with_name(log.name + ".working").touch()
    dialog.unlink()
    wait_for(lambda: given(bridge, "typing"), "the typing notice")
    log.with_name(log.name + ".working").unlink()
    wait_for(lambda: given(bridge, "typing")[-1] == ["$t", 0.0], "its end")
    assert given(bridge, "mark")[2:] == [["$2", "lost"], ["$1", "taken"]]
    assert submitted(log) == ["[operator @operator:test thread=$t] first"]


def test_long_work_is_told_by_one_message_that_is_edited_also_over_a_restart(
    bridge: BridgeProcess, tmux: TmuxServer
) -> None:
    """The first run's message says that it is over, in the second; nothing of it counts as an answer."""
    log = tmux.start_agent()
    working = log.with_name(log.name + ".working")
    working.touch()
    bridge.settings |= {"programs": FAKE, "status_message_after": 1.0}
    bridge.start()
    bridge.say("build it", thread="$t")
    told = "The orchestrator's program is at work since "
    wait_for(lambda: [one for one in bridge.heard() if told in one], "the message")
    bridge.kill()
    bridge.start()
    working.unlink()
    ended = "was at work from"
    wait_for(lambda: [one for one in given(bridge, "edit") if ended in str(one[2])], "its end", 40)
    assert len([one for one in bridge.heard() if told in one]) == 1
    assert {str(thread) for _message, thread, _text in given(bridge, "edit")} == {"$t"}
    with contextlib.closing(sqlite3.connect(bridge.directory / "state" / FILE_NAME)) as database:
        assert database.execute("SELECT count(*) FROM inbox WHERE awaiting IS NOT NULL").fetchone() == (1,)
