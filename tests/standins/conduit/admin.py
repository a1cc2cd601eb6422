# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of the admin room (src/service/admin/mod.rs): the only way to administrate."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from accounts import STRICT_LOCALPART, retire
from world import World, hashed


def obey(world: World, room_id: str, sender: str, body: str) -> None:
    """Carry out what was said to @conduit in the admin room, and say what became of it."""
    to_conduit = body.startswith((f"{world.server_user}: ", f"{world.server_user} "))
    if room_id != world.admin_room or sender == world.server_user or not to_conduit:
        return
    words = body.splitlines()[0].split()[1:]
    command = COMMANDS.get(words[0].replace("_", "-")) if words else None
    world.say(
        command(world, words[1:]) if command else f"error: unrecognized subcommand '{' '.join(words[:1])}'"
    )


def _create_user(world: World, words: list[str]) -> str:
    if not words or not STRICT_LOCALPART.match(words[0].lower()):
        return "The supplied username is not a valid username"
    user_id, password = (
        f"@{words[0].lower()}:{world.server_name}",
        (words[1:] or [secrets.token_urlsafe(11)])[0],
    )
    if user_id in world.data["users"]:
        return f"Userid {user_id} already exists"
    world.add_user(user_id, password)
    # The password is in the history of the room from now on, whoever chose it.
    return f"Created user with user_id: {user_id} and password: {password}"


def _reset_password(world: World, words: list[str]) -> str:
    user_id, password = f"@{(words or [''])[0].lower()}:{world.server_name}", secrets.token_urlsafe(11)
    if user_id not in world.data["users"]:
        return "The specified user does not exist"
    world.data["users"][user_id]["password"] = hashed(password)
    return f"Successfully reset the password for user {user_id}: {password}"


def _deactivate(world: World, words: list[str]) -> str:
    user_id = (words or [""])[-1]
    if user_id not in world.data["users"]:
        return f"User {user_id} doesn't exist on this server"
    retire(world, user_id)
    return f"User {user_id} has been deactivated"


def _allow_registration(world: World, words: list[str]) -> str:
    if not words:
        return f"Registration is currently {'enabled' if world.registration_open else 'disabled'}"
    # Forgotten at the next start.
    world.registration_open = words[0] == "true"
    return f"Registration is now {'enabled' if world.registration_open else 'disabled'}"


def _list_local_users(world: World, words: list[str]) -> str:
    users = sorted(user_id for user_id, user in world.data["users"].items() if user["password"])
    return f"Found {len(users)} local user account(s):\n" + "\n".join(users)


COMMANDS: dict[str, Callable[[World, list[str]], str]] = {
    "create-user": _create_user,
    "reset-password": _reset_password,
    "deactivate-user": _deactivate,
    "allow-registration": _allow_registration,
    "list-local-users": _list_local_users,
}
