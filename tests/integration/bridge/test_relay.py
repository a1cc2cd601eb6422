# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dialog of the pane as a question, and the operator's answer as keys: into that very showing, or not at all."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path

import pytest
from integration.bridge.conftest import BridgeProcess
from integration.tmux_server import TmuxServer, wait_for
from mosaic_connectors.bridge.client import BridgeRefusedError
from mosaic_connectors.locks import try_lock

MENU = (
    "Bash command\nrm -rf build\nDo you want to proceed?\n1. Yes\n2. Yes, and don't ask again for rm\n3. No\n"
)


@pytest.fixture
def log(bridge: BridgeProcess, tmux: TmuxServer) -> Path:
    """A bridge that relays, over an agent; returns the agent's log."""
    log = tmux.start_agent()
    bridge.start()
    bridge.ask("status")
    return log


def beside(log: Path, suffix: str) -> Path:
    return log.with_name(log.name + suffix)


def asked(bridge: BridgeProcess, count: int = 1) -> str:
    """The last question's words, once there are so many."""
    wait_for(lambda: len(questions(bridge)) == count, "the question")
    return questions(bridge)[-1]


def questions(bridge: BridgeProcess) -> list[str]:
    return [text for text in bridge.heard() if "Answer until" in text]


def recorded(bridge: BridgeProcess) -> list[str]:
    """What the audit record says, in its order."""
    return [entry["what"] for entry in bridge.ask("audit", after=0, most=100)["entries"]]


def word_in(question: str) -> str:
    found = re.search(r"`Yes (\w{5})`", question)
    assert found is not None, question
    return found[1]


def test_the_answer_is_pressed_into_the_dialog_that_was_asked_about(bridge: BridgeProcess, log: Path) -> None:
    beside(log, ".menu").write_text(MENU)
    question = asked(bridge)
    assert "Bash command\nrm -rf build\nDo you want to proceed?" in question
    assert "\n1. Yes\n2. No\n" in question, "what allows more than this once is not offered"
    assert "At the terminal alone: Yes, and don't ask again for rm" in question
    with pytest.raises(BridgeRefusedError, match="at its terminal"):
        bridge.ask("answer", id=word_in(question), answer="Yes")
    bridge.say(f"no {word_in(question)}", sender="@stranger:test")
    bridge.say(f"no {word_in(question)}")
    wait_for(lambda: beside(log, ".chosen").exists(), "the choice")
    assert beside(log, ".chosen").read_text() == "3\n"
    bridge.wait_heard("was answered at")
    wait_for(lambda: "answered: taken" in bridge.log.read_text(), "the evidence")
    beside(log, ".menu").write_text(MENU)
    bridge.say(f"Yes {word_in(asked(bridge, 2))}")
    wait_for(lambda: beside(log, ".chosen").read_text() == "3\n1\n", "the second choice")


@pytest.mark.fault(
    "a dialog is answered at the terminal, and an equal one opens, while the operator answers the first",
    "nothing is pressed, and he is told",
)
def test_an_answer_to_a_showing_that_has_ended_is_never_pressed(
    bridge: BridgeProcess, log: Path, tmux: TmuxServer
) -> None:
    beside(log, ".menu").write_text(MENU)
    first = word_in(asked(bridge))
    tmux("send-keys", "-t", "=orchestrator:", "Enter")
    bridge.wait_heard("answered at the terminal")
    beside(log, ".menu").write_text(MENU)
    second = word_in(asked(bridge, 2))
    bridge.say(f"no {first}")
    bridge.wait_heard("too late")
    bridge.kill()
    bridge.start()
    third = word_in(asked(bridge, 3))
    bridge.say(f"no {second}")
    wait_for(lambda: sum("too late" in text for text in bridge.heard()) == 2, "the word on the second")
    assert beside(log, ".chosen").read_text() == "1\n", "the terminal's own Enter alone"
    bridge.say(f"no {third}")
    wait_for(lambda: beside(log, ".chosen").read_text() == "1\n3\n", "the third choice")


