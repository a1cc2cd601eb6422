# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module conduit_admin_info: who is in #admins is an administrator."""

from __future__ import annotations

import json

import pytest
from ansible_collections.mosaic.fleet.plugins.modules import conduit_admin_info

ADMIN, OTHER = "@fleet-admin:hs.test", "@other:hs.test"


@pytest.fixture
def ask(run_main, conduit, tmp_path):
    """Ask about the owner of a token."""

    def once(token: str) -> dict:
        credentials = tmp_path / "admin.env"
        credentials.touch(0o600)
        credentials.write_text(f"MATRIX_ACCESS_TOKEN={token}\n")
        result = run_main(conduit_admin_info, homeserver_url=conduit.url, credentials_path=str(credentials))
        assert token not in json.dumps(result)
        return result

    return once


def test_whoever_is_in_the_admin_room_is_an_administrator(conduit, ask) -> None:
    admin, other = conduit.add_user("fleet-admin", "password-1"), conduit.add_user("other", "password-2")
    room_id = conduit.make_room(ADMIN, "#admins:hs.test")
    assert ask(admin) == {**ask(admin), "changed": False, "admin": True, "user_id": ADMIN, "room_id": room_id}
    assert ask(other)["admin"] is False


def test_a_server_without_an_admin_room_is_no_conduit(conduit, ask) -> None:
    token = conduit.add_user("other", "password-2")
    assert "is expected to be a Conduit, which has a room #admins:hs.test" in ask(token)["msg"]


def test_a_dead_token_is_one_sentence(conduit, ask) -> None:
    conduit.add_user("other", "password-2")
    assert ask("dead-token")["failed"] is True
