# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules run by a real ansible-playbook against a real Synapse, at -vvv, twice."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import urllib.error
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from integration.synapse import Account, Synapse

_ROOT = Path(__file__).resolve().parents[2]
_RECAP = re.compile(r"^localhost\s*: ok=(\d+)\s+changed=(\d+)\s+unreachable=\d+\s+failed=(\d+)", re.MULTILINE)

TASKS: list[dict[str, Any]] = [
    {
        "mosaic.fleet.matrix_user": {"user_id": "{{ user_id }}", "credentials_path": "{{ env }}"},
        "check_mode": True,
        "register": "account",
        "changed_when": False,
    },
    {
        "mosaic.fleet.matrix_registration_token": {
            "name": "{{ localpart }}",
            "credentials_path": "{{ admin_env }}",
            "expires_in": 900,
        },
        "register": "token",
        "no_log": True,
        "when": "account.registered",
    },
    {
        "mosaic.fleet.matrix_user": {
            "user_id": "{{ user_id }}",
            "credentials_path": "{{ env }}",
            "registration_token": "{{ token.token | default(omit) }}",
            "display_name": "Orchestrator",
        },
    },
    {
        "mosaic.fleet.matrix_room": {
            "credentials_path": "{{ env }}",
            "alias": "#{{ localpart }}:mosaic.test",
            "name": "The fleet",
            "topic": "Orders and reports",
            "invite": ["{{ operator }}"],
            "power_levels": {"users": "{{ {operator: 100, user_id: 100} }}"},
            "history_visibility": "invited",
        },
        "register": "room",
    },
    {
        "mosaic.fleet.connector_health": {
            "connector": {
                "kind": "matrix",
                "matrix": {
                    "homeserver_url": "{{ homeserver_url }}",
                    "user_id": "{{ user_id }}",
                    "room_id": "{{ room.room_id }}",
                },
            },
            "credentials_path": "{{ env }}",
        },
        "when": "room.room_id is not none",
    },
]

INFOS = [
    {
        "mosaic.fleet.matrix_room_info": {
            "credentials_path": "{{ env }}",
            "alias": "#{{ localpart }}:mosaic.test",
        },
        "register": "room",
        "failed_when": "room.members != {user_id: 'join', operator: 'invite'} or room.room_version != '12' or not room.joined",
    },
    {
        # The operator is invited and not in it, and so is shown nothing.
        "mosaic.fleet.matrix_room_info": {
            "access_token": "{{ operator_token }}",
            "alias": "#{{ localpart }}:mosaic.test",
        },
        "register": "unseen",
        "failed_when": "unseen.room_id != room.room_id or unseen.joined or unseen.members or unseen.name is not none",
    },
    {
        "mosaic.fleet.matrix_user_info": {"credentials_path": "{{ env }}"},
        "register": "account",
        "failed_when": "account.token_of != user_id or account.display_name != 'Orchestrator' or not account.exists",
    },
    {
        "mosaic.fleet.matrix_user_info": {"user_id": "@nobody-{{ localpart }}:mosaic.test"},
        "register": "nobody",
        "failed_when": "nobody.exists is not false",
    },
]
"""What only asks, of what TASKS made."""


