# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module matrix_registration_info: who could still register on a Synapse."""

from __future__ import annotations

import json
import time

import pytest
from ansible_collections.mosaic.fleet.plugins.modules import matrix_registration_info


@pytest.fixture
def ask(run_main, synapse, tmp_path):
    credentials = tmp_path / "admin.env"
    token = synapse.add_user("admin", "password-of-admin", admin=True)
    credentials.touch(0o600)
    credentials.write_text(f"MATRIX_ACCESS_TOKEN={token}\n")

    def once() -> dict:
        result = run_main(
            matrix_registration_info, homeserver_url=synapse.url, credentials_path=str(credentials)
        )
        assert not any(name in json.dumps(result) for name in synapse.tokens)
        return result

    return once


def test_tokens_that_are_used_up_or_over_let_nobody_in(ask, synapse) -> None:
    """Whoever made them."""
    synapse.tokens.clear()
    now = time.time() * 1000
    assert (ask()["valid"], ask()["expires_at"]) == (0, None)

    def add(name: str, allowed: int | None, completed: int, ends: float | None) -> None:
        synapse.tokens[name] = {
            "token": name,
            "uses_allowed": allowed,
            "pending": 0,
            "completed": completed,
            "expiry_time": None if ends is None else int(ends),
        }

    add("used-up", 1, 1, now + 60_000)
    add("over", 1, 0, now - 60_000)
    assert ask()["valid"] == 0
    add("open", 1, 0, 4102444800000)
    assert (ask()["valid"], ask()["expires_at"]) == (1, "2100-01-01T00:00:00Z")
    add("for-ever", None, 7, None)
    assert (ask()["valid"], ask()["expires_at"]) == (2, None)
    assert synapse.writes == []
