# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hooks of an agent's program: one permission is one question, and a turn that sent nothing has its last words sent."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from integration.bridge.conftest import BridgeProcess
from integration.tmux_server import TmuxServer, wait_for

COMMAND = "rm -rf build"
MENU = (
    f"Bash command\n{COMMAND}\nDo you want to proceed?\n1. Yes\n2. Yes, and don't ask again for rm\n3. No\n"
)
PERMISSION = {"hook_event_name": "PermissionRequest", "tool_name": "Bash", "tool_input": {"command": COMMAND}}


@pytest.fixture
def log(bridge: BridgeProcess, tmux: TmuxServer) -> Path:
    """A bridge that relays, over an agent; returns the agent's log."""
    log = tmux.start_agent()
    bridge.settings["relay_dialogs"] = True
    bridge.start()
    bridge.ask("status")
    return log


def hook(bridge: BridgeProcess, told: dict[str, Any], *options: str) -> subprocess.Popen[bytes]:
    """The command as a program's hook runs it, with what the program tells on its standard input."""
    command = [sys.executable, "-m", "mosaic_connectors.cli.main", "hook", "claude", *options]
    started = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "MOSAIC_SOCKET": bridge.socket},
    )
    assert started.stdin is not None
    started.stdin.write(json.dumps(told).encode())
    started.stdin.close()
    started.stdin = None
    return started


def run(bridge: BridgeProcess, *words: str) -> str:
    """What a command of root's says at the host."""
    command = [sys.executable, "-m", "mosaic_connectors.cli.main", *words, "--socket", bridge.socket]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return done.stdout + done.stderr


def decided(started: subprocess.Popen[bytes]) -> Any:
    """What a hook printed, once it has ended as all of them end; None for nothing."""
    printed, complaint = started.communicate(timeout=20)
    assert started.returncode == 0, complaint
    return json.loads(printed)["hookSpecificOutput"]["decision"] if printed else None


def questions(bridge: BridgeProcess) -> list[str]:
    return [text for text in bridge.heard() if "Answer until" in text]


def asked(bridge: BridgeProcess, count: int = 1) -> str:
    """The id of the last question, once there are so many."""
    wait_for(lambda: len(questions(bridge)) == count, "the question")
    found = re.search(r"`yes (\w{5})`", questions(bridge)[-1])
    assert found is not None, questions(bridge)
    return found[1]


def delivered(bridge: BridgeProcess, message: str) -> None:
    wait_for(lambda: f"delivered message_id={message} " in bridge.log.read_text(), f"{message} in the pane")


def open_menu(log: Path) -> None:
    log.with_name(log.name + ".menu").write_text(MENU)


def chosen(log: Path) -> str:
    place = log.with_name(log.name + ".chosen")
    return place.read_text() if place.exists() else ""


def test_the_operators_answer_is_the_decision_and_the_pane_asks_nothing_meanwhile(
    bridge: BridgeProcess, log: Path, tmux: TmuxServer
) -> None:
    open_menu(log)  # as Claude Code does, which shows its dialog while the hook runs
    waiting = hook(bridge, PERMISSION)
    word = asked(bridge)
    assert questions(bridge)[0].startswith(
        f"Claude Code asks for permission to use Bash:\n```\n{COMMAND}\n```"
    )
    wait_for(
        lambda: [one["question"] for one in bridge.ask("status")["hooks"]] == [word], "the hook in status"
    )
    bridge.say(f"yes {word}")
    assert decided(waiting) == {"behavior": "allow"}
    tmux("send-keys", "-t", "=orchestrator:", "Enter")  # the program takes its dialog away
    refused = hook(bridge, PERMISSION)
    bridge.say(f"no {asked(bridge, 2)}")
    assert decided(refused) == {"behavior": "deny", "message": "@operator:test answered no."}
    assert bridge.ask("status")["hooks"] == []


def test_who_is_at_the_host_sees_that_a_hook_waits_and_answers_it(bridge: BridgeProcess, log: Path) -> None:
    del log
    waiting = hook(bridge, PERMISSION)
    word = asked(bridge)
    wait_for(lambda: bridge.ask("status")["hooks"], "the hook in status")
    said = [run(bridge, *words) for words in (("status",), ("answer", word, "no"), ("answer", word, "yes"))]
    assert re.search(
        rf"claude has waited \d+ s for the answer to {word}: mosaic-connector answer {word} yes", said[0]
    )
    assert f"{word} is answered." in said[1]
    assert decided(waiting) == {"behavior": "deny", "message": "Root at the host answered no."}
    assert "changes nothing" in said[2]