@dataclass
class Host:
    """A host to provision: this machine, one account, one folder."""

    synapse: Synapse
    folder: Path
    admin: Account
    operator: Account
    localpart: str
    output: list[str] = field(default_factory=list)

    @property
    def user_id(self) -> str:
        return f"@{self.localpart}:{self.synapse.server_name}"

    @property
    def env(self) -> dict[str, str]:
        """The credentials that were written."""
        lines = (self.folder / "connector.env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def play(self, tasks: list[dict[str, Any]], *options: str, fails: bool = False, **more: Any) -> int:
        """Run tasks at -vvv with diffs and return how many changed something."""
        variables = {
            "homeserver_url": self.synapse.url,
            "user_id": self.user_id,
            "localpart": self.localpart,
            "operator": self.operator.user_id,
            "env": str(self.folder / "connector.env"),
            "admin_env": str(self.folder / "admin.env"),
            "ansible_python_interpreter": sys.executable,
            **more,
        }
        play = {
            "hosts": "localhost",
            "connection": "local",
            "gather_facts": False,
            "module_defaults": {"group/mosaic.fleet.homeserver": {"homeserver_url": "{{ homeserver_url }}"}},
            "vars": variables,
            "tasks": tasks,
        }
        (self.folder / "play.json").write_text(json.dumps([play]))
        done = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", "-vvv", "--diff", *options, "play.json"],
            cwd=self.folder,
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": str(_ROOT / ".cache" / "collections"),
                "ANSIBLE_LOCALHOST_WARNING": "False",
                "ANSIBLE_NOCOLOR": "True",
            },
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )
        self.output.append(done.stdout + done.stderr)
        recap = _RECAP.search(done.stdout)
        assert recap is not None, self.output[-1]
        assert bool(int(recap[3])) == fails, self.output[-1]
        return int(recap[2])

    def devices(self) -> list[str]:
        """The ids of the account's devices, by the admin API."""
        path = f"/_synapse/admin/v2/users/{self.user_id}/devices"
        return [item["device_id"] for item in self._admin("GET", path)["devices"]]

    def log_in(self, device: str) -> str:
        """Log in beside the modules; returns the token."""
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": self.user_id},
            "password": self.env["MATRIX_PASSWORD"],
            "device_id": device,
        }
        token: str = self.synapse.call("POST", "/_matrix/client/v3/login", body)["access_token"]
        return token

    def lives(self, token: str) -> bool:
        """Whether the homeserver takes a token."""
        try:
            self.synapse.call("GET", "/_matrix/client/v3/account/whoami", token=token)
        except urllib.error.HTTPError as error:
            if error.code != 401:
                raise
            return False
        return True

    def tokens(self) -> list[dict[str, Any]]:
        """The registration tokens that bear this host's name."""
        found = self._admin("GET", "/_synapse/admin/v1/registration_tokens")["registration_tokens"]
        return [token for token in found if token["token"].startswith(f"{self.localpart}.")]

    def state(self, room_id: str, kind: str) -> dict[str, Any]:
        """A piece of the room's state, as the orchestrator sees it."""
        path = f"/_matrix/client/v3/rooms/{room_id}/state/{kind}"
        return self.synapse.call("GET", path, token=self.env["MATRIX_ACCESS_TOKEN"])

    def room_id(self) -> str:
        path = f"/_matrix/client/v3/directory/room/%23{self.localpart}:{self.synapse.server_name}"
        room_id: str = self.synapse.call("GET", path)["room_id"]
        return room_id

    def secrets(self) -> set[str]:
        """All that no output may contain."""
        stored = {value for key, value in self.env.items() if key.endswith(("TOKEN", "PASSWORD"))}
        tokens = {token["token"] for token in self.tokens()}
        return stored | tokens | {self.admin.access_token, self.synapse.registration_shared_secret}

    def _admin(self, method: str, path: str) -> dict[str, Any]:
        return self.synapse.call(method, path, token=self.admin.access_token)


@pytest.fixture(scope="module")
def people(synapse: Synapse) -> tuple[Account, Account]:
    """An admin of the server, and an operator."""
    return synapse.register("boss", admin=True), synapse.register("operator")


@pytest.fixture
def host(synapse: Synapse, people: tuple[Account, Account], tmp_path: Path, request: Any) -> Host:
    """A host of its own for every test."""
    admin, operator = people
    path = tmp_path / "admin.env"
    path.write_text(f"MATRIX_ACCESS_TOKEN={admin.access_token}\n")
    path.chmod(0o600)
    localpart = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:28]
    return Host(synapse, tmp_path, admin, operator, localpart)


