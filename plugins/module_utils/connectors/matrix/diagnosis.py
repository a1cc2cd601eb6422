# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Matrix line step by step: server, login, room, operators; nothing is joined and nothing sent.

Source: Matrix client-server API v1.11, "API Standards", "Rooms", "m.room.power_levels".
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from ..diagnosis import NOBODY, skipped
from ..errors import (
    ConfigError,
    ConnectorError,
    NotMatrixError,
    RateLimitedError,
    TlsError,
    UnknownTokenError,
)
from ..types import Check
from .http import MatrixHttp
from .identifiers import split_user_id
from .rooms import State, joined_rooms, read_state, resolve_alias

_MOVES_FOLLOWED = 16
_LOG_IN = (
    "Run the playbook mosaic.fleet.provision, which logs in again, or put a good token into the env file."
)


async def diagnose(
    http: MatrixHttp, user_id: str, room: str, operators: Sequence[str]
) -> AsyncIterator[Check]:
    """The four steps; `http` bounds every request."""
    server = await _server(http)
    yield server
    if server.state != "ok":
        for check in skipped("The homeserver cannot be asked.", "server"):
            yield check
        return
    login = await _login(http, user_id)
    yield login
    if login.state != "ok":
        for check in skipped("There is no login.", "login"):
            yield check
        return
    check, state = await _room(http, user_id, room)
    yield check
    yield (
        Check("operators", "skipped", "The room cannot be seen.")
        if state is None
        else _operators(state, operators)
    )


async def _server(http: MatrixHttp) -> Check:
    started = time.monotonic()
    try:
        await http.request("GET", "/_matrix/client/versions", authenticated=False)
    except TlsError as error:
        return Check(
            "server", "failed", str(error), "Name its authority's PEM file by ca_path in the settings."
        )
    except NotMatrixError as error:
        return Check("server", "failed", str(error), "Correct homeserver_url in the roster.")
    except RateLimitedError:
        return Check("server", "ok", f"{http.base_url} answers, and asks for fewer requests.")
    except ConnectorError as error:
        fix = f"Look whether it runs, and whether this host reaches it: curl {http.base_url}/_matrix/client/versions"
        return Check("server", "failed", str(error), fix)
    return Check("server", "ok", f"{http.base_url} answers in {(time.monotonic() - started) * 1000:.0f} ms.")


async def _login(http: MatrixHttp, user_id: str) -> Check:
    try:
        who = (await http.request("GET", "/_matrix/client/v3/account/whoami")).get("user_id")
    except UnknownTokenError as error:
        return Check("login", "failed", str(error), _LOG_IN)
    except ConnectorError as error:
        return Check("login", "failed", str(error), "Try again; if it stays, look into the homeserver's log.")
    if who != user_id:
        return Check(
            "login", "failed", f"The access token belongs to {who}, and {user_id} is expected.", _LOG_IN
        )
    return Check("login", "ok", f"The access token is good for {user_id}.")


async def _room(http: MatrixHttp, user_id: str, room: str) -> tuple[Check, State | None]:
    """The check, and the room's state where it can be seen."""
    try:
        room_id = await resolve_alias(http, room) if room.startswith("#") else room
        if room_id is None:
            fix = "Correct room_id in the roster, or run the playbook mosaic.fleet.provision, which makes the room."
            return Check("room", "failed", f"No room has the alias {room}.", fix), None
        joined = await joined_rooms(http)
        state = await read_state(http, room_id) if room_id in joined else None
        for _move in range(_MOVES_FOLLOWED):
            successor = _successor(state)
            if successor not in joined:
                break
            # The bridge follows an upgrade by itself.
            room, state = successor, await read_state(http, successor)
    except ConnectorError as error:
        return Check(
            "room", "failed", str(error), "Try again; if it stays, look into the homeserver's log."
        ), None
    if state is None:
        fix = f"Invite {user_id} into it: the bridge accepts by itself."
        return Check("room", "failed", f"{user_id} is not in the room {room}.", fix), None
    return _judge(state, user_id, room), state


def _judge(state: State, user_id: str, room: str) -> Check:
    """Whether one can talk in a room that one is in."""
    successor = _successor(state)
    if successor:
        fix = f"Invite {user_id} into {successor}: the bridge follows by itself."
        return Check("room", "failed", f"The room {room} was replaced by {successor}.", fix)
    if _content(state, "m.room.encryption"):
        fix = "Use a room without encryption: another orchestrator_matrix_room_alias, and run the playbook again."
        return Check(
            "room", "failed", f"The room {room} is encrypted, which this connector cannot read.", fix
        )
    if not _may_talk(state, user_id):
        fix = f"Have a moderator of the room raise the power level of {user_id}."
        return Check("room", "failed", f"{user_id} may not send messages in {room}.", fix)
    name = _content(state, "m.room.name").get("name")
    return Check(
        "room", "ok", f"Joined to {room}" + (f" ({name})." if isinstance(name, str) and name else ".")
    )


def _successor(state: State | None) -> str:
    successor = _content(state or {}, "m.room.tombstone").get("replacement_room")
    return successor if isinstance(successor, str) else ""


def _operators(state: State, operators: Sequence[str]) -> Check:
    if not operators:
        return NOBODY
    # The list may hold the ids of other kinds as well, so that a switch needs no other list.
    own = [one for one in operators if _is_user_id(one)]
    if not own:
        detail = f"None of the operators is a Matrix user id: {', '.join(operators)}."
        return Check("operators", "failed", detail, "Write them as @name:server, in quotes.")
    by_state = {one: str(_content(state, "m.room.member", one).get("membership", "absent")) for one in own}
    told = ", ".join(f"{one} ({_WORDS.get(how, how)})" for one, how in by_state.items())
    if "join" in by_state.values():
        return Check("operators", "ok", f"{told}.")
    if "invite" in by_state.values():
        return Check(
            "operators", "failed", f"{told}.", "Accept the invitation in a Matrix client, as one of them."
        )
    return Check("operators", "failed", f"{told}.", "Invite them: run the playbook mosaic.fleet.provision.")


_WORDS = {
    "join": "in the room",
    "invite": "invited",
    "absent": "not in the room",
    "leave": "left",
    "ban": "banned",
}


def _may_talk(state: State, user_id: str) -> bool:
    levels = _content(state, "m.room.power_levels")
    users, events = _mapping(levels.get("users")), _mapping(levels.get("events"))
    own = users.get(user_id, levels.get("users_default", 0))
    needed = events.get("m.room.message", levels.get("events_default", 0))
    if not levels or not (isinstance(own, int) and isinstance(needed, int)) or own >= needed:
        return True
    # From room version 12 on the creators stand above all levels.
    version = str(_content(state, "m.room.create").get("room_version", "1"))
    creator = state.get(("m.room.create", ""), {}).get("sender")
    return version.isdigit() and int(version) >= 12 and creator == user_id


def _is_user_id(text: str) -> bool:
    try:
        split_user_id(text)
    except ConfigError:
        return False
    return True


def _content(state: State, kind: str, key: str = "") -> Mapping[str, Any]:
    return _mapping(state.get((kind, key), {}).get("content"))


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
