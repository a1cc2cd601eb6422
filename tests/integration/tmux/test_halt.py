# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Interrupting a program in a real tmux: a key only while it is seen at work, and Ctrl-C last."""

from __future__ import annotations

from pathlib import Path

import pytest
from integration.tmux_server import TmuxServer, submitted, wait_for
from mosaic_connectors.tmux.command import Tmux
from mosaic_connectors.tmux.halt import Halt, Halted
from mosaic_connectors.tmux.pane import Outcome, Pane
from mosaic_connectors.tmux.programs import Programs

TABLE = {"marks": [r"^\* Thinking", "^─{60}$"], "busy": [r"\(escape interrupts\)$"]}


async def halted(tmux: TmuxServer, *, interrupts: bool = True) -> Halted:
    programs = Programs.build(own={"fake": {**TABLE, "interrupts": interrupts}})
    return await Halt(Pane(Tmux(tmux.socket), "orchestrator", programs)).run()


def working(tmux: TmuxServer, *options: str) -> Path:
    log = tmux.start_agent(*options)
    log.with_name(log.name + ".working").touch()
    wait_for(lambda: "Thinking" in tmux.screen(), "its work")
    return log


def keys(log: Path) -> str:
    place = log.with_name(log.name + ".keys")
    return place.read_text() if place.exists() else ""


async def test_escape_interrupts_and_the_next_message_arrives_as_written(tmux: TmuxServer) -> None:
    log = working(tmux)
    done = await halted(tmux)
    assert (done.keys, done.stopped) == (("Escape",), True)
    assert await Pane(Tmux(tmux.socket), "orchestrator").submit("go on", "t:1") is Outcome.SUBMITTED
    assert submitted(log) == ["go on"]


async def test_ctrl_c_follows_once_where_the_table_allows_it_alone(tmux: TmuxServer) -> None:
    log = working(tmux, "--deaf")
    refused = await halted(tmux, interrupts=False)
    assert (refused.keys, refused.stopped) == (("Escape",), False)
    assert "does not end it" in refused.sentence
    done = await halted(tmux)
    assert (done.keys, done.stopped) == (("Escape", "C-c"), True)
    assert keys(log).count("u0003") == 1


@pytest.mark.parametrize("stands", [".dialog", ".draft", ".busy", "nothing", "history"])
async def test_no_key_is_pressed_unless_it_is_seen_at_work_and_nothing_is_in_the_way(
    tmux: TmuxServer, stands: str
) -> None:
    log = tmux.start_agent()
    if stands == "history":
        # What a program said long ago looks the same.
        await Pane(Tmux(tmux.socket), "orchestrator").submit("* Thinking (escape interrupts)", "t:1")
        wait_for(lambda: "> * Thinking" in tmux.screen(), "the quotation")
    elif stands != "nothing":
        log.with_name(log.name + ".working").touch()
        log.with_name(log.name + stands).write_text(
            f"half a sentence with {'ghp_' + 'a1B2' * 9}" if stands == ".draft" else ""
        )
        seen = {".dialog": "proceed", ".draft": "half", ".busy": "Working on it"}[stands]
        wait_for(lambda: seen in tmux.screen(), seen)
    done = await halted(tmux)
    assert (done.keys, done.stopped) == ((), False), done.sentence
    assert "a1B2" not in done.sentence, "a secret that is cut short is none by its shape"
    assert keys(log) == ""
    assert not log.with_name(log.name + ".approved").exists()