def test_a_host_is_provisioned_once(host: Host) -> None:
    """The second run changes nothing and leaves nothing behind; no output holds a secret."""
    assert host.play(TASKS) == 3  # token, account, room
    before = (host.folder / "connector.env").stat()
    stored = host.env
    assert host.devices() == ["MOSAIC_" + host.localpart.upper().replace("-", "_")]
    assert [token["completed"] for token in host.tokens()] == [1]

    assert host.play(TASKS) == 0
    after = (host.folder / "connector.env").stat()
    assert (after.st_mtime_ns, after.st_ino, after.st_mode & 0o777) == (
        before.st_mtime_ns,
        before.st_ino,
        0o600,
    )
    assert len(host.devices()) == len(host.tokens()) == 1

    assert host.play(TASKS, "--check") == 0
    assert stored == host.env
    leaked = [secret for secret in host.secrets() for text in host.output if secret in text]
    assert leaked == []
    assert "MATRIX_PASSWORD" in host.env


def test_the_room_is_what_was_asked_for(host: Host) -> None:
    """Version 12: an id without a domain, and no entry of its creator among the powers."""
    host.play(TASKS)
    room_id = host.room_id()
    assert ":" not in room_id
    assert host.state(room_id, "m.room.name") == {"name": "The fleet"}
    assert host.state(room_id, "m.room.history_visibility") == {"history_visibility": "invited"}
    levels = host.state(room_id, "m.room.power_levels")
    assert levels["users"] == {host.operator.user_id: 100}
    assert levels["state_default"] == 50
    member = host.state(room_id, f"m.room.member/{host.operator.user_id}")
    assert member["membership"] == "invite"
    assert host.play(INFOS, operator_token=host.operator.access_token) == 0


def test_drift_is_corrected_and_no_more(host: Host) -> None:
    host.play(TASKS)
    room_id, token = host.room_id(), host.env["MATRIX_ACCESS_TOKEN"]
    for kind, content in (("m.room.name", {"name": "x"}), ("m.room.avatar", {"url": "mxc://mosaic.test/x"})):
        host.synapse.call("PUT", f"/_matrix/client/v3/rooms/{room_id}/state/{kind}/", content, token=token)
    assert host.play(TASKS) == 1
    assert host.state(room_id, "m.room.name") == {"name": "The fleet"}
    assert host.state(room_id, "m.room.avatar") == {"url": "mxc://mosaic.test/x"}


def test_a_revoked_token_is_renewed_on_the_same_device(host: Host) -> None:
    host.play(TASKS)
    devices, old = host.devices(), host.env["MATRIX_ACCESS_TOKEN"]
    host.synapse.call("POST", "/_matrix/client/v3/logout", {}, token=old)
    assert host.devices() == []
    assert host.play(TASKS) == 1
    assert host.devices() == devices
    assert host.env["MATRIX_ACCESS_TOKEN"] != old
    assert not [secret for secret in host.secrets() | {old} if secret in host.output[-1]]


def test_a_token_whose_answer_was_lost_ends_with_the_next_login(host: Host) -> None:
    """A module was killed while it logged in: Synapse keeps what it gave, beside what the device is given next."""
    host.play(TASKS)
    usual = host.devices()[0]
    lost = [host.log_in(device) for device in (usual, f"{usual}_2", f"{usual}_2")]
    assert all(map(host.lives, lost))
    (host.folder / "connector.env").write_text(
        "".join(f"{key}={value}\n" for key, value in host.env.items() if key != "MATRIX_ACCESS_TOKEN")
    )
    assert host.play(TASKS) == 1
    assert [host.lives(token) for token in lost] == [False, True, True]
    change = {"user_id": "{{ user_id }}", "credentials_path": "{{ env }}"}
    host.play([{"mosaic.fleet.matrix_token": {**change, "state": state}} for state in ("renewed", "settled")])
    assert not any(map(host.lives, lost))
    assert host.lives(host.env["MATRIX_ACCESS_TOKEN"])
    assert host.devices() == [f"{usual}_2"]


def test_a_check_of_an_empty_host_changes_nothing(host: Host) -> None:
    """It predicts the registration, without a token and without a file."""
    predicted = host.play(TASKS[2:3], "--check")
    assert predicted == 1
    assert not (host.folder / "connector.env").exists()
    with pytest.raises(urllib.error.HTTPError):
        host._admin("GET", f"/_synapse/admin/v2/users/{host.user_id}")