@pytest.mark.fault(
    "the agent's program is killed while its dialog is a question",
    "it is withdrawn, and an answer is told so",
)
def test_a_question_ends_with_the_program_whose_dialog_it_is(
    bridge: BridgeProcess, log: Path, tmux: TmuxServer
) -> None:
    """Though what it drew stands there still, as it does in the role's session."""
    tmux("set-option", "-w", "-t", "=orchestrator:", "remain-on-exit", "on")
    tmux("set-option", "-w", "-t", "=orchestrator:", "remain-on-exit-format", "")
    beside(log, ".menu").write_text(MENU)
    word = word_in(asked(bridge))
    os.kill(int(tmux("list-panes", "-t", "=orchestrator:", "-F", "#{pane_pid}")), signal.SIGKILL)
    bridge.wait_heard("its program ended")
    assert "Do you want to proceed?" in tmux.screen()
    bridge.say(f"no {word}")
    bridge.wait_heard("too late")
    assert len(questions(bridge)) == 1


@pytest.mark.fault(
    "the bridge is killed between an answer to a dialog and its key",
    "he is told, once, that it may not have been taken; what is still shown is asked anew",
)
def test_an_answer_that_was_not_pressed_is_told(bridge: BridgeProcess, log: Path, tmux: TmuxServer) -> None:
    """While another writer has the pane no key is pressed: there the bridge is killed."""
    beside(log, ".menu").write_text(MENU)
    first = word_in(asked(bridge))
    handle = os.open(tmux.directory, os.O_RDONLY | os.O_DIRECTORY)
    assert try_lock(handle)
    bridge.say(f"no {first}")
    bridge.wait_heard(f"{first} was answered at")
    bridge.kill()
    os.close(handle)
    bridge.start()
    bridge.wait_heard(f"{first}: 'No' may not have been taken: the bridge was restarted")
    second = word_in(asked(bridge, 2))
    bridge.say(f"no {second}")
    wait_for(lambda: "answer taken" in recorded(bridge), "the note of it")
    bridge.kill()
    bridge.start()
    beside(log, ".menu").write_text(MENU)
    asked(bridge, 3)
    assert sum("may not have been taken" in text for text in bridge.heard()) == 1
    assert beside(log, ".chosen").read_text() == "3\n"
    course = ["asked", "answered", "answer not taken", "asked", "answered", "answer taken", "asked"]
    assert recorded(bridge) == course


def test_a_dialog_that_finds_no_room_among_the_questions_is_told(
    bridge: BridgeProcess, tmux: TmuxServer
) -> None:
    bridge.settings["questions_limit"] = 1
    log = tmux.start_agent()
    bridge.start()
    bridge.ask("ask", text="Deploy?", choices=["Yes", "No"])
    beside(log, ".menu").write_text(MENU)
    bridge.wait_heard("at its terminal alone: Do you want to proceed? (1 questions are open")
    assert len(questions(bridge)) == 1


def test_what_is_not_all_on_the_screen_or_a_secret_is_told_and_not_offered(
    bridge: BridgeProcess, log: Path
) -> None:
    beside(log, ".menu").write_text(MENU.replace("rm -rf build", "rm -rf build …"))
    bridge.wait_heard("answered at its terminal alone: Do you want to proceed?")
    token = "ghp_" + "a1B2" * 9
    # Broken over two rows of the pane, where neither half has a token's shape.
    beside(log, ".menu").write_text(MENU.replace("rm -rf build", f"{'curl -v ':.<92}{token}"))
    wait_for(lambda: sum("at its terminal alone" in text for text in bridge.heard()) == 2, "the word on it")
    bridge.say("go on")
    bridge.wait_heard("Held:")
    assert "curl -v" in bridge.heard()[-1]
    assert not any("a1B2" in text for text in bridge.heard())
    assert questions(bridge) == []


def test_a_message_whose_own_enter_opened_the_dialog_is_not_told_to_wait_for_it(
    bridge: BridgeProcess, tmux: TmuxServer
) -> None:
    """He is asked or told by the relay; the next message does wait, and that is told."""
    tmux.start_agent("--asks")
    bridge.start()
    bridge.ask("status")
    bridge.say("make it")
    bridge.wait_heard("answered at its terminal alone")
    wait_for(lambda: "holding reason=dialog" in bridge.log.read_text(), "the pane to be held")
    for _look in range(3):
        assert "1 message(s) wait" in bridge.answer("!queue")
    bridge.say("and test it")
    bridge.wait_heard("Held:")
    assert [text.count("2 message(s) wait") for text in bridge.heard() if "Held:" in text] == [1]
