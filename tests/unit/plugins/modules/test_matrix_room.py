# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module matrix_room on rooms by the rules of versions 11 and 12."""

from __future__ import annotations

import json

import pytest
from ansible_collections.mosaic.fleet.plugins.modules import matrix_room
from fakes.http_server import Reply
from fakes.rooms_server import POWER_LEVELS

from .conftest import secrets_of

ALIAS = "#fleet:hs.test"
MOS, OPERATOR, OTHER = "@mos:hs.test", "@operator:hs.test", "@other:hs.test"
WISH = {
    "alias": ALIAS,
    "name": "The fleet",
    "topic": "Orders and reports",
    "invite": [OPERATOR, MOS, OPERATOR],
    "power_levels": {"users": {OPERATOR: 100, MOS: 100}, "events_default": "0"},
    "history_visibility": "invited",
    "visibility": "private",
}


@pytest.fixture
def tokens(either):
    """Everybody's access token."""
    return {name: either.add_user(name, f"password-of-{name}") for name in ("mos", "operator", "other")}


@pytest.fixture
def run(run_main, either, tokens):
    """Run the module as somebody; no secret may come out."""

    def run_once(who="mos", **arguments):
        given = {"homeserver_url": either.url, "access_token": tokens[who]}
        result = run_main(matrix_room, **{**given, **arguments})
        printed = json.dumps(result)
        assert not [secret for secret in secrets_of(either) if secret in printed]
        return result

    return run_once


def test_one_call_makes_the_room_and_the_next_writes_nothing(either, run):
    """The second run is three looks: who am I, which room, its state, and the directory it asked about."""
    first = run(**WISH)
    assert (first["changed"], first["created"], first["alias"]) == (True, True, ALIAS)
    room = either.rooms[first["room_id"]]
    assert ":" not in first["room_id"]
    assert room.content("m.room.name") == {"name": "The fleet"}
    assert room.content("m.room.history_visibility") == {"history_visibility": "invited"}
    assert room.membership(OPERATOR) == "invite"
    assert room.content(POWER_LEVELS)["users"] == {OPERATOR: 100}
    assert room.content(POWER_LEVELS)["events"]["m.room.encryption"] == 100
    assert room.content(POWER_LEVELS)["ban"] == 50
    asked, written = len(either.requests), len(either.writes)
    second = run(**WISH)
    assert (second["changed"], second["created"], second["room_id"]) == (False, False, first["room_id"])
    assert len(either.writes) == written
    assert len(either.requests) - asked == 4


def test_a_check_predicts_a_room_and_makes_none(either, run):
    predicted = run(check=True, **WISH)
    assert either.rooms == {}
    done = run(**WISH)
    assert predicted["diff"] == done["diff"]
    assert (predicted["changed"], predicted["created"], predicted["room_id"]) == (True, True, None)


def test_only_what_is_given_is_corrected(either, run):
    room_id = run(**WISH)["room_id"]
    room = either.rooms[room_id]
    room.put("m.room.name", {"name": "Renamed"}, MOS)
    room.put("m.room.topic", {"topic": "Changed"}, MOS)
    written = len(either.writes)
    predicted = run(check=True, alias=ALIAS, name="The fleet")
    done = run(alias=ALIAS, name="The fleet")
    assert predicted["diff"] == done["diff"]
    assert done["diff"]["before"]["name"] == "Renamed"
    assert room.content("m.room.topic") == {"topic": "Changed"}
    assert len(either.writes) - written == 1


def test_power_levels_are_laid_over_the_whole_map(either, run):
    """Nobody loses what is not mentioned."""
    room_id = either.make_room(MOS, ALIAS)
    either.rooms[room_id].content(POWER_LEVELS)["users"][OTHER] = 75
    run(alias=ALIAS, power_levels={"users": {OPERATOR: 100}, "events": {"m.room.topic": 60}})
    levels = either.rooms[room_id].content(POWER_LEVELS)
    assert levels["users"] == {OTHER: 75, OPERATOR: 100}
    assert levels["events"] == {"m.room.name": 50, "m.room.topic": 60}
    assert levels["ban"] == 50


def test_before_version_12_a_creator_has_a_level(either, run):
    wish = {**WISH, "power_levels": {**WISH["power_levels"], "events": {"m.room.encryption": 50}}}
    room_id = run(**wish, room_version="11")["room_id"]
    assert either.rooms[room_id].content(POWER_LEVELS)["events"]["m.room.encryption"] == 50, "as it was given"
    assert room_id.endswith(":hs.test")
    assert either.rooms[room_id].content(POWER_LEVELS)["users"] == {MOS: 100, OPERATOR: 100}


