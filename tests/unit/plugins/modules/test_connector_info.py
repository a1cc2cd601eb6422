# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module connector_info: what it finds is an answer; only what keeps it from asking is a failure."""

from __future__ import annotations

import json

import pytest
from ansible_collections.mosaic.fleet.plugins.modules import connector_health, connector_info


@pytest.fixture
def ask(run_main, env, matrix):
    """Ask as the account, once; what is returned is no failure, holds no secret and is the same in check mode."""
    block, token = matrix

    def once(**options):
        found = [
            run_main(
                connector_info,
                connector=block,
                credentials_path=env(f"MATRIX_ACCESS_TOKEN={token}\n"),
                delay=0.01,
                check=check,
                **options,
            )
            for check in (False, True)
        ]
        assert token not in json.dumps(found)
        assert [(one["changed"], one["kind"], "failed" in one) for one in found] == [
            (False, "matrix", False)
        ] * 2
        return found[0]

    return once


def verdict(found):
    return found["reachable"], found["authenticated"], found["obstructed"]


def test_a_line_that_is_up(ask, synapse):
    found = ask()
    assert (verdict(found), found["attempts"]) == ((True, True, False), 1)
    assert found["last_seen"].endswith("Z")
    assert synapse.writes == []


def test_a_token_that_died(ask, synapse):
    synapse.expire_tokens("mos")
    assert verdict(ask(retries=3)) == (True, False, False)
    assert len(synapse.asked("GET", "/whoami")) == 2  # the run and its check, each once


def test_an_account_that_was_put_out_of_its_room_is_up_and_cannot_talk(ask, synapse):
    """An initial sync shows what was its own."""
    room_id, room = next(iter(synapse.rooms.items()))
    room.put("m.room.member", {"membership": "leave"}, "@admin:hs.test", "@mos:hs.test")
    left = {"timeline": {"events": [room.state["m.room.member", "@mos:hs.test"]]}}
    synapse.route(
        "GET",
        "/_matrix/client/v3/sync",
        lambda _request: {"next_batch": "1", "rooms": {"leave": {room_id: left}}},
    )
    found = ask()
    assert verdict(found) == (True, True, True)
    assert "not joined to" in found["detail"]


@pytest.mark.parametrize(("retries", "asked"), [(0, 1), (2, 3)])
def test_a_homeserver_that_is_away_is_asked_as_often_as_one_likes(ask, matrix, retries, asked):
    matrix[0]["matrix"]["homeserver_url"] = "http://127.0.0.1:9"
    found = ask(retries=retries)
    assert (verdict(found), found["attempts"]) == ((False, False, False), asked)
    assert "127.0.0.1:9" in found["detail"]


def test_what_keeps_it_from_asking_is_a_failure(run_main):
    assert "timeout is expected" in run_main(connector_info, timeout=0.0)["msg"]
    assert (
        "mutually exclusive" in run_main(connector_info, roster_path="/x", connector={"kind": "tmux"})["msg"]
    )


def test_both_return_the_same(ask, run_main, env, matrix):
    """So that one takes the place of the other."""
    block, token = matrix
    asserted = run_main(
        connector_health, connector=block, credentials_path=env(f"MATRIX_ACCESS_TOKEN={token}\n")
    )
    assert asserted.keys() == ask().keys()
