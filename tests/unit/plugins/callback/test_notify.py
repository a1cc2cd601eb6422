# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The callback notify: a run is told of by a connector of the controller's own, and never ends otherwise because of it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.executor.stats import AggregateStats
from ansible_collections.mosaic.fleet.plugins.callback import notify
from fakes.http_server import served
from fakes.rooms_server import RoomsServer

COLLECTIONS = Path(__file__).parents[4] / ".cache" / "collections"
BOT = "@ansible:hs.test"
RUN = [
    {
        "hosts": "all",
        "gather_facts": False,
        "tasks": [
            {"name": "Change something", "ansible.builtin.command": "true"},
            {
                "name": "Open the door",
                "ansible.builtin.fail": {"msg": "the word is hunter2"},
                "when": "inventory_hostname == 'two'",
            },
        ],
    }
]


@pytest.fixture
def homeserver() -> Iterator[RoomsServer]:
    with served(RoomsServer("synapse")) as server:
        yield server  # type: ignore[misc]


@pytest.fixture
def files(homeserver: RoomsServer, tmp_path: Path) -> dict[str, str]:
    """The block and the 0600 file of the controller's own account, as the options that name them."""
    token, room_id = homeserver.add_user("ansible", "password"), homeserver.make_room(BOT)
    block = {"homeserver_url": homeserver.url, "user_id": BOT, "room_id": room_id}
    (tmp_path / "notify.json").write_text(json.dumps({"connector": {"kind": "matrix", "matrix": block}}))
    secrets = tmp_path / "notify.env"
    secrets.touch(0o600)
    secrets.write_text(f"MATRIX_ACCESS_TOKEN={token}\n")
    return {"connector_path": str(tmp_path / "notify.json"), "credentials_path": str(secrets)}


