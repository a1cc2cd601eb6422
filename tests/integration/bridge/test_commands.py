# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands from the chat: the bridge as a process, over a scripted channel and a real tmux."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from integration.bridge.conftest import BridgeProcess
from integration.tmux_server import AGENT, TmuxServer, submitted, wait_for
from mosaic_connectors.bridge.audit_chain import announced, chain_faults, journal_faults

OLD = "2026-01-01T00:00:00Z"


def up(bridge: BridgeProcess) -> None:
    bridge.start()
    wait_for(lambda: Path(bridge.socket).exists() and bridge.ask("status")["ready"], "the bridge")


def test_commands_are_answered_while_the_pane_is_held_and_none_of_them_is_typed(
    bridge: BridgeProcess, tmux: TmuxServer
) -> None:
    log = tmux.start_agent()
    log.with_name(log.name + ".dialog").touch()
    wait_for(lambda: "proceed" in tmux.screen(), "the dialog")
    up(bridge)
    bridge.say("deploy it", "and tell me")
    bridge.wait_heard("Held:")
    assert "asking" in bridge.answer("!status")
    assert "Do you want to proceed?" in bridge.answer("!Screen")
    queue = bridge.answer("[in reply to $x: Held]\n!queue")
    assert "2 message(s) wait" in queue
    assert "deploy it" in queue
    number = next(line for line in queue.splitlines() if "and tell me" in line).split()[1]
    assert "taken back" in bridge.answer(f"!drop {number}")
    assert "Did you mean !status?" in bridge.answer("!statsu")
    assert "nothing else" in bridge.answer("!restart the database, please")
    assert "No key was pressed" in bridge.answer("!stop")
    log.with_name(log.name + ".dialog").unlink()
    bridge.command("!!help yourself")
    wait_for(lambda: len(submitted(log)) == 2, "the messages")
    assert submitted(log) == [
        "[operator @operator:test] deploy it",
        "[operator @operator:test] !help yourself",
    ]
    assert not log.with_name(log.name + ".approved").exists()


def test_a_command_acts_once_and_only_when_it_is_of_now_and_of_one_who_may(
    bridge: BridgeProcess, tmux: TmuxServer
) -> None:
    log = tmux.start_agent()
    bridge.settings["command_operators"] = {"restart": []}
    up(bridge)
    begun = tmux("list-panes", "-t", "=orchestrator:", "-F", "#{pane_pid}")
    bridge.command("!status", sender="@stranger:test")
    assert "2 minutes" in bridge.answer("!help", ts=OLD)
    assert "An edit is no command" in bridge.answer("!help", edited=True)
    assert "nobody listened" in bridge.answer("!help", caught_up=True)
    assert "clock" in bridge.answer("!help", ts="2999-01-01T00:00:00Z")
    assert "may not use" in bridge.answer("!restart")
    assert "!drop N" in bridge.answer("!help")
    heard = bridge.heard()
    bridge.kill()
    (bridge.directory / "place").unlink()  # the channel hands everything over once more
    up(bridge)
    bridge.say("the last word")
    wait_for(lambda: submitted(log), "the last word")
    assert bridge.heard() == heard
    assert submitted(log) == ["[operator @operator:test] the last word"]
    assert tmux("list-panes", "-t", "=orchestrator:", "-F", "#{pane_pid}") == begun
    entries = bridge.ask("audit", after=0, most=100)["entries"]
    assert [one["what"] for one in entries] == [
        *("command expired", "command edited", "command expired", "command expired", "command forbidden"),
        *("command", "command done", "said"),
    ]
    assert {one["sender"] for one in entries} == {"@operator:test"}
    assert chain_faults(entries) == []
    heads = announced(line.rpartition("INFO")[2] for line in bridge.log.read_text().splitlines())
    assert journal_faults(entries, heads) == []
    assert len(set(heads)) == len(entries)


def test_a_program_that_has_ended_is_started_anew_and_takes_what_waits(
    bridge: BridgeProcess, tmux: TmuxServer
) -> None:
    log = tmux.directory / "orchestrator.log"
    tmux("new-session", "-d", "-s", "keeper", "sleep", "600")
    tmux("set-option", "-g", "remain-on-exit", "on")
    tmux.start(sys.executable, str(AGENT), str(log))
    wait_for(lambda: "❯" in tmux.screen(), "the agent's prompt")
    pid = tmux("list-panes", "-t", "=orchestrator:", "-F", "#{pane_pid}").strip()
    up(bridge)
    os.kill(int(pid), signal.SIGKILL)  # not by a job of tmux' own, whose end it may miss beside the program's
    # Not by its words: now and then tmux knows that the pane is dead, and does not write it.
    dead = ("list-panes", "-t", "=orchestrator:", "-F", "#{pane_dead}")
    wait_for(lambda: tmux(*dead).strip() == "1", "its end")
    bridge.say("are you there?")
    # That the message is held is told by itself, before one of the answers or behind it.
    bridge.command("!status")
    bridge.wait_heard("session orchestrator: ended")
    bridge.command("!restart")
    bridge.wait_heard("was ended and started anew")
    wait_for(lambda: submitted(log), "the message")
    assert submitted(log) == ["[operator @operator:test] are you there?"]
    # One that the end of the bridge cuts off is done once at most, and told.
    who = ("list-panes", "-t", "=orchestrator:", "-F", "#{pane_pid}")
    second = tmux(*who)
    bridge.command("!restart")
    wait_for(lambda: tmux(*who) != second, "the third program")
    third = tmux(*who)
    bridge.kill()
    (bridge.directory / "place").unlink()
    up(bridge)
    bridge.wait_heard("What came of !restart, sent at ")
    assert tmux(*who) == third


def test_a_screen_that_asks_for_a_secret_is_not_shown_and_tokens_are_starred_out(
    bridge: BridgeProcess, tmux: TmuxServer
) -> None:
    token = "ghp_" + "a1B2" * 9
    script = f"echo 'the key is {token} ok'; read -r go; printf 'the word: '; stty -echo; read -r word; echo ' thanks'; sleep 60"
    tmux("new-session", "-d", "-s", "orchestrator", "-x", "30", "-y", "20", "sh", "-c", script)
    wait_for(lambda: "ok" in tmux.screen(), "the token")
    up(bridge)
    shown = bridge.answer("!screen")
    assert "the key is ****" in shown
    assert "a1B2" not in shown
    tmux("send-keys", "-t", "=orchestrator:", "Enter")
    wait_for(lambda: "the word" in tmux.screen(), "the question")
    time.sleep(0.2)  # stty is a process of its own, which nothing on the screen tells the end of
    assert "not shown" in bridge.answer("!screen")
    # Nor beside the reason why a message is held.
    bridge.say("go on")
    bridge.wait_heard("Held:")
    assert "```" not in bridge.heard()[-1]
    assert "a1B2" not in "".join(bridge.heard())