def test_an_admin_is_made_by_the_shared_secret_in_a_file(host: Host) -> None:
    """Twice, with a device of the name we chose."""
    secret = host.folder / "secret"
    secret.write_text(host.synapse.registration_shared_secret + "\n")
    secret.chmod(0o600)
    options = {
        "user_id": "{{ user_id }}",
        "credentials_path": "{{ env }}",
        "method": "shared_secret",
        "shared_secret_path": str(secret),
        "admin": True,
    }
    tasks = [{"mosaic.fleet.matrix_user": options}]
    assert [host.play(tasks), host.play(tasks)] == [1, 0]
    assert host._admin("GET", f"/_synapse/admin/v2/users/{host.user_id}")["admin"] is True
    assert len(host.devices()) == 1
    secret.write_text("wrong-shared-secret-in-the-file\n")
    other = {**options, "user_id": "@nobody:mosaic.test", "credentials_path": "{{ env }}2"}
    host.play([{"mosaic.fleet.matrix_user": other}], fails=True)
    assert "does not accept the shared secret" in host.output[-1]
    assert not (host.folder / "connector.env2").exists()
    assert not [
        secret for secret in host.secrets() | {"wrong-shared"} for text in host.output if secret in text
    ]


def test_an_account_and_its_room_are_taken_down(host: Host) -> None:
    """Twice; the room's alias is free and the account dead."""
    host.play(TASKS)
    token = host.env["MATRIX_ACCESS_TOKEN"]
    room = {**TASKS[3]["mosaic.fleet.matrix_room"], "state": "absent"}
    user = {"user_id": "{{ user_id }}", "credentials_path": "{{ env }}", "state": "absent"}
    assert host.play([{"mosaic.fleet.matrix_room": room}]) == 1
    assert host.play([{"mosaic.fleet.matrix_room": room}]) == 0
    assert host.play([{"mosaic.fleet.matrix_user": user}]) == 1
    assert host.play([{"mosaic.fleet.matrix_user": user}]) == 0
    assert (host.folder / "connector.env").read_text() == ""
    with pytest.raises(urllib.error.HTTPError):
        host.synapse.call("GET", "/_matrix/client/v3/account/whoami", token=token)
    revoke = {"name": "{{ localpart }}", "credentials_path": "{{ admin_env }}", "state": "absent"}
    tasks = [{"mosaic.fleet.matrix_registration_token": revoke, "no_log": True}]
    assert [host.play(tasks), host.play(tasks)] == [1, 0]
    assert host.tokens() == []


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "a wrong registration token": ({"registration_token": "no-such-token"}, "expired or used up"),
    "no registration token": ({}, "registers nobody without a registration token"),
    "a wrong password": (
        {"user_id": "{{ operator }}", "password": "no-such-password"},
        "accept the password",
    ),
    "a name that is taken": ({"user_id": "{{ operator }}"}, "no password is known here"),
    "a server that is down": ({"homeserver_url": "http://127.0.0.1:9"}, "cannot be reached"),
}


@pytest.mark.parametrize(("options", "sentence"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_sentence(host: Host, options: dict[str, Any], sentence: str) -> None:
    """No traceback, no file, and not the secret that was tried."""
    task = {
        "mosaic.fleet.matrix_user": {"user_id": "{{ user_id }}", "credentials_path": "{{ env }}", **options}
    }
    host.play([task], fails=True)
    assert sentence in host.output[-1]
    assert "Traceback" not in host.output[-1]
    assert "no-such-token" not in host.output[-1].replace(json.dumps(options), "")
    assert not (host.folder / "connector.env").exists()


def test_the_default_limits_of_a_synapse_are_respected(
    synapse_default_limits: Synapse, tmp_path: Path, request: Any
) -> None:
    """Too many logins: the module says how long the server wants to be left alone, and does not wait for it."""
    account = synapse_default_limits.register("limited")
    host = Host(synapse_default_limits, tmp_path, account, account, "limited")
    login = {
        "user_id": "{{ user_id }}",
        "credentials_path": "{{ env }}{{ item }}",
        "password": account.password,
    }
    host.play([{"mosaic.fleet.matrix_user": login, "loop": list(range(8))}], fails=True)
    assert re.search(r"wants \d+ (minutes|seconds) of quiet", host.output[-1])
    assert account.password not in host.output[-1]
