# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The doctor's course: every check once and in order, on after a failure, bounded, and silent about secrets."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from mosaic_connectors import Check, OrchestratorConnector, register_connector
from mosaic_connectors.bridge.client import BridgeUnavailableError
from mosaic_connectors.cli.checks import NAMES, examine
from mosaic_connectors.cli.checks.course import _without_connector
from mosaic_connectors.cli.checks.host import check_bridge, check_queues, check_units
from mosaic_connectors.registry import describe
from mosaic_connectors.settings import Settings

SECRET = "syt_bW9z_AbCdEfGhIjKlMnOpQrSt_0123"
MATRIX = (
    "connector:\n  kind: matrix\n  matrix:\n    homeserver_url: http://127.0.0.1:1\n"
    "    user_id: '@mos:a.b'\n    room_id: '!r:a.b'\n"
)
ANSWER: dict[str, Any] = {
    "kind": "matrix",
    "started": "2026-01-01T00:00:00.000Z",
    "health": {"reachable": True, "authenticated": True, "last_seen": None, "detail": "fine"},
    "obstructed": False,
    "inbox": {"waiting": 0, "holding": None},
    "outbox": {"waiting": 2},
    "errors": [],
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A host of its own: roster, settings and env file, nothing running."""
    for name in ("MATRIX_ACCESS_TOKEN", "MOSAIC_SOCKET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MOSAIC_SETTINGS", str(tmp_path / "settings.yaml"))
    monkeypatch.setenv("MOSAIC_STATE_DIR", str(tmp_path))
    settings = {
        "tmux_socket": str(tmp_path / "t.sock"),
        "socket_path": str(tmp_path / "b.sock"),
        "operators": ["@a:b"],
    }
    (tmp_path / "settings.yaml").write_text(
        json.dumps({**settings, "roster_path": str(tmp_path / "roster.yaml")})
    )
    (tmp_path / "roster.yaml").write_text(MATRIX)
    (tmp_path / "connector.env").write_text(f"MATRIX_ACCESS_TOKEN={SECRET}\n")
    (tmp_path / "connector.env").chmod(0o600)
    return tmp_path


def doctor(place: Path, *arguments: str) -> tuple[int, dict[str, dict[str, str]]]:
    """Run the command; returns its status and the checks by name."""
    command = [sys.executable, "-m", "mosaic_connectors.cli.main", "doctor", "--json", *arguments]
    done = subprocess.run(
        [*command, "--env-file", str(place / "connector.env")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stdout + done.stderr
    checks = json.loads(done.stdout)["checks"]
    assert [check["name"] for check in checks] == list(NAMES)
    assert all(check["fix"] for check in checks if check["state"] == "failed")
    return done.returncode, {check["name"]: check for check in checks}


def test_it_goes_on_after_a_failure_and_ends_with_1(place: Path) -> None:
    status, checks = doctor(place)
    assert status == 1
    assert [checks[name]["state"] for name in ("roster", "settings", "secrets")] == ["ok"] * 3
    assert checks["server"]["state"] == "failed"
    assert [checks[name]["state"] for name in ("login", "room", "operators")] == ["skipped"] * 3
    assert (checks["session"]["state"], checks["bridge"]["state"]) == ("failed", "failed")


@pytest.mark.parametrize(
    ("roster", "name", "detail"),
    [
        (MATRIX.replace("kind: matrix", "kind: matrx"), "roster", "Did you mean 'matrix'"),
        (MATRIX.replace("!r:a.b", SECRET), "roster", "looks like a secret"),
    ],
)
def test_a_wrong_roster_is_told_and_what_hangs_on_it_skipped(
    place: Path, roster: str, name: str, detail: str
) -> None:
    (place / "roster.yaml").write_text(roster)
    _status, checks = doctor(place)
    assert (checks[name]["state"], checks["secrets"]["state"]) == ("failed", "skipped")
    assert detail in checks[name]["detail"]


def test_an_env_file_that_others_may_read_fails_with_its_chmod(place: Path) -> None:
    (place / "connector.env").chmod(0o644)
    _status, checks = doctor(place)
    assert checks["secrets"]["state"] == "failed"
    assert checks["secrets"]["fix"].startswith("chmod 600")


def test_a_missing_secret_fails_with_where_to_put_it(place: Path) -> None:
    (place / "connector.env").write_text("")
    _status, checks = doctor(place)
    assert "MATRIX_ACCESS_TOKEN" in checks["secrets"]["detail"]
    assert "connector.env" in checks["secrets"]["fix"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_another_user_is_told_what_they_cannot_see(place: Path) -> None:
    """Run as nobody: files of root are skipped, not failed."""
    script = (
        "import os, sys, mosaic_connectors.mistakes\n"
        "from mosaic_connectors.cli.checks.files import check_roster, check_settings\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "print(check_settings()[1].state, check_roster(sys.argv[1])[0].state)"
    )
    for file in place.iterdir():
        file.chmod(0o600)
    for folder in (place, *place.parents):
        if str(folder) == tempfile.gettempdir():
            break
        folder.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", script, str(place / "roster.yaml")],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.split() == ["skipped", "skipped"]


class Stuck(OrchestratorConnector):
    """A connector whose second step never ends."""

    kind = "tmux"

    async def diagnose(self, operators: Sequence[str]) -> AsyncIterator[Check]:
        yield Check("server", "ok", "fine")
        await asyncio.sleep(3600)

    async def send(self, message: Any) -> Any:
        raise AssertionError(message)

    def subscribe(self, handler: Any) -> Any:
        raise AssertionError(handler)

    async def health(self) -> Any:
        raise AssertionError

    async def aclose(self) -> None:
        """Nothing is open."""


async def test_a_step_that_never_ends_is_cut_off(place: Path) -> None:
    (place / "roster.yaml").write_text("agents: []\n")
    register_connector("tmux", lambda _config: Stuck())
    options = argparse.Namespace(roster=None, env_file=str(place / "connector.env"), socket=None, timeout=0.2)
    try:
        with patch.dict(os.environ):  # what the env file adds is this test's alone
            checks = {check.name: check async for check in examine(options)}
    finally:
        register_connector("tmux", describe("tmux").make)
    assert [checks[name].state for name in ("server", "login", "room", "operators")] == [
        "ok",
        "failed",
        "skipped",
        "skipped",
    ]
    assert "0.2 s" in checks["login"].detail


@pytest.mark.parametrize(
    ("change", "state", "said"),
    [
        ({}, "ok", "2 for the channel"),
        ({"outbox": {"dead": 3}}, "failed", "3 dead letters"),
        ({"inbox": {"waiting": 1, "holding": "dialog"}}, "failed", "held (dialog)"),
    ],
)
def test_the_queues_tell_whether_messages_move(
    change: dict[str, Any], state: str, said: str, place: Path
) -> None:
    check = check_queues({**ANSWER, **change})
    assert check.state == state
    assert said in check.detail


def test_who_cannot_ask_the_channel_is_told_what_the_bridge_says_of_it() -> None:
    """As another user than root, who sees no secrets."""
    settings = Settings(operators=("@a:b",))
    checks = list(_without_connector({**ANSWER, "obstructed": True}, settings))
    assert [check.state for check in checks] == ["ok", "ok", "failed", "ok"]
    assert checks[2].detail == "The running bridge says: fine"
    assert {check.state for check in _without_connector(BridgeUnavailableError("away"), settings)} == {
        "skipped"
    }


def test_a_bridge_that_is_away_or_closed_to_us_is_told_apart() -> None:
    assert check_bridge(ANSWER).state == "ok"
    assert check_bridge(BridgeUnavailableError("away")).state == "failed"
    closed = BridgeUnavailableError("closed")
    closed.__cause__ = PermissionError()
    assert check_bridge(closed).state == "skipped"


def unit(name: str, **change: str) -> str:
    properties = {
        "Id": f"mosaic-{name}.service",
        "LoadState": "loaded",
        "ActiveState": "active",
        "SubState": "running",
        "UnitFileState": "enabled",
        "ExecMainStatus": "0",
        "NRestarts": "0",
        **change,
    }
    return "\n".join(f"{key}={value}" for key, value in properties.items())


@pytest.mark.parametrize(
    ("units", "state", "said"),
    [
        (({}, {}), "ok", "never restarted"),
        (({}, {"NRestarts": "4"}), "ok", "4 times"),
        (({}, {"ActiveState": "failed", "ExecMainStatus": "77"}), "failed", "refuses the credentials"),
        (({}, {"ActiveState": "failed", "ExecMainStatus": "78"}), "failed", "Correct what"),
        (({"ActiveState": "inactive"}, {}), "failed", "systemctl restart mosaic-orchestrator"),
        (({}, {"UnitFileState": "disabled"}), "failed", "systemctl enable mosaic-connector"),
        (({}, {"LoadState": "not-found", "ActiveState": "inactive"}), "failed", "playbook"),
    ],
)
async def test_units_are_told_with_what_mends_them(
    units: tuple[dict[str, str], ...], state: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`systemctl show` at the process's edge: a program of that name on the PATH."""
    shown = f"{unit('orchestrator', **units[0])}\n\n{unit('connector', **units[1])}\n"
    program = tmp_path / "systemctl"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{shown}END\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    check = await check_units(None, booted=tmp_path)
    assert check.state == state
    assert said in f"{check.detail} {check.fix}"


def test_without_systemd_units_are_skipped(tmp_path: Path) -> None:
    assert asyncio.run(check_units(None, booted=tmp_path / "missing")).state == "skipped"
