# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector send`, `listen` and `status` against a running bridge."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from integration.bridge.conftest import OPERATOR, BridgeProcess
from integration.tmux_server import TmuxServer, wait_for
from mosaic_connectors.bridge.client import BridgeRefusedError


def cli(bridge: BridgeProcess, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "mosaic_connectors.cli.main", *arguments],
        input=stdin,
        capture_output=True,
        env={**os.environ, "MOSAIC_SOCKET": bridge.socket},
        timeout=60,
        check=False,
    )


def test_text_standard_input_and_files_reach_the_operator(
    bridge: BridgeProcess, tmux: TmuxServer, tmp_path: Path
) -> None:
    tmux.start_agent()
    bridge.start()
    (tmp_path / "report.md").write_text("# Zpráva\n")
    assert cli(bridge, "send", "--wait", "20", "hello").returncode == 0
    assert cli(bridge, "send", "--wait", "--stdin", stdin="ahoj 🦊\nsvěte".encode()).returncode == 0
    assert cli(bridge, "send", "--wait", "20", "--file", str(tmp_path / "report.md")).returncode == 0
    assert cli(bridge, "send", "--wait", "20", "--", "--not an option").returncode == 0
    assert bridge.heard() == ["hello", "ahoj 🦊\nsvěte", "# Zpráva\n", "--not an option"]


def test_an_attached_file_is_handed_over_whole_and_removed_when_it_is_sent(
    bridge: BridgeProcess, tmux: TmuxServer, tmp_path: Path
) -> None:
    tmux.start_agent()
    down = bridge.directory / "down"
    down.touch()
    bridge.start()
    original = tmp_path / "big.bin"
    original.write_bytes(bytes(range(256)) * 20_000)
    assert cli(bridge, "send", "look", "--attach", str(original)).returncode == 0
    (kept,) = (bridge.directory / "state" / "spool").glob("*/big.bin")
    assert kept.read_bytes() == original.read_bytes()
    down.unlink()
    bridge.wait_heard("look")
    wait_for(lambda: not kept.exists(), "the spool to be emptied")


def test_what_cannot_be_sent_is_told_apart_by_status(
    bridge: BridgeProcess, tmux: TmuxServer, tmp_path: Path
) -> None:
    tmux.start_agent()
    bridge.settings.update(max_message_bytes=100, max_attachment_bytes=10)
    bridge.start()
    (tmp_path / "large").write_bytes(b"x" * 3_000_000)
    assert cli(bridge, "send", "").returncode == 65
    assert cli(bridge, "send", "x" * 101).returncode == 65
    assert cli(bridge, "send", "x", "--attach", str(tmp_path / "none")).returncode == 65
    large = cli(bridge, "send", "x", "--attach", str(tmp_path / "large"))
    assert (large.returncode, b"max_attachment_bytes" in large.stderr) == (65, True)
    assert cli(bridge, "send", "--stdin", stdin=b"\xff\xfe").returncode == 65
    assert cli(bridge, "send", "--wait", "20", "REFUSE").returncode == 1
    (bridge.directory / "down").touch()
    assert cli(bridge, "send", "--wait", "0.3", "later").returncode == 75
    assert bridge.heard() == []


def test_no_program_can_have_the_bridge_read_a_file_for_it(bridge: BridgeProcess, tmux: TmuxServer) -> None:
    tmux.start_agent()
    bridge.start()
    with pytest.raises(BridgeRefusedError, match="handed over"):
        bridge.ask("send", text="x", attachments=["/etc/shadow"])


def test_listen_shows_what_is_accepted_as_json_lines(bridge: BridgeProcess, tmux: TmuxServer) -> None:
    tmux.start_agent()
    bridge.start()
    bridge.ask("status")
    listener = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "mosaic_connectors.cli.main",
            "listen",
            "--json",
            "--count",
            "1",
            "--timeout",
            "30",
        ],
        stdout=subprocess.PIPE,
        env={**os.environ, "MOSAIC_SOCKET": bridge.socket},
    )
    wait_for(lambda: bridge.ask("status")["listeners"] == 1, "the listener")
    bridge.say("hello", thread="$t")
    out, _err = listener.communicate(timeout=30)
    message = json.loads(out)
    assert (listener.returncode, message["text"], message["sender"], message["thread_id"]) == (
        0,
        "hello",
        OPERATOR,
        "$t",
    )


def test_status_is_for_humans_and_for_programs(bridge: BridgeProcess, tmux: TmuxServer) -> None:
    tmux.start_agent()
    bridge.start()
    wait_for(lambda: bridge.ask("status")["ready"], "the channel")
    assert b"channel   scripted: up" in cli(bridge, "status").stdout
    assert json.loads(cli(bridge, "status", "--json").stdout)["health"]["reachable"] is True


def test_status_tells_the_session_the_last_message_each_way_and_what_went_wrong(
    bridge: BridgeProcess, tmux: TmuxServer
) -> None:
    tmux.start_agent()
    bridge.start()
    assert bridge.ask("status")["last"] == {"in": None, "out": None}
    bridge.say("hello")
    assert cli(bridge, "send", "--wait", "20", "REFUSE").returncode == 1
    wait_for(lambda: (bridge.ask("status")["last"]["in"] or {}).get("state") == "submitted", "the delivery")
    told = bridge.ask("status")
    session = told["session"]
    assert (session["name"], session["state"], session["detail"]) == ("orchestrator", "running", None)
    assert "its input block is empty" in session["seen"]
    assert (told["last"]["in"]["sender"], told["last"]["out"]["state"]) == (OPERATOR, "dead")
    assert any("refused for good" in error["message"] for error in told["errors"])
    assert b"session   orchestrator: running" in cli(bridge, "status").stdout


def test_a_watched_status_lives_through_a_restart_of_the_bridge_and_ends_by_ctrl_c(
    bridge: BridgeProcess, tmux: TmuxServer
) -> None:
    """In a real terminal: a pane of the tmux server."""
    tmux.start_agent()
    bridge.start()
    wait_for(lambda: bridge.ask("status")["ready"], "the channel")
    command = f"MOSAIC_SOCKET={bridge.socket} {sys.executable} -m mosaic_connectors.cli.main status --watch 0.2; echo ended=$?; cat"
    tmux("new-session", "-d", "-s", "watch", "-x", "80", "-y", "24", command)

    wait_for(lambda: "scripted: up" in tmux.screen("watch"), "the first picture")
    bridge.kill()
    wait_for(lambda: "away; looking again" in tmux.screen("watch"), "the picture of a bridge that is away")
    bridge.start()
    wait_for(lambda: "scripted: up" in tmux.screen("watch"), "the picture after the restart")
    assert tmux.screen("watch").count("channel ") == 1
    tmux("send-keys", "-t", "=watch:", "C-c")
    wait_for(lambda: "ended=0" in tmux.screen("watch"), "a clean end")
