# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role, the modules and the connector rely on is true of the stand-in and of the real Conduit alike."""

from __future__ import annotations

import threading
import time
from urllib.parse import quote

import pytest
from integration.conduit.conftest import TOKEN, Conduit


@pytest.fixture
def running(conduit: Conduit) -> Conduit:
    conduit.start()
    return conduit


def admin_room(conduit: Conduit, token: str) -> str:
    return str(
        conduit.call("GET", f"/directory/room/{quote('#admins:fleet.example')}", token=token).json()[
            "room_id"
        ]
    )


def joined(conduit: Conduit, token: str) -> list[str]:
    return list(conduit.call("GET", "/joined_rooms", token=token).json()["joined_rooms"])


def make_room(conduit: Conduit, token: str, **more: object) -> str:
    answer = conduit.call("POST", "/createRoom", {"preset": "private_chat", **more}, token)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["room_id"])


def say(conduit: Conduit, token: str, room_id: str, text: str, txn: str) -> str:
    path = f"/rooms/{quote(room_id)}/send/m.room.message/{txn}"
    answer = conduit.call("PUT", path, {"msgtype": "m.text", "body": text}, token)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["event_id"])


def error(answer: object) -> tuple[int, str]:
    return answer.status_code, answer.json().get("errcode", "")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"registration_token": ""}, "Registration token is empty"),
        ({"server_name": None}, "missing field `server_name`"),
        ({"port": "8008"}, "invalid type"),
    ],
)
def test_a_wrong_configuration_stops_the_start(conduit: Conduit, settings: dict, words: str) -> None:
    conduit.configure(**settings)
    assert words in conduit.fails()


def test_a_database_belongs_to_one_name_and_one_backend(running: Conduit) -> None:
    running.stop()
    running.configure(server_name="other.example")
    assert "Cannot reuse an existing database" in running.fails()
    running.configure(database_backend="rocksdb")
    assert "Found sqlite at database_path" in running.fails()


def test_registration_is_refused_in_conduits_order(running: Conduit) -> None:
    """The name is looked at before the token, and a wrong token is a 401 with the flows."""
    body = {"username": "one", "password": "secret"}
    asked = running.call("POST", "/register", body)
    assert asked.status_code == 401
    assert asked.json()["flows"] == [{"stages": ["m.login.registration_token"]}]
    wrong = running.call(
        "POST", "/register", {**body, "auth": {"type": "m.login.registration_token", "token": "no"}}
    )
    assert error(wrong) == (401, "M_FORBIDDEN")
    running.register("one")
    assert error(running.call("POST", "/register", body)) == (400, "M_USER_IN_USE")
    assert error(running.call("POST", "/register", {**body, "username": "a b"})) == (
        400,
        "M_INVALID_USERNAME",
    )


def test_a_session_remembers_the_request(running: Conduit) -> None:
    """The answer to the challenge may leave everything out but the session."""
    session = running.call("POST", "/register", {"username": "one", "password": "secret"}).json()["session"]
    auth = {"type": "m.login.registration_token", "token": TOKEN, "session": session}
    assert running.call("POST", "/register", {"auth": auth}).json()["user_id"] == "@one:fleet.example"


def test_the_first_account_alone_is_an_administrator(running: Conduit) -> None:
    first, second = running.register("first"), running.register("second")
    room = admin_room(running, first["access_token"])
    assert room in joined(running, first["access_token"])
    assert room not in joined(running, second["access_token"])


def test_an_account_without_a_login_hands_the_right_to_the_next_one(running: Conduit) -> None:
    assert "access_token" not in running.register("first", inhibit_login=True)
    second = running.register("second")
    assert admin_room(running, second["access_token"]) in joined(running, second["access_token"])


def test_a_closed_registration_still_tells_which_names_are_free(running: Conduit) -> None:
    running.register("first")
    running.stop()
    running.configure(allow_registration=False, registration_token=None)
    running.start()
    assert error(running.call("POST", "/register", {})) == (403, "M_FORBIDDEN")
    assert running.call("GET", "/register/available", username="second").json() == {"available": True}
    assert error(running.call("GET", "/register/available", username="first")) == (400, "M_USER_IN_USE")


def test_the_administrator_commands_in_the_room(running: Conduit) -> None:
    """The reply is a plain message of @conduit, and it holds the password."""
    token = running.register("first")["access_token"]
    room = admin_room(running, token)
    say(running, token, room, "@conduit:fleet.example: create-user second chosen", "1")
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        chunk = running.call("GET", f"/rooms/{quote(room)}/messages", token=token, dir="b").json()["chunk"]
        replies = [event for event in chunk if "Created user" in event["content"].get("body", "")]
        if replies:
            break
        time.sleep(0.1)
    assert replies[0]["sender"] == "@conduit:fleet.example"
    assert "m.relates_to" not in replies[0]["content"]
    assert "password: chosen" in replies[0]["content"]["body"]


