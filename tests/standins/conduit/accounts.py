# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Registering, logging in and out (src/api/client_server/account.rs and session.rs, src/service/uiaa)."""

from __future__ import annotations

import re
import secrets
from typing import Any

from errors import MatrixError, UiaError, forbidden, not_found
from server import Request, route
from world import World, matches

STRICT_LOCALPART = re.compile(r"[a-z0-9._=/+-]+\Z")


def _user_id(world: World, username: str) -> str:
    name = username.lower()
    if not STRICT_LOCALPART.match(name):
        raise MatrixError(400, "M_INVALID_USERNAME", "Username is invalid.")
    user_id = f"@{name}:{world.server_name}"
    if user_id in world.data["users"]:
        raise MatrixError(400, "M_USER_IN_USE", "Desired user ID is already taken.")
    return user_id


@route("GET", "/register/available")
def available(world: World, request: Request) -> dict:
    """Works while registration is closed."""
    _user_id(world, request.query.get("username", ""))
    return {"available": True}


@route("POST", "/register", limit="registration")
def register(world: World, request: Request) -> dict:
    """Closed, then the name, then the authentication: in this order."""
    if not world.registration_open:
        raise forbidden("Registration has been disabled.")
    session = (request.body.get("auth") or {}).get("session")
    body = {**world.sessions.get(session, {}).get("body", {}), **request.body}
    user_id = _user_id(world, body.get("username") or secrets.token_hex(5))
    stage = "m.login.dummy" if world.settings["registration_token"] is None else "m.login.registration_token"
    authenticate(world, body, stage)
    world.add_user(user_id, body.get("password"))
    if body.get("inhibit_login"):
        # The trap: it is an account, but the right of the first one goes to whoever comes next.
        world.save()
        return {"user_id": user_id}
    device_id, token = world.add_device(user_id, body.get("device_id"))
    world.say(f"New user {user_id} registered on this server.", "m.notice")
    members = [
        key
        for (kind, key), event in world.state(world.admin_room).items()
        if kind == "m.room.member" and event["content"]["membership"] == "join"
    ]
    if members == [world.server_user]:
        world.make_admin(user_id)
    world.save()
    return {"user_id": user_id, "device_id": device_id, "access_token": token}


def authenticate(world: World, body: dict[str, Any], stage: str, user_id: str | None = None) -> None:
    """User-interactive authentication of one stage; raises `UiaError` until it is done."""
    auth = body.get("auth")
    if not isinstance(auth, dict):
        session = secrets.token_urlsafe(16)
        world.sessions[session] = {"body": body}
        raise UiaError({"flows": [{"stages": [stage]}], "completed": [], "params": {}, "session": session})
    session = auth.get("session") or secrets.token_urlsafe(16)
    if auth.get("session") is not None and session not in world.sessions:
        raise forbidden("UIAA session does not exist.")
    answer = {"flows": [{"stages": [stage]}], "completed": [], "params": {}, "session": session}
    if auth.get("type") == stage == "m.login.registration_token":
        if str(auth.get("token", "")).strip() != world.settings["registration_token"]:
            raise UiaError({**answer, "errcode": "M_FORBIDDEN", "error": "Invalid registration token."})
    elif auth.get("type") == stage == "m.login.password":
        kept = world.data["users"][user_id]["password"] if user_id else None
        if not kept or not matches(str(auth.get("password", "")), kept):
            raise UiaError({**answer, "errcode": "M_FORBIDDEN", "error": "Invalid username or password."})
    elif auth.get("type") != stage:
        raise UiaError(answer)
    world.sessions.pop(session, None)


@route("GET", "/login")
def flows(world: World, request: Request) -> dict:
    """How to log in."""
    return {"flows": [{"type": "m.login.password"}, {"type": "m.login.application_service"}]}


@route("POST", "/login", limit="login")
def log_in(world: World, request: Request) -> dict:
    """With a password alone; the old token of the same device dies."""
    identifier = request.body.get("identifier") or {}
    name = str(identifier.get("user") or request.body.get("user") or "").lower()
    user_id = name if name.startswith("@") else f"@{name}:{world.server_name}"
    user = world.data["users"].get(user_id)
    if user is None or user["password"] is None:
        raise forbidden("Wrong username or password.")
    if user["password"] == "":
        raise MatrixError(403, "M_USER_DEACTIVATED", "The user has been deactivated")
    if not matches(str(request.body.get("password", "")), user["password"]):
        raise forbidden("Wrong username or password.")
    device_id, token = world.add_device(user_id, request.body.get("device_id"))
    world.save()
    return {
        "user_id": user_id,
        "device_id": device_id,
        "access_token": token,
        "home_server": world.server_name,
    }


@route("GET", "/account/whoami", auth=True)
def whoami(world: World, request: Request) -> dict:
    """The owner of the token."""
    return {"user_id": request.user_id, "device_id": request.device_id, "is_guest": False}


@route("POST", "/logout", auth=True)
def log_out(world: World, request: Request) -> dict:
    """This device alone; `/logout/all` is broken."""
    del world.data["users"][request.user_id]["devices"][request.device_id]
    world.save()
    return {}


@route("POST", "/logout/all", auth=True)
def log_out_everywhere(world: World, request: Request) -> dict:
    """Broken for everybody but application services."""
    raise MatrixError(401, "M_MISSING_TOKEN", "Missing appservice token.")


@route("POST", "/account/deactivate", auth=True)
def deactivate(world: World, request: Request) -> dict:
    """For ever."""
    authenticate(world, request.body, "m.login.password", request.user_id)
    retire(world, request.user_id)
    world.save()
    return {"id_server_unbind_result": "no-support"}


def retire(world: World, user_id: str) -> None:
    """Nobody can log in to it again."""
    world.data["users"][user_id].update(password="", devices={})
    for room_id in world.joined(user_id):
        world.set_membership(room_id, user_id, "leave")


@route("GET", "/profile/{user_id}")
@route("GET", "/profile/{user_id}/displayname")
def profile(world: World, request: Request, user_id: str) -> dict:
    """Known without a token."""
    if user_id not in world.data["users"]:
        raise not_found("Profile was not found.")
    return {"displayname": world.data["users"][user_id]["displayname"]}


@route("PUT", "/profile/{user_id}/displayname", auth=True)
def set_displayname(world: World, request: Request, user_id: str) -> dict:
    """In every room as well."""
    world.data["users"][request.user_id]["displayname"] = request.body.get("displayname")
    for room_id in world.joined(request.user_id):
        world.set_membership(room_id, request.user_id, "join")
    world.save()
    return {}
