# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`init` for kind matrix, typed in a real terminal against a real Synapse."""

from __future__ import annotations

import stat
from uuid import uuid4

import pytest
from integration.setup.conftest import ROSTER, Keyboard
from integration.synapse import Account, Synapse
from mosaic_connectors.envfile import read_env_file

NOTHING = "Nothing was written"


@pytest.fixture
def operator(synapse: Synapse) -> Account:
    return synapse.register(f"op_{uuid4().hex[:8]}")


@pytest.fixture
def name() -> str:
    return f"mos_{uuid4().hex[:8]}"


def registration_token(synapse: Synapse) -> str:
    admin = synapse.register(f"admin_{uuid4().hex[:8]}", admin=True)
    made = synapse.call(
        "POST",
        "/_synapse/admin/v1/registration_tokens/new",
        {"uses_allowed": 1},
        token=admin.access_token,
    )
    return str(made["token"])


def up_to_account(keyboard: Keyboard, synapse: Synapse, user_id: str) -> None:
    """The first three answers."""
    keyboard.choose("Which channel?", 1)
    keyboard.answer("Homeserver URL:", synapse.url)
    keyboard.answer("User id of the orchestrator:", user_id)


def up_to_diff(keyboard: Keyboard, operator: Account, room: str) -> None:
    """From the operators to the diff."""
    keyboard.answer("Operators", operator.user_id)
    keyboard.answer("Room:", room, clear=True)
    keyboard.answer("Make it?")
    keyboard.see("A test message is in the room")
    keyboard.see("Write these?")


def texts(synapse: Synapse, account: Account, room_id: str) -> list[str]:
    """What stands in a room for one who joins it."""
    synapse.call("POST", f"/_matrix/client/v3/join/{room_id}", {}, token=account.access_token)
    page = synapse.call(
        "GET", f"/_matrix/client/v3/rooms/{room_id}/messages?dir=b&limit=50", token=account.access_token
    )
    return [event["content"].get("body", "") for event in page["chunk"] if event["type"] == "m.room.message"]


def test_a_new_account_and_a_new_room(
    keyboard: Keyboard, synapse: Synapse, operator: Account, name: str
) -> None:
    """Registration with a token, a generated password, a room made, the operator invited, a message sent."""
    user_id, token = f"@{name}:{synapse.server_name}", registration_token(synapse)
    before = keyboard.snapshot()
    keyboard.start("init")
    up_to_account(keyboard, synapse, user_id)
    keyboard.see("does not exist yet")
    keyboard.choose("How does it get in?", 0)
    keyboard.answer("Registration token", token)
    keyboard.answer("Password for", "")
    keyboard.see("Registered")
    up_to_diff(keyboard, operator, f"#{name}:{synapse.server_name}")
    assert {key: value for key, value in keyboard.snapshot().items() if key in before} == before
    keyboard.press("Enter")
    shown = keyboard.ends(0)
    stored = read_env_file(keyboard.env_file)
    assert set(stored) == {"MATRIX_USER_ID", "MATRIX_DEVICE_ID", "MATRIX_ACCESS_TOKEN", "MATRIX_PASSWORD"}
    assert stat.S_IMODE(keyboard.env_file.stat().st_mode) == 0o600
    assert not [
        secret
        for secret in (token, *stored.values())
        if secret in shown and not secret.startswith(("@", "MOSAIC"))
    ]
    block = keyboard.connector()
    assert (block["kind"], block["matrix"]["user_id"]) == ("matrix", user_id)
    assert keyboard.roster.read_text().startswith(ROSTER)
    assert keyboard.operators() == [operator.user_id]
    assert any("This line is set up" in text for text in texts(synapse, operator, block["matrix"]["room_id"]))
    assert sorted(file.name for file in keyboard.folder.iterdir()) == [
        "connector.env",
        "roster.yaml",
        "settings.yaml",
    ]
    health = keyboard.run("health")
    assert health.returncode == 0, health.stdout + health.stderr