def play(folder: Path, options: dict[str, str], *, enabled: bool = True) -> tuple[int, str]:
    """A run on two hosts, of which one fails: its status, and all that it said."""
    configured = "".join(f"{name} = {value}\n" for name, value in options.items())
    plugins = "callbacks_enabled = mosaic.fleet.notify\n" if enabled else ""
    (folder / "ansible.cfg").write_text(f"[defaults]\n{plugins}[callback_mosaic_notify]\n{configured}")
    hosts = {name: {"ansible_connection": "local"} for name in ("one", "two")}
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    (folder / "site.yml").write_text(json.dumps(RUN))
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "-i", "hosts.json", "site.yml"],
        cwd=folder,
        env={
            **os.environ,
            "ANSIBLE_CONFIG": str(folder / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_NOCOLOR": "1",
            "COLUMNS": "10000",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_run_is_told_of_by_ansible_itself(homeserver: RoomsServer, files, tmp_path: Path) -> None:
    """Where it failed, and no word of what failed there; the run ends as it does without."""
    status, said = play(tmp_path, files)
    assert status == 2, said
    assert "mosaic.fleet.notify" not in said
    ((_room, text),) = homeserver.said
    lines = text.splitlines()
    assert lines[:2] == ["site.yml failed on 1 of 2 hosts", "two: failed at: Open the door"]
    assert lines[2].startswith("2 changed, in 0 min ")
    assert len(lines) == 3


def test_a_homeserver_that_is_away_is_one_warning(files, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        block = json.loads(Path(files["connector_path"]).read_text())
        block["connector"]["matrix"]["homeserver_url"] = f"http://127.0.0.1:{free.getsockname()[1]}"
        Path(files["connector_path"]).write_text(json.dumps(block))
        status, said = play(tmp_path, {**files, "timeout": "1"})
    assert status == 2, said
    assert said.count("mosaic.fleet.notify: the operator was not told") == 1
    assert "Traceback" not in said


def test_it_is_off_unless_it_is_enabled(homeserver: RoomsServer, files, tmp_path: Path) -> None:
    assert play(tmp_path, files, enabled=False)[0] == 2
    assert homeserver.said == []


class Shown(list):
    """What a run is shown of warnings."""

    warning = list.append


def counted(**hosts: str) -> AggregateStats:
    """The numbers of a run: `changed`, `ok`, `failures` or `dark` for each host."""
    stats = AggregateStats()
    for host, what in hosts.items():
        stats.increment(what, host)
    return stats


def told(options: dict[str, Any], stats: AggregateStats, failed: dict[str, str] | None = None) -> Shown:
    """Have a callback see a run, and return its warnings."""
    callback = notify.CallbackModule()
    callback._display = Shown()
    given = {"when": "always", "timeout": 10.0, "connector_path": None, "credentials_path": None}
    callback._plugin_options = {"ca_path": None, **given, **options}
    callback.v2_playbook_on_start(SimpleNamespace(_file_name="/elsewhere/provision.yml"))
    for host, task in (failed or {}).items():
        result = SimpleNamespace(host=SimpleNamespace(get_name=lambda name=host: name), task_name=task)
        callback.v2_runner_on_failed(result)
    callback.v2_playbook_on_stats(stats)
    return callback._display


@pytest.mark.parametrize(
    ("when", "runs"),
    [("always", ["ok", "changed", "failures", "dark"]), ("changed", ["changed", "failures", "dark"])],
)
def test_only_such_runs_are_told_of(homeserver: RoomsServer, files, when: str, runs: list[str]) -> None:
    for what in ("ok", "changed", "failures", "dark"):
        assert told({**files, "when": when}, counted(host=what)) == []
    assert len(homeserver.said) == len(runs)
    for what in ("ok", "changed"):
        told({**files, "when": "failed"}, counted(host=what))
    assert len(homeserver.said) == len(runs)


def test_what_names_say_is_harmless_and_bounded(homeserver: RoomsServer, files) -> None:
    """Hosts and tasks are named by anybody's inventory; a token in a name is not passed on."""
    failed = {f"host-{number:02}": "ghp_" + "a" * 30 + "\n\x1b[31mred" for number in range(25)}
    assert told(files, counted(**dict.fromkeys(failed, "failures"), gone="dark"), failed) == []
    ((_room, text),) = homeserver.said
    lines = text.splitlines()
    assert lines[:2] == ["provision.yml failed on 26 of 26 hosts", "gone: could not be reached"]
    assert (len(lines), lines[-2]) == (23, "and 6 more")
    assert "ghp_" not in text
    assert "\x1b" not in text


def test_a_run_on_no_host_is_told_as_that(homeserver: RoomsServer, files) -> None:
    told(files, counted())
    assert homeserver.said[0][1].startswith("provision.yml ran on no host\n0 changed")


def test_the_secrets_of_the_environment_are_not_used(homeserver, files, monkeypatch) -> None:
    """They may be a host's, of whoever set up this shell; and what was there is there again."""
    secret = Path(files["credentials_path"]).read_text().partition("=")[2].strip()
    monkeypatch.setenv("MATRIX_ACCESS_TOKEN", secret)
    (warning,) = told({**files, "credentials_path": None}, counted(host="ok"))
    assert "MATRIX_ACCESS_TOKEN is expected to hold the secret and is empty" in warning
    assert homeserver.said == []
    assert os.environ["MATRIX_ACCESS_TOKEN"] == secret


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"connector_path": None}, "connector_path is expected to name the file"),
        ({"connector_path": "/nonexistent/notify.yaml"}, "/nonexistent/notify.yaml"),
        ({"credentials_path": "/nonexistent/notify.env"}, "/nonexistent/notify.env"),
        ({"timeout": float("nan")}, "timeout is expected to be above 0"),
        ({"timeout": 601.0}, "at most 600 seconds"),
        ({"when": 7, "connector_path": 8}, "an unexpected TypeError"),
    ],
)
def test_what_is_wrong_with_the_options_is_one_warning(homeserver, files, options, sentence) -> None:
    (warning,) = told({**files, **options}, counted(host="failures"))
    assert sentence in warning
    assert homeserver.said == []


def test_a_file_that_others_may_read_is_not_used(homeserver, files) -> None:
    Path(files["credentials_path"]).chmod(0o644)
    (warning,) = told(files, counted(host="ok"))
    assert "0600" in warning
    assert homeserver.said == []


def test_a_homeserver_that_hangs_ends_with_the_timeout(files) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        block = json.loads(Path(files["connector_path"]).read_text())
        block["connector"]["matrix"]["homeserver_url"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        Path(files["connector_path"]).write_text(json.dumps(block))
        (warning,) = told({**files, "timeout": 0.3}, counted(host="ok"))
    assert "did not take the message within 0.3 seconds" in warning
