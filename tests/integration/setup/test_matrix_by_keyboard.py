# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`init` for kind matrix, typed in a real terminal against a real Synapse."""

from __future__ import annotations

import socket
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
    keyboard.choose("Which channel?", 2)
    keyboard.answer("Homeserver URL:", synapse.url, clear=True)
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


def test_a_dead_server_and_a_wrong_password_are_told_and_asked_again(
    keyboard: Keyboard, synapse: Synapse, operator: Account, name: str
) -> None:
    """Each wrong answer has its sentence, and the question comes again; a room is named by its id."""
    bot = synapse.register(name)
    room_id = synapse.create_room(operator)
    invitation = {"user_id": bot.user_id}
    path = f"/_matrix/client/v3/rooms/{room_id}/invite"
    synapse.call("POST", path, invitation, token=operator.access_token)
    keyboard.start("init", "--kind", "matrix")
    keyboard.answer("Homeserver URL:", "http://127.0.0.1:9", clear=True)
    keyboard.see("http://127.0.0.1:9 cannot be reached")
    keyboard.answer("Homeserver URL:", synapse.url, times=2, clear=True)
    keyboard.answer("User id of the orchestrator:", "mos")
    keyboard.see("is expected to look like @orchestrator:example.org, found 'mos'")
    keyboard.answer("User id of the orchestrator:", bot.user_id, times=2, clear=True)
    keyboard.choose("How does it get in?", 0)
    keyboard.answer("Password of", "not the password")
    keyboard.see("does not accept the password")
    keyboard.answer("Password of", bot.password, times=2)
    keyboard.see(f"Logged in as {bot.user_id}")
    keyboard.answer("Operators", operator.user_id)
    keyboard.answer("Room:", room_id, clear=True)
    keyboard.see(f"{operator.user_id} is in the room")
    keyboard.answer("Write these?")
    shown = keyboard.ends(0)
    assert bot.password not in shown
    assert keyboard.connector()["matrix"]["room_id"] == room_id
    assert "MATRIX_PASSWORD" not in read_env_file(keyboard.env_file)


def test_what_a_stopped_setup_made_is_named_and_taken_up(
    keyboard: Keyboard, synapse: Synapse, operator: Account, name: str
) -> None:
    """Ctrl-C at the very last question: the files are untouched; the next run has nothing left to make."""
    user_id, alias = f"@{name}:{synapse.server_name}", f"#{name}:{synapse.server_name}"
    before = keyboard.snapshot()
    keyboard.environment["MATRIX_REGISTRATION_TOKEN"] = registration_token(synapse)
    answered = ["--kind", "matrix", "--homeserver-url", synapse.url, "--operator", operator.user_id]
    keyboard.start("init", *answered)
    keyboard.answer("User id of the orchestrator:", user_id)
    keyboard.choose("How does it get in?", 0)
    keyboard.answer("Password for", "")
    keyboard.answer("Room:", alias, clear=True)
    keyboard.answer("Make it?")
    keyboard.see("Write these?")
    keyboard.press("C-c")
    shown = keyboard.ends(130)
    assert NOTHING in shown
    assert f"On the server there is now: the account {user_id}; the room {alias}." in shown
    waiting = keyboard.env_file.with_name("connector.env.unfinished")
    after = keyboard.snapshot()
    assert {key: value for key, value in after.items() if key != waiting.name} == before
    assert stat.S_IMODE(waiting.stat().st_mode) == 0o600

    keyboard.start("init", *answered)
    keyboard.see("is taken up")
    keyboard.answer("User id of the orchestrator:")
    keyboard.see(f"The stored token of {user_id} works")
    keyboard.answer("Room:")
    keyboard.see(f"In the room {alias}")
    keyboard.answer("Write these?")
    keyboard.ends(0)
    assert not waiting.exists()
    assert set(read_env_file(keyboard.env_file)) >= {"MATRIX_ACCESS_TOKEN", "MATRIX_PASSWORD"}


def test_ctrl_c_at_any_question_leaves_everything_as_it_was(
    keyboard: Keyboard, synapse: Synapse, operator: Account, name: str
) -> None:
    """Byte for byte, inode and time, and no file beside them; nothing is left on the server either."""
    bot = synapse.register(name)
    answers = {
        "Which channel?": ["--kind", "matrix"],
        "Homeserver URL:": ["--homeserver-url", synapse.url],
        "User id of the orchestrator:": ["--user-id", bot.user_id],
        "How does it get in?": [],
        "Operators": ["--operator", operator.user_id],
        "Room:": ["--room-id", f"#{name}:{synapse.server_name}"],
        "Make it?": [],
    }
    before = keyboard.snapshot()
    given: list[str] = []
    for question, answer in answers.items():
        keyboard.start("init", *given)
        keyboard.see(question)
        keyboard.press("C-c")
        assert NOTHING in keyboard.ends(130), question
        assert keyboard.snapshot() == before, question
        given += answer
        if question == "How does it get in?":
            keyboard.environment["MATRIX_ACCESS_TOKEN"] = bot.access_token


def test_ctrl_c_while_a_server_keeps_silent(keyboard: Keyboard) -> None:
    """What is waited for is shown with its seconds, and need not be waited for to the end."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        before = keyboard.snapshot()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        keyboard.start("init", "--kind", "matrix", "--homeserver-url", url)
        keyboard.see(f"asking {url} (3 s)")
        keyboard.press("C-c")
        assert NOTHING in keyboard.ends(130)
        assert keyboard.snapshot() == before


def test_unattended_all_by_flags_and_again(
    keyboard: Keyboard, synapse: Synapse, operator: Account, name: str
) -> None:
    """The same without a terminal; a second time changes nothing, and switching away and back asks nothing."""
    bot = synapse.register(name)
    password = keyboard.folder / "password"
    password.write_text(bot.password)
    password.chmod(0o600)
    flags = ["--kind", "matrix", "--homeserver-url", synapse.url, "--user-id", bot.user_id]
    flags += ["--operator", operator.user_id, "--password-file", str(password), "--yes"]
    done = keyboard.run("init", *flags)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\x1b" not in done.stdout
    before = keyboard.snapshot()
    again = keyboard.run("init", *flags)
    assert (again.returncode, "nothing was changed" in again.stdout) == (0, True), again.stdout + again.stderr
    assert keyboard.snapshot() == before
    assert keyboard.run("switch", "tmux", "--yes").returncode == 0
    assert keyboard.connector()["kind"] == "tmux"
    back = keyboard.run("switch", "matrix", "--yes")
    assert back.returncode == 0, back.stdout + back.stderr
    assert keyboard.roster.read_bytes() == before["roster.yaml"][0]
