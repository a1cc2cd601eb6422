# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A member's permissions in a channel, by the documentation's order of roles and overwrites."""

from __future__ import annotations

from typing import Any

import pytest
from mosaic_connectors.border import Foreign
from mosaic_connectors.discord.permissions import NEEDED, granted_permissions, missing_permissions

VIEW, SEND = NEEDED["View Channel"], NEEDED["Send Messages"]
EVERYTHING = sum(NEEDED.values())


def granted(
    everyone: int, role: int = 0, overwrites: list[tuple[str, int, int]] | None = None, owner: str = "x"
) -> int:
    """Permissions of member `me` with the role `r` in guild `g`; overwrites are (id, allow, deny)."""
    guild = {
        "id": "g",
        "owner_id": owner,
        "roles": [{"id": "g", "permissions": str(everyone)}, {"id": "r", "permissions": str(role)}],
    }
    listed = [{"id": one, "allow": str(allow), "deny": str(deny)} for one, allow, deny in overwrites or []]
    return granted_permissions(
        Foreign(guild), Foreign({"permission_overwrites": listed}), Foreign({"roles": ["r"]}), "me"
    )


@pytest.mark.parametrize(
    ("everyone", "role", "overwrites", "may_send"),
    [
        (SEND, 0, [], True),
        (0, SEND, [], True),
        (SEND, 0, [("g", 0, SEND)], False),
        (SEND, 0, [("g", 0, SEND), ("r", SEND, 0)], True),
        (SEND, 0, [("r", SEND, 0), ("me", 0, SEND)], False),
        (0, 0, [("me", SEND, 0), ("r", 0, SEND)], True),
        (SEND, 0, [("somebody", 0, SEND)], True),
    ],
)
def test_roles_add_up_and_the_narrower_overwrite_wins(
    everyone: int, role: int, overwrites: list[tuple[str, int, int]], may_send: bool
) -> None:
    """Everyone, then roles, then the member."""
    assert bool(granted(everyone, role, overwrites) & SEND) is may_send


def test_owner_and_administrator_may_everything() -> None:
    """Whatever the overwrites say."""
    assert granted(0, overwrites=[("g", 0, EVERYTHING)], owner="me") & EVERYTHING == EVERYTHING
    assert granted(1 << 3, overwrites=[("g", 0, EVERYTHING)]) & EVERYTHING == EVERYTHING


def test_what_is_missing_is_named_as_discord_shows_it() -> None:
    """In the settings' own words; odd documents are no crash."""
    guild: dict[str, Any] = {"id": "g", "roles": [{"id": "g", "permissions": str(EVERYTHING & ~VIEW)}]}
    nothing = Foreign()
    assert missing_permissions(Foreign(guild), nothing, nothing, "me") == ["View Channel"]
    assert missing_permissions(nothing, nothing, nothing, "me") == list(NEEDED)
    odd = Foreign({"roles": "all", "permission_overwrites": [3, {"allow": [], "deny": "x"}]})
    assert missing_permissions(odd, odd, odd, "me") == list(NEEDED)
