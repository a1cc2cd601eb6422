# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector doctor` on a whole host: a real Synapse, a real tmux, and the bridge as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from integration.matrix.people import Operator, new_pair
from integration.synapse import Account, Synapse
from integration.tmux_server import TmuxServer, tmux_server, wait_for

TOKENS = ("MATRIX_ACCESS_TOKEN", "DISCORD_BOT_TOKEN")


class Host:
    """Roster, settings and env file of an orchestrator, and the command run with them."""

    def __init__(self, server: Synapse, tmux: TmuxServer, operator: Operator, bot: Account) -> None:
        self.place = tmux.directory
        self.bot = bot
        self.operator = operator
        self.process: subprocess.Popen[bytes] | None = None
        settings = {
            "roster_path": str(self.place / "roster.yaml"),
            "operators": [operator.account.user_id],
            "tmux_socket": tmux.socket,
            "socket_path": str(self.place / "b.sock"),
        }
        matrix = {"homeserver_url": server.url, "user_id": bot.user_id, "room_id": operator.room_id}
        self._write("settings.yaml", json.dumps(settings))
        self._write("roster.yaml", json.dumps({"connector": {"kind": "matrix", "matrix": matrix}}))
        self.give_token(bot.access_token)

    def give_token(self, token: str) -> None:
        """Write the env file."""
        self._write("connector.env", f"MATRIX_ACCESS_TOKEN={token}\n")

    def start(self) -> None:
        """Start the bridge and wait until it says that it is ready."""
        self.process = subprocess.Popen([*self._command("run"), *self._secrets()], env=self._environment())
        wait_for(lambda: self.run("status").returncode == 0, "the bridge", timeout=60)

    def stop(self) -> None:
        """End the bridge, if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the command; no secret is ever in what it says."""
        done = subprocess.run(
            self._command(*arguments),
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert self.bot.access_token not in done.stdout + done.stderr
        return done

    def doctor(self) -> tuple[int, dict[str, str], dict[str, str]]:
        """Status, the states, and the sentences of the checks."""
        done = self.run("doctor", "--json", *self._secrets())
        checks = json.loads(done.stdout)["checks"]
        states = {check["name"]: check["state"] for check in checks}
        return (
            done.returncode,
            states,
            {check["name"]: f"{check['detail']} {check['fix']}" for check in checks},
        )

    def _secrets(self) -> tuple[str, str]:
        return "--env-file", str(self.place / "connector.env")

    def _command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "mosaic_connectors.cli.main", *arguments]

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in TOKENS}
        places = {
            "MOSAIC_SETTINGS": str(self.place / "settings.yaml"),
            "MOSAIC_STATE_DIR": str(self.place / "state"),
        }
        return {**kept, **places}

    def _write(self, name: str, text: str) -> None:
        path: Path = self.place / name
        path.write_text(text)
        path.chmod(0o600)


@pytest.fixture
def host(synapse: Synapse) -> Iterator[Host]:
    """A host whose bridge is not started yet."""
    with tmux_server() as tmux:
        tmux.start_agent()
        host = Host(synapse, tmux, *new_pair(synapse))
        yield host
        host.stop()


def test_a_good_host_is_found_good_and_a_dead_token_is_found(host: Host, synapse: Synapse) -> None:
    """Every check that does not need systemd is ok; then the token is revoked, and the login alone has failed."""
    host.start()
    _status, states, said = host.doctor()
    assert {name for name, state in states.items() if state != "ok"} <= {"units"}, said
    assert host.operator.account.user_id in said["operators"]
    told = json.loads(host.run("status", "--json").stdout)
    assert (told["kind"], told["health"]["authenticated"], told["errors"]) == ("matrix", True, [])
    synapse.call("POST", "/_matrix/client/v3/logout", {}, token=host.bot.access_token)
    status, states, said = host.doctor()
    assert (status, states["server"], states["login"], states["room"]) == (1, "ok", "failed", "skipped")
    assert "mosaic.fleet.provision" in said["login"]


def test_before_the_bridge_runs_the_channel_is_looked_at_all_the_same(host: Host, synapse: Synapse) -> None:
    """And an account that was put out of its room is told from a dead token."""
    _status, states, _said = host.doctor()
    assert [states[name] for name in ("server", "login", "room", "operators")] == ["ok"] * 4
    assert states["bridge"] == "failed"
    path = f"/_matrix/client/v3/rooms/{quote(host.operator.room_id)}/kick"
    synapse.call("POST", path, {"user_id": host.bot.user_id}, token=host.operator.account.access_token)
    status, states, said = host.doctor()
    assert (status, states["login"], states["room"]) == (1, "ok", "failed")
    assert f"Invite {host.bot.user_id}" in said["room"]