def test_the_same_question_goes_on_in_the_pane_when_the_hook_gives_up(
    bridge: BridgeProcess, log: Path
) -> None:
    assert decided(hook(bridge, PERMISSION, "--wait", "1")) is None
    word = asked(bridge)
    open_menu(log)
    wait_for(lambda: f"question={word} goes on" in bridge.log.read_text(), "the dialog")
    bridge.say(f"no {word}")
    wait_for(lambda: chosen(log) == "3\n", "the choice")
    assert len(questions(bridge)) == 1


@pytest.mark.fault(
    "a hook is killed while it asks, and a dialog about something else opens, or none",
    "its question is withdrawn, and nothing is pressed for it",
)
def test_a_hooks_question_is_never_the_answer_to_another_dialog(bridge: BridgeProcess, log: Path) -> None:
    other = {**PERMISSION, "tool_input": {"command": "make deploy"}}
    killed = hook(bridge, other)
    word = asked(bridge)
    killed.kill()
    killed.communicate()
    open_menu(log)
    wait_for(lambda: len(questions(bridge)) == 2, "the dialog's own question")
    bridge.wait_heard(f"{word} was withdrawn")
    bridge.say(f"yes {word}")
    bridge.wait_heard("too late")
    assert chosen(log) == ""


def test_a_restart_of_the_bridge_loses_no_answer(bridge: BridgeProcess, log: Path) -> None:
    del log
    waiting = hook(bridge, PERMISSION)
    word = asked(bridge)
    bridge.kill()
    bridge.start()
    wait_for(lambda: bridge.ask("status")["hooks"], "the hook that came back")
    bridge.say(f"yes {word}")
    assert decided(waiting) == {"behavior": "allow"}
    assert len(questions(bridge)) == 1


def test_what_cannot_be_asked_is_left_to_the_program(bridge: BridgeProcess, log: Path) -> None:
    del log
    token = {"command": "curl -H 'Authorization: Bearer ghp_" + "a" * 36 + "' x"}
    for told in (
        {**PERMISSION, "tool_input": token},
        {**PERMISSION, "tool_input": {"command": "x" * 9000}},
        {**PERMISSION, "tool_name": "AskUserQuestion"},
        {"hook_event_name": "PreToolUse", "tool_name": "Bash"},
        {"unknown": [1, 2]},
    ):
        assert decided(hook(bridge, told)) is None
    bridge.kill()
    assert decided(hook(bridge, PERMISSION)) is None, "without a bridge"
    assert questions(bridge) == []


def test_the_last_words_of_a_silent_turn_are_sent_once(bridge: BridgeProcess, log: Path) -> None:
    del log
    ended = {"hook_event_name": "Stop", "last_assistant_message": "The build is green."}
    decided(hook(bridge, ended))
    bridge.say("how is the build?", thread="$t")
    delivered(bridge, "$1")
    decided(hook(bridge, ended))
    bridge.wait_heard("The build is green.")
    decided(hook(bridge, ended))
    bridge.say("and now?")
    delivered(bridge, "$2")
    bridge.ask("send", text="Still green.")
    decided(hook(bridge, ended))
    bridge.ask("send", text="the end")
    bridge.wait_heard("the end")
    said = [text for text in bridge.heard() if "The build is green." in text]
    assert said == [
        "(The orchestrator ended its turn and sent nothing. Its last words:)\n\nThe build is green."
    ]


def test_that_a_program_waits_is_told_once_for_each_message_and_not_where_it_is_known(
    bridge: BridgeProcess, log: Path
) -> None:
    del log
    words = {
        "idle_prompt": "It waits for your input",
        "permission_prompt": "It needs permission",
        "elicitation_dialog": "It asks",
    }

    def tell() -> None:
        for kind, message in words.items():
            told = {"hook_event_name": "Notification", "notification_type": kind, "message": message}
            decided(hook(bridge, told))

    tell()  # of a turn that nobody began
    for number in (1, 2):
        bridge.say("go on")
        delivered(bridge, f"${number}")
        tell()
        tell()
    decided(hook(bridge, {"hook_event_name": "Stop", "last_assistant_message": "Done."}))
    bridge.wait_heard("Done.")
    tell()  # of a turn that has ended
    bridge.ask("send", text="the end")
    bridge.wait_heard("the end")
    waits = [text for text in bridge.heard() if "It " in text]
    assert waits == ["Claude Code: It waits for your input"] * 2
