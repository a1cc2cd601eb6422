# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions, asked by the command and answered in words, through kills of the bridge and of who asks."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from integration.bridge.conftest import BridgeProcess
from integration.tmux_server import TmuxServer, submitted, wait_for

YES_OR_NO = ("--choice", "yes", "--choice", "no")
Asker = subprocess.Popen[str]


def ask(bridge: BridgeProcess, *words: str) -> Asker:
    """`mosaic-connector ask` as a process."""
    command = [sys.executable, "-m", "mosaic_connectors.cli.main", "ask", "--socket", bridge.socket, *words]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(asker: Asker) -> tuple[int, str]:
    """Status and standard output of one that ends by itself."""
    out, err = asker.communicate(timeout=60)
    print(err)  # noqa: T201 (pytest shows it beside a failure)
    return asker.returncode, out


def ids(bridge: BridgeProcess, about: str) -> list[str]:
    """The ids of the questions that the operator has read, with `about` in them."""
    texts = [text for text in bridge.heard() if about in text and "Answer until" in text]
    return [re.findall(r"`(?:\S+ )?(\w{5})[`:]", text)[0] for text in texts]


@pytest.mark.fault(
    "bridge and asker are killed while a question is open", "the same question, one answer, printed"
)
def test_a_question_outlives_the_bridge_and_who_asked_it(bridge: BridgeProcess, tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    bridge.start()
    first = ask(bridge, "Deploy?", *YES_OR_NO, "--key", "release")
    wait_for(lambda: ids(bridge, "Deploy?"), "the question")
    first.kill()
    first.communicate()
    second = ask(bridge, "Deploy?", *YES_OR_NO, "--key", "release")
    bridge.kill()
    bridge.start()
    (word,) = ids(bridge, "Deploy?")
    assert bridge.ask("status")["questions"] == {"open": [word]}
    bridge.say(f"no {word}", sender="@stranger:test")
    bridge.say(f"Yes {word}.", f"no {word}", f"about {word} again")
    assert ended(second) == (0, "yes\n")
    bridge.wait_heard("changes nothing")
    bridge.wait_heard(f"{word} was answered at")
    wait_for(lambda: submitted(log), "what is no answer")
    assert [text.partition("] ")[2] for text in submitted(log)] == [f"about {word} again"]
    assert len(bridge.heard()) == 3, (
        "the question, that it is answered, and that the second one changes nothing"
    )
    assert ended(ask(bridge, "Deploy?", *YES_OR_NO, "--key", "release")) == (0, "yes\n")


def test_the_command_ends_with_a_status_for_each_way_that_a_question_ends(
    bridge: BridgeProcess, tmux: TmuxServer
) -> None:
    tmux.start_agent()
    assert ended(ask(bridge, "Anybody?", *YES_OR_NO, "--patience", "0"))[0] == 69
    bridge.start()
    bridge.ask("status")
    expiring = ask(bridge, "In time?", *YES_OR_NO, "--timeout", "2s")
    assert ended(ask(bridge, "Nothing to choose?"))[0] == 65
    assert ended(ask(bridge, "How?", "--free-text", "--no-wait", "--key", "k")) == (75, "")
    assert ended(expiring) == (124, "")
    wait_for(lambda: ids(bridge, "How?"), "the question")
    (word,) = bridge.ask("status")["questions"]["open"]
    by_hand = [sys.executable, "-m", "mosaic_connectors.cli.main", "answer", "--socket", bridge.socket, word]
    assert subprocess.run([*by_hand, "--", "like this"], check=False, timeout=60).returncode == 0
    assert subprocess.run([*by_hand, "--withdraw"], check=False, timeout=60).returncode == 1
    assert ended(ask(bridge, "How?", "--free-text", "--key", "k")) == (0, "like this\n")
    withdrawn = ask(bridge, "Never mind?", *YES_OR_NO)
    wait_for(lambda: ids(bridge, "Never mind?"), "the question")
    (word,) = ids(bridge, "Never mind?")
    assert bridge.ask("answer", id=word, withdraw=True)["outcome"] == "withdrawn"
    assert ended(withdrawn) == (1, "")