def test_power_is_given_away_last(either, run):
    """Who lowers the power to change the name changes the name first."""
    either.make_room(MOS, ALIAS)
    run(alias=ALIAS, name="The fleet", invite=[OPERATOR], power_levels={"events": {"m.room.name": 100}})
    paths = [request.path for request in either.writes]
    assert "power_levels" in paths[-1]


def test_only_who_is_missing_is_invited(either, run):
    room_id = either.make_room(MOS, ALIAS)
    room = either.rooms[room_id]
    room.put("m.room.member", {"membership": "join"}, OPERATOR, OPERATOR)
    room.put("m.room.member", {"membership": "leave"}, OTHER, OTHER)
    result = run(alias=ALIAS, invite=[OPERATOR, OTHER])
    assert [request.body for request in either.asked("POST", "/invite")] == [{"user_id": OTHER}]
    assert result["diff"]["before"]["members"] == {OPERATOR: "join", OTHER: "leave"}
    assert run(alias=ALIAS, invite=[OPERATOR, OTHER])["changed"] is False


def test_invites_that_a_server_drops_at_creation_are_made_up_for(either, run):
    """Conduit ignores a failed invite in createRoom."""
    either.drops_invites = True
    room_id = run(**WISH)["room_id"]
    assert either.rooms[room_id].membership(OPERATOR) == "invite"


def test_who_is_invited_joins_by_the_same_call(either, run):
    room_id = either.make_room(OPERATOR, ALIAS)
    either.rooms[room_id].put("m.room.member", {"membership": "invite"}, OPERATOR, MOS)
    predicted = run(alias=ALIAS, check=True)
    done = run(alias=ALIAS)
    assert predicted["diff"] == done["diff"]
    assert (done["created"], done["room_id"]) == (False, room_id)
    assert either.rooms[room_id].membership(MOS) == "join"
    assert run(alias=ALIAS)["changed"] is False


def test_an_alias_taken_in_the_meantime_is_joined(either, run):
    """M_ROOM_IN_USE between the look and the creation: the room that came to be is the one."""
    original = either.answer

    def race(request):
        if request.path.endswith("/createRoom") and not either.rooms:
            either.make_room(OPERATOR, ALIAS, public=True)
        return original(request)

    either.answer = race
    result = run(alias=ALIAS)
    assert result["room_id"] == either.aliases[ALIAS]
    assert either.rooms[result["room_id"]].membership(MOS) == "join"


def test_a_room_by_its_id_gets_an_alias(either, run):
    room_id = either.make_room(MOS)
    assert run(room_id=room_id, alias=ALIAS)["changed"] is True
    assert either.aliases == {ALIAS: room_id}
    assert run(room_id=room_id, alias=ALIAS)["changed"] is False
    assert run(room_id=room_id)["changed"] is False


def test_the_public_directory_is_kept(either, run):
    room_id = either.make_room(MOS, ALIAS)
    run(alias=ALIAS, visibility="public")
    assert either.rooms[room_id].listed == "public"
    assert run(alias=ALIAS)["changed"] is False


def test_encryption_is_turned_on_and_never_off(either, run):
    room_id = either.make_room(MOS, ALIAS)
    assert run(alias=ALIAS, encrypted=False)["changed"] is False
    assert run(alias=ALIAS, encrypted=True)["changed"] is True
    assert run(alias=ALIAS, encrypted=True)["changed"] is False
    assert "cannot be turned off" in run(alias=ALIAS, encrypted=False)["msg"]
    assert either.rooms[room_id].content("m.room.encryption")["algorithm"] == "m.megolm.v1.aes-sha2"


def test_a_new_room_can_be_encrypted(either, run):
    room_id = run(alias=ALIAS, encrypted=True)["room_id"]
    assert either.rooms[room_id].content("m.room.encryption")
    assert run(alias=ALIAS, encrypted=True)["changed"] is False


def test_an_empty_name_removes_it(either, run):
    room_id = run(**WISH)["room_id"]
    assert run(alias=ALIAS, name="")["changed"] is True
    assert either.rooms[room_id].content("m.room.name") == {"name": ""}
    assert run(alias=ALIAS, name="")["changed"] is False


def test_absent_frees_the_alias_and_leaves(either, run):
    room_id = run(**WISH)["room_id"]
    predicted = run(alias=ALIAS, state="absent", check=True)
    assert either.aliases == {ALIAS: room_id}
    done = run(alias=ALIAS, state="absent")
    assert predicted["diff"] == done["diff"]
    assert (done["changed"], done["room_id"]) == (True, room_id)
    assert either.aliases == {}
    assert either.rooms[room_id].membership(MOS) == "leave"
    assert run(alias=ALIAS, state="absent")["changed"] is False
    assert run(room_id=room_id, state="absent")["changed"] is False


