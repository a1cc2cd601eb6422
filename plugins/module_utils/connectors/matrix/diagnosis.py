# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Matrix line step by step: server, login, room, operators; nothing is joined and nothing sent.

Source: Matrix client-server API v1.11, "API Standards", "Rooms", "m.room.power_levels".
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence

from ..diagnosis import NOBODY, skipped
from ..errors import ConfigError, ConnectorError, TlsError
from ..types import Check
from .entry import not_in_room_advice
from .errors import NotMatrixError, RateLimitedError, UnknownTokenError
from .http import MatrixHttp
from .identifiers import split_user_id
from .obstacles import content_of, find_limits, find_obstacle, successor_of
from .rooms import State, joined_rooms, own_membership, read_state, resolve_alias

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
    check, state = await _room(http, user_id, room, [one for one in operators if _is_user_id(one)])
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
        answer = await http.request("GET", "/_matrix/client/v3/account/whoami", make_sure=False)
    except UnknownTokenError as error:
        return Check("login", "failed", str(error), _LOG_IN)
    except ConnectorError as error:
        return Check("login", "failed", str(error), "Try again; if it stays, look into the homeserver's log.")
    if answer.identifier("user_id") != user_id:
        who = answer.words("user_id", limit=255) or "nobody"
        return Check(
            "login", "failed", f"The access token belongs to {who}, and {user_id} is expected.", _LOG_IN
        )
    return Check("login", "ok", f"The access token is good for {user_id}.")


async def _room(
    http: MatrixHttp, user_id: str, room: str, operators: Sequence[str]
) -> tuple[Check, State | None]:
    """The check, and the room's state where it can be seen."""
    try:
        room_id = await resolve_alias(http, room) if room.startswith("#") else room
        if room_id is None:
            fix = "Correct room_id in the roster, or run the playbook mosaic.fleet.provision, which makes the room."
            return Check("room", "failed", f"No room has the alias {room}.", fix), None
        joined = await joined_rooms(http)
        state = await read_state(http, room_id) if room_id in joined else None
        for _move in range(_MOVES_FOLLOWED):
            successor = successor_of(state)
            if successor not in joined:
                break
            # The bridge follows an upgrade by itself.
            room, state = successor, await read_state(http, successor)
        membership = None if state is not None else await own_membership(http, room_id, user_id)
    except ConnectorError as error:
        return Check(
            "room", "failed", str(error), "Try again; if it stays, look into the homeserver's log."
        ), None
    if state is None:
        fix = not_in_room_advice(membership, user_id)
        return Check("room", "failed", f"{user_id} is not in the room {room}.", fix), None
    return _judge(state, user_id, room, operators), state


def _judge(state: State, user_id: str, room: str, operators: Sequence[str]) -> Check:
    """Whether one can talk in a room that one is in."""
    obstacle = find_obstacle(state, user_id, room)
    if obstacle is not None:
        return Check("room", "failed", obstacle.what, obstacle.fix)
    name = content_of(state, "m.room.name").words("name")
    joined = f"Joined to {room}" + (f" ({name})." if name else ".")
    inside = [
        one for one in operators if content_of(state, "m.room.member", one).identifier("membership") == "join"
    ]
    return Check("room", "ok", " ".join(filter(None, [joined, find_limits(state, user_id, inside)])))


def _operators(state: State, operators: Sequence[str]) -> Check:
    if not operators:
        return NOBODY
    # The list may hold the ids of other kinds as well, so that a switch needs no other list.
    own = [one for one in operators if _is_user_id(one)]
    if not own:
        detail = f"None of the operators is a Matrix user id: {', '.join(operators)}."
        return Check("operators", "failed", detail, "Write them as @name:server, in quotes.")
    by_state = {
        one: content_of(state, "m.room.member", one).identifier("membership") or "absent" for one in own
    }
    told = ", ".join(f"{one} ({_in_words(how)})" for one, how in by_state.items())
    if "join" in by_state.values():
        return Check("operators", "ok", f"{told}.")
    if "invite" in by_state.values():
        return Check(
            "operators", "failed", f"{told}.", "Accept the invitation in a Matrix client, as one of them."
        )
    return Check("operators", "failed", f"{told}.", "Invite them: run the playbook mosaic.fleet.provision.")


def _in_words(membership: str) -> str:
    return _WORDS.get(membership, membership)


_WORDS = {
    "join": "in the room",
    "invite": "invited",
    "absent": "not in the room",
    "leave": "left",
    "ban": "banned",
}


def _is_user_id(text: str) -> bool:
    try:
        split_user_id(text)
    except ConfigError:
        return False
    return True
