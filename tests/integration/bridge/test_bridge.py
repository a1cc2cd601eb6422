# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge's promises, with a real tmux and a bridge that is a process of its own."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sqlite3
import threading
import time
from pathlib import Path

import pytest
from integration.bridge.conftest import OPERATOR, BridgeProcess
from integration.tmux_server import TmuxServer, submitted, wait_for
from mosaic_connectors.bridge.client import BridgeRefusedError


def header(text: str) -> str:
    return f"[operator {OPERATOR}] {text}"


def test_a_message_and_its_answer_cross(bridge: BridgeProcess, tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    bridge.start()
    bridge.say("hello\nthere", thread="$root")
    wait_for(lambda: submitted(log), "the message in the pane")
    assert submitted(log) == [f"[operator {OPERATOR} thread=$root] hello\nthere"]
    answer = bridge.ask("send", text="hi", thread="$root", wait=10)
    assert answer["state"] == "sent"
    assert bridge.heard() == ["hi"]
    assert bridge.stop() == 0


def test_only_listed_operators_are_heard_and_strangers_are_logged_once(
    bridge: BridgeProcess, tmux: TmuxServer
) -> None:
    log = tmux.start_agent()
    bridge.start()
    bridge.say("rm -rf /", "again", sender="@stranger:test")
    bridge.say("hello")
    wait_for(lambda: submitted(log), "the operator's message")
    assert submitted(log) == [header("hello")]
    assert bridge.log.read_text().count("@stranger:test") == 1
    assert bridge.ask("status")["dropped"] == 2


def test_no_list_of_operators_means_nobody_and_says_so(bridge: BridgeProcess, tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    bridge.settings["operators"] = []
    bridge.start()
    bridge.say("hello")
    wait_for(lambda: bridge.ask("status")["dropped"] == 1, "the drop")
    assert submitted(log) == []
    assert "operators: nobody" in bridge.log.read_text()


def test_a_reload_takes_the_new_list_of_operators(bridge: BridgeProcess, tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    bridge.start()
    bridge.ask("status")
    place = bridge.directory / "settings.yaml"
    place.write_text(json.dumps({**bridge.settings, "operators": ["@new:test"]}))
    os.kill(bridge.process.pid, signal.SIGHUP)
    wait_for(lambda: "reload: operators" in bridge.log.read_text(), "the reload")
    bridge.say("from the old one")
    bridge.say("from the new one", sender="@new:test")
    wait_for(lambda: submitted(log), "the new operator's message")
    assert submitted(log) == ["[operator @new:test] from the new one"]
    place.write_text("operators: 7")
    os.kill(bridge.process.pid, signal.SIGHUP)
    wait_for(lambda: "the settings stay as they were" in bridge.log.read_text(), "the refusal")
    bridge.say("still here", sender="@new:test")
    wait_for(lambda: len(submitted(log)) == 2, "the message")


@pytest.mark.fault("the session of the agent is gone", "held and told of; delivered in order when it is back")
def test_a_dead_session_holds_tells_and_delivers_in_order_when_it_is_back(
    bridge: BridgeProcess, tmux: TmuxServer
) -> None:
    tmux.start("cat", session="keeper")
    bridge.start()
    bridge.say("one", "two", "three")
    bridge.wait_heard("Held")
    log = tmux.start_agent()
    bridge.wait_heard("takes messages again")
    wait_for(lambda: len(submitted(log)) == 3, "all three")
    assert submitted(log) == [header(text) for text in ("one", "two", "three")]
    assert len(bridge.heard()) == 2


@pytest.mark.fault(
    "the agent ends while it takes a message", "typed again, marked as repeated, and announced"
)
def test_a_message_that_a_dead_program_may_have_read_comes_again_marked_and_announced(
    bridge: BridgeProcess, tmux: TmuxServer
) -> None:
    tmux.start("cat", session="keeper")  # the server outlives the session, as the role's does
    log = tmux.start_agent("--swallow", "99")
    bridge.start()
    bridge.say("hello")
    wait_for(lambda: "[operator" in tmux.screen(), "the text in the pane")
    wait_for(lambda: _entered(bridge), "the first Enter")
    tmux("kill-session", "-t", "=orchestrator", check=False)
    tmux.start_agent()
    wait_for(lambda: submitted(log), "the message")
    assert submitted(log) == [f"[operator {OPERATOR} repeated] hello"]
    bridge.wait_heard("typed again, marked as repeated: hello")


def _entered(bridge: BridgeProcess) -> bool:
    with sqlite3.connect(bridge.directory / "state" / "bridge.sqlite3") as database:
        return bool(database.execute("SELECT entered FROM inbox").fetchone()[0])


def test_a_dialog_holds_and_the_operator_is_shown_it(bridge: BridgeProcess, tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    dialog = log.with_name(log.name + ".dialog")
    dialog.touch()
    wait_for(lambda: "proceed" in tmux.screen(), "the dialog")
    bridge.start()
    bridge.say("y")
    bridge.wait_heard("Do you want to proceed?")
    dialog.unlink()
    wait_for(lambda: submitted(log), "the message")
    assert submitted(log) == [header("y")]
    assert not log.with_name(log.name + ".approved").exists()


def test_an_outage_keeps_messages_and_their_order(bridge: BridgeProcess, tmux: TmuxServer) -> None:
    tmux.start_agent()
    (bridge.directory / "down").touch()
    bridge.settings["max_attempts"] = 1
    bridge.start()
    for number in range(5):
        assert bridge.ask("send", text=f"{number}")["state"] == "waiting"
    wait_for(lambda: "channel down" in bridge.log.read_text(), "a try")
    (bridge.directory / "down").unlink()
    wait_for(lambda: len(bridge.heard()) == 5, "all five")
    assert bridge.heard() == ["0", "1", "2", "3", "4"]


def test_a_refused_message_becomes_a_dead_letter_that_can_be_seen_and_dropped(
    bridge: BridgeProcess, tmux: TmuxServer
) -> None:
    tmux.start_agent()
    bridge.start()
    answer = bridge.ask("send", text="REFUSE me", wait=10)
    assert (answer["state"], answer["detail"]) == ("dead", "refused for good")
    assert bridge.ask("send", text="the next one", wait=10)["state"] == "sent"
    assert bridge.ask("send", text="and one that waits for ages", wait=10**400)["state"] == "sent"
    assert [entry["state"] for entry in bridge.ask("outbox")["entries"]] == ["dead"]
    assert bridge.ask("retry", id=answer["id"])["count"] == 1
    wait_for(lambda: bridge.ask("outbox")["entries"][0]["state"] == "dead", "the second refusal")
    assert bridge.ask("drop", id=None)["count"] == 1
    assert bridge.ask("outbox")["entries"] == []


def test_a_full_outbox_refuses_clearly(bridge: BridgeProcess, tmux: TmuxServer) -> None:
    tmux.start_agent()
    (bridge.directory / "down").touch()
    bridge.settings["outbox_limit"] = 2
    bridge.start()
    bridge.ask("send", text="1")
    bridge.ask("send", text="2")
    with pytest.raises(BridgeRefusedError, match="limit") as refused:
        bridge.ask("send", text="3")
    assert refused.value.code == "full"


def test_the_same_transaction_id_is_accepted_once(bridge: BridgeProcess, tmux: TmuxServer) -> None:
    tmux.start_agent()
    bridge.start()
    first = bridge.ask("send", text="once", txn="mine", wait=10)
    assert bridge.ask("send", text="once", txn="mine", wait=10)["id"] == first["id"]
    assert bridge.heard() == ["once"]


def test_dead_credentials_end_the_service_with_77(bridge: BridgeProcess, tmux: TmuxServer) -> None:
    tmux.start_agent()
    (bridge.directory / "dead").touch()
    bridge.start()
    assert bridge.process.wait(20) == 77


def test_ready_is_said_when_the_channel_is_up_and_not_before(
    bridge: BridgeProcess, tmux: TmuxServer, notify_socket: socket.socket
) -> None:
    tmux.start_agent()
    down = bridge.directory / "down"
    down.touch()
    bridge.start(NOTIFY_SOCKET=str(bridge.directory / "notify"), WATCHDOG_USEC="300000")
    heard: list[str] = []
    while not any("unreachable" in one for one in heard):
        heard.append(notify_socket.recv(4096).decode())
    assert not any("READY=1" in one for one in heard)
    down.unlink()
    while not any("READY=1" in one for one in heard):
        heard.append(notify_socket.recv(4096).decode())
    while heard[-1] != "WATCHDOG=1":
        heard.append(notify_socket.recv(4096).decode())
    assert bridge.stop() == 0
    while not heard[-1].startswith("STOPPING=1"):
        heard.append(notify_socket.recv(4096).decode())


def test_two_bridges_never_share_a_state(bridge: BridgeProcess, tmux: TmuxServer) -> None:
    tmux.start_agent()
    bridge.start()
    bridge.ask("status")
    other = BridgeProcess(tmux)
    other.settings["socket_path"] = str(bridge.directory / "other.sock")
    other.start()
    assert other.process.wait(20) != 0


@pytest.mark.fault("SIGKILL ten times while forty messages go each way", "all once, in order")
def test_sigkill_at_random_points_loses_nothing_and_doubles_nothing(
    bridge: BridgeProcess, tmux: TmuxServer
) -> None:
    """Forty messages each way while the bridge is killed ten times."""
    log = tmux.start_agent()
    wanted = [f"message {number}\nof forty" for number in range(40)]
    bridge.say(*wanted)
    sender = threading.Thread(target=_send_all, args=(bridge, 40))
    bridge.start()
    sender.start()
    chance = random.Random(4)  # noqa: S311 (the same points in every run)
    for _kill in range(10):
        time.sleep(chance.uniform(0.5, 1.4))
        bridge.kill()
        bridge.start()
    sender.join(60)
    wait_for(
        lambda: len(submitted(log)) >= 40 and len(bridge.heard()) >= 40, "all forty both ways", timeout=90
    )
    wait_for(lambda: bridge.ask("status")["inbox"]["waiting"] == 0, "an empty inbox")
    assert submitted(log) == [header(text) for text in wanted]
    assert [text for text in bridge.heard() if text.startswith("answer")] == [
        f"answer {n}" for n in range(40)
    ]


def _send_all(bridge: BridgeProcess, count: int) -> None:
    for number in range(count):
        bridge.ask("send", text=f"answer {number}", txn=f"txn-{number}")
        time.sleep(0.15)


def test_the_local_socket_belongs_to_its_owner_alone(bridge: BridgeProcess, tmux: TmuxServer) -> None:
    tmux.start_agent()
    bridge.start()
    bridge.ask("status")
    assert Path(bridge.socket).stat().st_mode & 0o777 == 0o600