def test_a_login_on_the_same_device_kills_its_old_token(running: Conduit) -> None:
    old = running.register("first", device_id="ONE")["access_token"]
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": "first"},
        "password": "secret",
    }
    new = running.call("POST", "/login", {**body, "device_id": "ONE"}).json()["access_token"]
    assert error(running.call("GET", "/account/whoami", token=old)) == (401, "M_UNKNOWN_TOKEN")
    assert running.call("GET", "/account/whoami", token=new).json()["device_id"] == "ONE"
    assert error(running.call("POST", "/login", {**body, "password": "no"})) == (403, "M_FORBIDDEN")


def test_a_sync_shows_ten_messages_whatever_the_filter_says(running: Conduit) -> None:
    token = running.register("first")["access_token"]
    room = make_room(running, token)
    since = running.call("GET", "/sync", token=token).json()["next_batch"]
    sent = [say(running, token, room, f"message {number}", str(number)) for number in range(26)]
    limit = '{"room":{"timeline":{"limit":50}}}'
    timeline = running.call("GET", "/sync", token=token, since=since, filter=limit).json()["rooms"]["join"][
        room
    ]["timeline"]
    assert timeline["limited"] is True
    assert [event["event_id"] for event in timeline["events"]] == sent[-10:]
    gap, start = [], since
    while True:
        page = running.call(
            "GET", f"/rooms/{quote(room)}/messages", token=token, dir="f", limit=100,
            **{"from": start, "to": timeline["prev_batch"]},
        ).json()  # fmt: skip
        gap += [event["event_id"] for event in page["chunk"]]
        if not page["chunk"]:
            break
        start = page["end"]
    assert gap[:16] == sent[:16]


def test_a_long_poll_wakes_with_nothing_and_the_next_one_has_it(running: Conduit) -> None:
    token = running.register("first")["access_token"]
    room = make_room(running, token)
    since = running.call("GET", "/sync", token=token).json()["next_batch"]
    since = running.call("GET", "/sync", token=token, since=since, timeout=0).json()["next_batch"]
    timer = threading.Timer(1, say, (running, token, room, "hello", "1"))
    timer.start()
    began = time.monotonic()
    answer = running.call("GET", "/sync", token=token, since=since, timeout=20000).json()
    timer.join()
    assert time.monotonic() - began < 15
    assert answer["next_batch"] == since
    assert not answer.get("rooms", {}).get("join")
    assert running.call("GET", "/sync", token=token, since=since).json()["rooms"]["join"][room]["timeline"][
        "events"
    ]


def test_a_transaction_id_counts_for_the_device_in_every_room(running: Conduit) -> None:
    token = running.register("first")["access_token"]
    one, two = make_room(running, token), make_room(running, token)
    assert say(running, token, one, "first", "same") == say(running, token, two, "lost", "same")
    running.stop()
    running.start()
    assert say(running, token, two, "lost again", "same") == say(running, token, one, "first", "same")


def test_a_taken_alias_is_refused_in_its_two_ways(running: Conduit) -> None:
    token = running.register("first")["access_token"]
    room = make_room(running, token, room_alias_name="one")
    again = running.call("POST", "/createRoom", {"room_alias_name": "one"}, token)
    assert error(again) == (400, "M_ROOM_IN_USE")
    put = running.call("PUT", f"/directory/room/{quote('#one:fleet.example')}", {"room_id": room}, token)
    assert error(put) == (409, "M_UNKNOWN")


def test_somebody_who_is_not_there_yet_can_be_invited(running: Conduit) -> None:
    """So the operators of a room are invited before they have registered."""
    token = running.register("first")["access_token"]
    room = make_room(running, token, room_alias_name="one")
    invited = running.call("POST", f"/rooms/{quote(room)}/invite", {"user_id": "@later:fleet.example"}, token)
    assert invited.status_code == 200
    later = running.register("later")["access_token"]
    joined_room = running.call("POST", f"/join/{quote('#one:fleet.example')}", {}, later)
    assert joined_room.json() == {"room_id": room}


def test_a_new_room_has_an_id_without_a_domain(running: Conduit) -> None:
    room = make_room(running, running.register("first")["access_token"])
    assert room.startswith("!")
    assert ":" not in room


def test_what_is_off_or_unknown_says_so(running: Conduit) -> None:
    assert running.call("GET", "/_matrix/federation/v1/version").status_code == 500
    assert (
        running.http.get("/.well-known/matrix/client").json()["m.homeserver"]["base_url"]
        == "https://fleet.example"
    )
    assert error(running.call("GET", "/nowhere")) == (404, "M_UNRECOGNIZED")
    assert error(running.call("DELETE", "/_matrix/client/versions")) == (405, "M_UNRECOGNIZED")
    assert error(running.call("GET", "/joined_rooms")) == (401, "M_MISSING_TOKEN")
    assert error(running.call("GET", "/joined_rooms", token="dead")) == (401, "M_UNKNOWN_TOKEN")
    assert running.call("GET", "/joined_rooms", access_token="dead").status_code == 500
