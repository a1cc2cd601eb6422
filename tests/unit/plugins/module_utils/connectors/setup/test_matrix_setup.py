# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kind matrix set up by a script: account, room, operators, message; and what stays when it stops."""

from __future__ import annotations

import stat

import pytest
from fakes.accounts_server import SERVER_NAME
from fakes.http_server import Reply, Request
from fakes.rooms_server import RoomsServer
from fakes.setup_bench import Bench
from mosaic_connectors.envfile import read_env_file
from mosaic_connectors.errors import ConfigError, ConnectorError, UnreachableError
from mosaic_connectors.roster import load_roster
from mosaic_connectors.settings import load_settings
from mosaic_connectors.setup.dialogue import UsageError

MOS, YOU = f"@mos:{SERVER_NAME}", f"@you:{SERVER_NAME}"
TOKEN = {"MATRIX_REGISTRATION_TOKEN": "registration-token-0"}


@pytest.fixture
def flags(server: RoomsServer) -> list[str]:
    return ["--homeserver-url", server.url, "--user-id", MOS, "--operator", YOU]


def test_all_is_made_and_written(bench: Bench, server: RoomsServer, flags: list[str]) -> None:
    said = bench.set_up("matrix", *flags, environ=TOKEN)
    room_id = server.aliases[f"#mos:{SERVER_NAME}"]
    config = load_roster(bench.roster).connector
    assert config is not None
    assert config.matrix is not None
    assert (config.kind, config.matrix.room_id, config.matrix.user_id) == ("matrix", room_id, MOS)
    assert server.rooms[room_id].membership(YOU) == "invite"
    assert server.rooms[room_id].content("m.room.name") == {"name": "Orchestrator"}
    assert [room for room, _text in server.said] == [room_id]
    stored = read_env_file(bench.env_file)
    assert stored["MATRIX_PASSWORD"] == server.users["mos"].password
    assert stat.S_IMODE(bench.env_file.stat().st_mode) == 0o600
    assert load_settings().operators == (YOU,)
    assert not [
        value for key, value in stored.items() if "TOKEN" in key or "PASSWORD" in key if value in said
    ]


def test_a_second_time_changes_nothing(bench: Bench, server: RoomsServer, flags: list[str]) -> None:
    bench.set_up("matrix", *flags, environ=TOKEN)
    before, writes = bench.snapshot(), len(server.writes)
    assert "nothing was changed" in bench.set_up("matrix", *flags)
    assert bench.snapshot() == before
    assert len(server.writes) - writes == 1  # the test message


def test_what_is_there_needs_no_flag(bench: Bench, server: RoomsServer, flags: list[str]) -> None:
    bench.set_up("matrix", *flags, environ=TOKEN)
    assert "nothing was changed" in bench.set_up("matrix", only_missing=True)


def test_all_that_is_missing_is_named_at_once(bench: Bench) -> None:
    with pytest.raises(UsageError) as refused:
        bench.set_up("matrix")
    for way in ("--homeserver-url (or MATRIX_HOMESERVER_URL)", "--user-id", "--operator"):
        assert way in str(refused.value)


def test_an_access_token_tells_whose_it_is(bench: Bench, server: RoomsServer) -> None:
    token = server.add_user("mos", "password")
    bench.set_up(
        "matrix", "--homeserver-url", server.url, "--operator", YOU, environ={"MATRIX_ACCESS_TOKEN": token}
    )
    assert read_env_file(bench.env_file) == {
        "MATRIX_ACCESS_TOKEN": token,
        "MATRIX_USER_ID": MOS,
        "MATRIX_DEVICE_ID": "OTHER",
    }


def test_a_bridge_that_runs_elsewhere_keeps_its_token(
    bench: Bench, server: RoomsServer, flags: list[str]
) -> None:
    """Whoever sets up a second place may only be trying; it is the same device, by its name."""
    at_work = server.add_user("mos", "password", device="MOSAIC_MOS")
    bench.set_up("matrix", *flags, environ={"MATRIX_PASSWORD": "password"})
    assert read_env_file(bench.env_file)["MATRIX_DEVICE_ID"] == "MOSAIC_MOS"
    assert at_work in server.users["mos"].devices["MOSAIC_MOS"]


def test_a_dead_access_token_needs_a_user_id_to_be_told_about(bench: Bench, server: RoomsServer) -> None:
    server.add_user("mos", "password")
    before = bench.snapshot()
    with pytest.raises(UsageError, match="--user-id"):
        bench.set_up(
            "matrix",
            *("--homeserver-url", server.url, "--operator", YOU),
            environ={"MATRIX_ACCESS_TOKEN": "dead-token"},
        )
    assert bench.snapshot() == before


