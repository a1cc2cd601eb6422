# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said to systemd, to the journal and to Prometheus, and what is kept from everybody."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from mosaic_connectors.bridge.begun_with import note_block
from mosaic_connectors.bridge.counters import Counters
from mosaic_connectors.bridge.doorkeeper import Doorkeeper
from mosaic_connectors.bridge.failures import Failures
from mosaic_connectors.bridge.hardening import forget_secrets
from mosaic_connectors.bridge.logs import JournalFormatter
from mosaic_connectors.bridge.notify import Notifier
from mosaic_connectors.bridge.progress import Progress
from mosaic_connectors.bridge.recent import RecentErrors
from mosaic_connectors.config import parse_connector


@pytest.mark.parametrize("abstract", [False, True])
def test_a_notification_is_one_datagram_of_assignments(tmp_path: Path, abstract: bool) -> None:
    name = f"@mosaic-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("\0" + name[1:] if abstract else name)
        Notifier({"NOTIFY_SOCKET": name}).notify(READY="1", STATUS="two\nlines")
        assert manager.recv(4096) == b"READY=1\nSTATUS=two lines"


def test_without_a_service_manager_nothing_happens(tmp_path: Path) -> None:
    Notifier({}).notify(READY="1")
    Notifier({"NOTIFY_SOCKET": str(tmp_path / "gone")}).notify(READY="1")


@pytest.mark.parametrize(
    ("environ", "seconds"),
    [
        ({"WATCHDOG_USEC": "60000000"}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": str(os.getpid())}, 60.0),
        ({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "x"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_fed_only_by_the_process_it_watches(
    environ: dict[str, str], seconds: float | None
) -> None:
    assert Notifier(environ).watchdog_seconds == seconds


def test_a_loop_that_breaks_its_promise_is_named_until_it_moves_or_ends() -> None:
    now = [0.0]
    progress = Progress(lambda: now[0])
    progress.beat("deliver", 10)
    progress.beat("health", 100)
    now[0] = 11.0
    assert progress.stuck() == ["deliver"]
    progress.beat("deliver", 10)
    assert progress.stuck() == []
    now[0] = 200.0
    progress.done("deliver")
    assert progress.stuck() == ["health"]


def test_every_variable_named_like_a_secret_is_forgotten() -> None:
    environ = {
        "MATRIX_ACCESS_TOKEN": "1",
        "MATRIX_PASSWORD": "2",
        "DISCORD_BOT_TOKEN": "3",
        "SOMEBODYS_SECRET_KEY": "4",
        "MATRIX_USER_ID": "@a:b",
        "PATH": "/bin",
    }
    forget_secrets(environ)
    assert sorted(environ) == ["MATRIX_USER_ID", "PATH"]


def test_a_hidden_process_is_not_dumpable() -> None:
    script = (
        "import ctypes; from mosaic_connectors.bridge.hardening import hide_process; "
        "assert hide_process(); assert ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) == 0"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=30)


def test_a_record_is_one_line_with_a_priority() -> None:
    formatter = JournalFormatter("%(message)s")
    record = logging.LogRecord("x", logging.WARNING, "", 0, "a\n<0>forged", (), None)
    assert formatter.format(record) == "<4>a\\n<0>forged"


def test_strangers_are_counted_always_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    counters = Counters()
    door = Doorkeeper(("@a:b",), channel_vouches=False, counters=counters)
    assert door.admits("@a:b")
    assert not any(door.admits("@evil:b\n<0>forged") for _again in range(3))
    assert counters.total("dropped") == 3
    assert len(caplog.records) == 1
    assert "\n" not in caplog.records[0].getMessage()


def test_no_list_means_nobody_unless_the_channel_itself_is_the_right() -> None:
    assert not Doorkeeper((), channel_vouches=False, counters=Counters()).admits("@a:b")
    assert Doorkeeper((), channel_vouches=True, counters=Counters()).admits("root")


def test_the_last_warnings_are_remembered_and_a_sentence_only_once() -> None:
    recent = RecentErrors()
    recent.attach()
    log = logging.getLogger("mosaic_connectors.bridge.test")
    try:
        log.info("no trouble")
        for number in range(30):
            log.warning("trouble %d\n<0>forged", number)
        log.error("trouble 15\n<0>forged")
    finally:
        recent.detach()
    log.warning("after the end")
    kept = [(one["level"], one["message"]) for one in recent.listing()]
    assert len(kept) == 20
    assert kept[-1] == ("error", "trouble 15 <0>forged")
    assert ("warning", "trouble 15 <0>forged") not in kept


def test_one_that_fails_again_and_again_rests_longer_every_time(tmp_path: Path) -> None:
    pauses = [Failures(tmp_path).pause() for _start in range(8)]
    assert pauses == [0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]


def test_a_failure_after_a_good_while_is_a_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for _start in range(5):
        Failures(tmp_path).pause()
    failures = Failures(tmp_path)
    later = time.monotonic() + 100
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert failures.pause() == 0.0
    assert Failures(tmp_path).pause() == 1.0


@pytest.mark.parametrize("runtime", ["", "/nowhere/at/all"])
def test_without_a_place_to_count_nothing_is_delayed(runtime: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", runtime)
    assert [Failures().pause() for _start in range(3)] == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("block", "digest"),
    [
        # printf %s '{"kind": "tmux"}' | sha256sum
        ({"kind": "tmux"}, "a6b58ff760a521f70df79cd0c140f72a225734fbf4166f26d46ef686a8692f02"),
        # printf %s '{"discord": {"channel_id": "123456789012345678"}, "kind": "discord"}' | sha256sum
        (
            {"kind": "discord", "discord": {"channel_id": "123456789012345678"}},
            "992053869e63582900c1f44bff7cafeb7841b5d81440a3467c11637f7bf05a54",
        ),
    ],
)
def test_the_block_that_a_bridge_began_with_is_noted_as_ansible_would_digest_it(
    block: dict[str, object], digest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", f"{tmp_path}:/elsewhere")
    note_block(parse_connector(block))
    assert (tmp_path / "block.sha256").read_text() == digest


@pytest.mark.parametrize("runtime", ["", "nowhere/at/all"])
def test_without_a_place_for_it_no_block_is_noted(
    runtime: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RUNTIME_DIRECTORY", runtime)
    note_block(parse_connector({"kind": "tmux"}))
    assert list(tmp_path.iterdir()) == []