def test_a_dead_room_can_be_left_by_its_id(either, run):
    room_id = either.make_room(MOS)
    assert run(room_id=room_id, state="absent")["changed"] is True
    assert either.rooms[room_id].membership(MOS) == "leave"


def test_the_token_can_come_from_the_credentials_file(either, run_main, tokens, tmp_path):
    path = tmp_path / "connector.env"
    path.write_text(f"MATRIX_ACCESS_TOKEN={tokens['mos']}\n")
    path.chmod(0o600)
    result = run_main(matrix_room, homeserver_url=either.url, credentials_path=str(path), alias=ALIAS)
    assert result["created"] is True


BAD = {
    "alias of another server": ({"alias": "#fleet:elsewhere.test"}, "belongs to elsewhere.test"),
    "alias without a server": ({"alias": "#fleet"}, "#fleet:example.org"),
    "room id without its mark": ({"room_id": "fleet"}, "exclamation mark"),
    "invited without a server": ({"alias": ALIAS, "invite": ["operator"]}, "@orchestrator:example.org"),
    "unknown power": ({"alias": ALIAS, "power_levels": {"user": {}}}, "Did you mean 'users'?"),
    "power that is no map": ({"alias": ALIAS, "power_levels": {"users": 3}}, "expected to be a mapping"),
    "power of a template": (
        {"alias": ALIAS, "power_levels": {"users": {"{{ operator }}": 100}}},
        "Ansible does not fill in keys",
    ),
    "power of nobody": ({"alias": ALIAS, "power_levels": {"users": {"operator": 1}}}, "found 'operator'"),
    "power that is no number": ({"alias": ALIAS, "power_levels": {"ban": "much"}}, "whole number"),
    "power that is a truth": ({"alias": ALIAS, "power_levels": {"ban": True}}, "whole number"),
    "room that is not there": ({"room_id": "!nowhere"}, "cannot be joined"),
    "version that is not there": ({"alias": ALIAS, "room_version": "99"}, "has no room version '99'"),
    "neither alias nor id": ({}, "one of the following is required"),
}


@pytest.mark.parametrize(("arguments", "sentence"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_clear_sentence_and_changes_nothing(either, run, arguments, sentence):
    result = run(**arguments)
    assert result["failed"] is True
    assert sentence in result["msg"]
    assert either.rooms == {}


def test_an_alias_that_another_server_could_still_make_is_refused(either, run):
    """The other server answers, and knows no such room."""
    either.fail_next("GET", "/directory/room/", Reply(404, {"errcode": "M_NOT_FOUND", "error": "no"}))
    assert "only elsewhere.test could make it" in run(alias="#fleet:elsewhere.test")["msg"]


def test_a_room_of_another_server_can_be_joined_by_its_alias(either, run):
    room_id = either.make_room("@max:elsewhere.test", "#fleet:elsewhere.test", public=True)
    assert run(alias="#fleet:elsewhere.test")["changed"] is True
    assert either.rooms[room_id].membership(MOS) == "join"
    run(alias="#fleet:elsewhere.test", state="absent")
    assert "#fleet:elsewhere.test" in either.aliases


def test_alias_and_id_that_disagree_are_refused(either, run):
    room_id, other = either.make_room(MOS), either.make_room(MOS, ALIAS)
    assert f"names {other}" in run(alias=ALIAS, room_id=room_id)["msg"]


def test_who_is_not_invited_is_told_so(either, run):
    either.make_room(OPERATOR, ALIAS)
    assert "Have a member invite the account" in run(alias=ALIAS)["msg"]


def test_who_is_banned_is_not_invited(either, run):
    room_id = either.make_room(MOS, ALIAS)
    either.rooms[room_id].put("m.room.member", {"membership": "ban"}, MOS, OPERATOR)
    result = run(alias=ALIAS, name="The fleet", invite=[OPERATOR])
    assert f"{OPERATOR} cannot be invited" in result["msg"]
    assert either.writes == []


def test_power_that_is_missing_is_said(either, run):
    room_id = either.make_room(OPERATOR, ALIAS)
    either.rooms[room_id].put("m.room.member", {"membership": "join"}, MOS, MOS)
    assert "may not change m.room.name" in run(alias=ALIAS, name="The fleet")["msg"]


def test_a_dead_token_is_said(either, run):
    either.expire_tokens("mos")
    assert "M_UNKNOWN_TOKEN" in run(alias=ALIAS)["msg"]


def test_a_token_that_is_part_of_the_alias_is_refused(either, run_main):
    """Ansible would return the alias masked."""
    token = "fleet"
    either.users["mos"].devices["X"] = [token]
    result = run_main(matrix_room, homeserver_url=either.url, access_token=token, alias=ALIAS)
    assert "Choose another secret" in result["msg"]


@pytest.fixture(autouse=True)
def everybody(tokens):
    """The accounts exist in every test."""