@pytest.mark.parametrize(
    ("environ", "complaint"),
    [
        ({"MATRIX_PASSWORD": "wrong"}, "does not accept the password"),
        ({"MATRIX_ACCESS_TOKEN": "dead-token"}, "does not know this access token"),
        ({}, r"--password-file \(or MATRIX_PASSWORD\) or --access-token-file"),
    ],
)
def test_what_the_server_refuses_leaves_everything_as_it_was(
    bench: Bench,
    server: RoomsServer,
    flags: list[str],
    environ: dict[str, str],
    complaint: str,
) -> None:
    server.add_user("mos", "right")
    before = bench.snapshot()
    with pytest.raises(ConnectorError, match=complaint):
        bench.set_up("matrix", *flags, environ=environ)
    assert bench.snapshot() == before


def test_an_account_whose_answer_was_lost_is_not_lost(
    bench: Bench,
    server: RoomsServer,
    flags: list[str],
) -> None:
    """Its generated password waits beside the env file, and the next setup logs in with it."""
    before, finish = bench.snapshot(), server._finish_registration

    def lost(request: Request) -> Reply:
        finish(request)
        return Reply(200, lost=True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "_finish_registration", lost)
        with pytest.raises(UnreachableError):
            bench.set_up("matrix", *flags, environ=TOKEN)
    waiting = bench.env_file.with_name("connector.env.unfinished")
    assert f"On the server there is now: perhaps the account {MOS}." in bench.said
    assert str(waiting) in bench.said
    assert {name: facts for name, facts in bench.snapshot().items() if name != waiting.name} == before
    bench.set_up("matrix", *flags)
    assert read_env_file(bench.env_file)["MATRIX_PASSWORD"] == server.users["mos"].password
    assert not waiting.exists()


def test_a_failure_after_the_account_names_it(bench: Bench, server: RoomsServer, flags: list[str]) -> None:
    """No room: the account's credentials wait, nothing else is left, and the second try takes them up."""
    server.fail_next("POST", "/createRoom", Reply(403, {"errcode": "M_FORBIDDEN", "error": "no rooms"}))
    with pytest.raises(ConnectorError, match="no rooms"):
        bench.set_up("matrix", *flags, environ=TOKEN)
    assert f"On the server there is now: the account {MOS}." in bench.said
    said = bench.set_up("matrix", *flags)
    assert "is taken up" in said
    assert f"The stored token of {MOS} works" in said


def test_an_encrypted_room_is_refused_before_anybody_is_invited(
    bench: Bench,
    server: RoomsServer,
    flags: list[str],
) -> None:
    room_id = server.make_room(MOS, f"#secret:{SERVER_NAME}")
    server.rooms[room_id].put("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}, MOS)
    with pytest.raises(ConfigError, match="encrypted end to end"):
        bench.set_up("matrix", *flags, "--room-id", f"#secret:{SERVER_NAME}", environ=TOKEN)
    assert server.rooms[room_id].membership(YOU) is None


def test_the_env_file_of_another_account_is_not_taken_over(
    bench: Bench,
    server: RoomsServer,
    flags: list[str],
) -> None:
    bench.env_file.write_text("MATRIX_USER_ID=@other:hs.test\nMATRIX_PASSWORD=theirs\n")
    bench.env_file.chmod(0o600)
    before = bench.snapshot()
    with pytest.raises(ConfigError, match=r"holds the credentials of @other:hs\.test"):
        bench.set_up("matrix", *flags, environ=TOKEN)
    assert bench.snapshot() == before
    assert server.writes == []


def test_the_orchestrator_is_not_its_own_operator(bench: Bench, flags: list[str]) -> None:
    with pytest.raises(ConfigError, match="is the orchestrator itself"):
        bench.set_up("matrix", *flags, "--operator", MOS, environ=TOKEN)


def test_operators_of_another_channel_stay(bench: Bench, server: RoomsServer, flags: list[str]) -> None:
    """Their ids mean nobody here, and are wanted again after a switch back."""
    with bench.settings.open("a") as file:
        file.write("operators:\n  - '123456789012345678'\n  - '@gone:hs.test'\n# the end\n")
    bench.set_up("matrix", *flags, environ=TOKEN)
    assert load_settings().operators == ("123456789012345678", YOU)
    assert bench.settings.read_text().startswith("# ours\n")
    assert bench.settings.read_text().endswith("# the end\n")
