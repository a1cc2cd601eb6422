# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens only where somebody is there: second chances, other ways in, an authority of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.accounts_server import SERVER_NAME
from fakes.certificate import self_signed
from fakes.http_server import Reply, served
from fakes.rooms_server import RoomsServer
from fakes.setup_bench import Bench
from mosaic_connectors.envfile import read_env_file
from mosaic_connectors.settings import load_settings
from mosaic_connectors.setup.dialogue import StoppedError

MOS, YOU = f"@mos:{SERVER_NAME}", f"@you:{SERVER_NAME}"


@pytest.fixture
def flags(server: RoomsServer) -> list[str]:
    return ["--homeserver-url", server.url, "--user-id", MOS, "--operator", YOU]


def test_an_authority_of_ones_own_is_named_and_kept_in_the_settings(bench: Bench, tmp_path: Path) -> None:
    pem = self_signed(tmp_path)
    with served(RoomsServer("synapse", registration_token="token-0"), pem) as server:
        answers = [
            ("Is it signed by an authority of your own?", True),
            ("PEM file of that authority:", str(pem)),
            ("How does it get in?", "register"),
            ("Password for", None),
            ("Room:", None),
            ("There is no room", True),
            ("Write these?", True),
        ]
        flags = ["--homeserver-url", server.url, "--user-id", MOS, "--operator", YOU]
        said = bench.talk("matrix", *flags, answers=answers, environ={"MATRIX_REGISTRATION_TOKEN": "token-0"})
    assert "certificate" in said
    assert load_settings().ca_path == str(pem)


def test_an_empty_password_leads_to_another_way(bench: Bench, server: RoomsServer, flags: list[str]) -> None:
    token = server.add_user("mos", "right")
    answers = [
        ("How does it get in?", "login"),
        ("Password of", "wrong"),
        ("Password of", ""),
        ("How does it get in?", "token"),
        ("Access token", "dead"),
        ("Access token", token),
        ("Room:", None),
        ("There is no room", True),
        ("Write these?", True),
    ]
    said = bench.talk("matrix", *flags, answers=answers)
    assert "does not accept the password" in said
    assert "does not know this access token" in said
    assert read_env_file(bench.env_file)["MATRIX_ACCESS_TOKEN"] == token


def test_a_wrong_registration_token_leads_back_to_the_ways(
    bench: Bench, server: RoomsServer, flags: list[str]
) -> None:
    answers = [
        ("How does it get in?", "register"),
        ("Registration token", "used-up"),
        ("Password for", ""),
        ("How does it get in?", "register"),
        ("Registration token", "registration-token-0"),
        ("Password for", "a password of my own"),
        ("Room:", None),
        ("There is no room", True),
        ("Write these?", True),
    ]
    said = bench.talk("matrix", *flags, answers=answers)
    assert "does not accept the registration token" in said
    assert server.users["mos"].password == "a password of my own"
    assert "MATRIX_PASSWORD" not in read_env_file(bench.env_file)


@pytest.mark.parametrize("replaced", [True, False])
def test_the_account_in_the_env_file_is_replaced_only_by_a_yes(
    bench: Bench, server: RoomsServer, flags: list[str], replaced: bool
) -> None:
    bench.env_file.write_text("OTHER=stays\nMATRIX_USER_ID=@old:hs.test\nMATRIX_PASSWORD=theirs\n")
    bench.env_file.chmod(0o600)
    before = bench.snapshot()
    answers = [
        (f"{bench.env_file} holds the credentials of @old:hs.test. Replace them?", replaced),
        *([("How does it get in?", "register"), ("Password for", "")] if replaced else []),
        *([("Room:", None), ("There is no room", True), ("Write these?", True)] if replaced else []),
    ]
    environ = {"MATRIX_REGISTRATION_TOKEN": "registration-token-0"}
    if not replaced:
        with pytest.raises(StoppedError):
            bench.talk("matrix", *flags, answers=answers, environ=environ)
        assert bench.snapshot() == before
        return
    bench.talk("matrix", *flags, answers=answers, environ=environ)
    stored = read_env_file(bench.env_file)
    assert (stored["OTHER"], stored["MATRIX_USER_ID"]) == ("stays", MOS)
    assert stored["MATRIX_PASSWORD"] == server.users["mos"].password


def test_a_room_that_is_not_to_be_made_is_asked_for_again(
    bench: Bench, server: RoomsServer, flags: list[str]
) -> None:
    token = server.add_user("mos", "right")
    there = server.make_room(YOU, f"#there:{SERVER_NAME}")
    answers = [
        ("Room:", f"#typo:{SERVER_NAME}"),
        ("There is no room", False),
        ("Room:", f"#there:{SERVER_NAME}"),
    ]
    with pytest.raises(StoppedError):
        bench.talk("matrix", *flags, answers=answers, environ={"MATRIX_ACCESS_TOKEN": token})
    assert "Have a member invite the account" in bench.said
    assert list(server.rooms) == [there]


def test_a_test_message_may_be_tried_again(bench: Bench, server: RoomsServer, flags: list[str]) -> None:
    token = server.add_user("mos", "right")
    for _time in range(2):  # the connector looks for its room once more before it gives up
        server.fail_next("PUT", "/send/", Reply(403, {"errcode": "M_FORBIDDEN", "error": "no power"}))
    answers = [
        ("Room:", None),
        ("There is no room", True),
        ("Try to send it again?", True),
        ("Write these?", True),
    ]
    said = bench.talk("matrix", *flags, answers=answers, environ={"MATRIX_ACCESS_TOKEN": token})
    assert "The test message was not taken: " in said
    assert len(server.said) == 1
