# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module matrix_room_info: a room as one account sees it, and nothing done to it."""

from __future__ import annotations

import json

import pytest
from ansible_collections.mosaic.fleet.plugins.modules import matrix_room_info

from .conftest import secrets_of

ALIAS = "#fleet:hs.test"
MOS, OTHER = "@mos:hs.test", "@other:hs.test"


@pytest.fixture
def run(run_main, either, tmp_path):
    """Ask as somebody; nothing is written, check mode asks the same, and no secret comes out."""
    tokens = {name: either.add_user(name, f"password-of-{name}") for name in ("mos", "other")}

    def once(who="mos", **arguments):
        credentials = tmp_path / "asks.env"
        credentials.touch(0o600)
        credentials.write_text(f"MATRIX_ACCESS_TOKEN={tokens[who]}\n")
        given = {"homeserver_url": either.url, "credentials_path": str(credentials), **arguments}
        result, checked = (run_main(matrix_room_info, check=check, **given) for check in (False, True))
        assert either.writes == []
        assert result == checked
        printed = json.dumps(result)
        assert not [secret for secret in secrets_of(either) if secret in printed]
        return result

    return once


@pytest.mark.parametrize("version", ["11", "12"])
def test_a_member_is_told_all_of_it(either, run, version) -> None:
    room_id = either.make_room(MOS, ALIAS, version)
    room = either.rooms[room_id]
    room.put("m.room.name", {"name": "The fleet"}, MOS)
    room.put("m.room.join_rules", {"join_rule": "invite"}, MOS)
    room.put("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}, MOS)
    room.put("m.room.member", {"membership": "ban"}, MOS, OTHER)
    for named in ({"alias": ALIAS}, {"room_id": room_id}):
        told = run(**named)
        assert (told["room_id"], told["user_id"], told["joined"]) == (room_id, MOS, True)
        assert (told["name"], told["topic"], told["join_rule"]) == ("The fleet", None, "invite")
        assert (told["room_version"], told["encrypted"], told["visibility"]) == (version, True, "private")
        assert told["members"] == {MOS: "join", OTHER: "ban"}
        assert told["power_levels"]["ban"] == 50
        assert told["changed"] is False


def test_who_is_not_in_it_is_told_its_id_and_no_more(either, run) -> None:
    room_id = either.make_room(MOS, ALIAS)
    told = run("other", alias=ALIAS)
    assert (told["room_id"], told["joined"], told["members"]) == (room_id, False, {})
    unseen = ("name", "topic", "room_version", "encrypted", "join_rule", "history_visibility", "visibility")
    assert {told[name] for name in unseen} == {None}


def test_an_alias_that_names_nothing_is_an_answer_of_the_same_shape(either, run) -> None:
    nothing = run(alias=ALIAS)
    assert (nothing["room_id"], nothing["joined"], nothing["alias"]) == (None, False, ALIAS)
    either.make_room(MOS, ALIAS)
    assert nothing.keys() == run(alias=ALIAS).keys()


def test_a_room_of_nonsense_is_told_without_a_traceback(either, run) -> None:
    """Anybody with the power to may put anything into a room's state."""
    room_id = either.make_room(MOS, ALIAS)
    for kind in ("m.room.name", "m.room.encryption", "m.room.power_levels", "m.room.create"):
        either.rooms[room_id].put(kind, ["no", "object"], MOS)
    told = run(alias=ALIAS)
    assert (told["name"], told["encrypted"], told["power_levels"], told["room_version"]) == (
        None,
        False,
        {},
        "1",
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"alias": "fleet"}, "A room alias is expected to look like"),
        ({"room_id": "fleet"}, "A room id is expected to start with an exclamation mark"),
        ({}, "one of the following is required: alias, room_id"),
        ({"alias": "#fleet:elsewhere.test"}, "belongs to elsewhere.test, which cannot be asked for it"),
    ],
)
def test_bad_input_is_said(run, arguments, sentence) -> None:
    assert sentence in run(**arguments)["msg"]


def test_an_alias_and_an_id_that_disagree_are_said(either, run) -> None:
    either.make_room(MOS, ALIAS)
    assert "Correct one of them" in run(alias=ALIAS, room_id="!another")["msg"]
