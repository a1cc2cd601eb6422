# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module matrix_user on accounts as Conduit and as Synapse keep them."""

from __future__ import annotations

import json
import os
import socket
import stat
from pathlib import Path

import pytest
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors import claim
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.locks import try_lock
from ansible_collections.mosaic.fleet.plugins.modules import matrix_user
from fakes.accounts_server import ISSUER, METADATA, SHARED_SECRET
from fakes.http_server import Reply

from .conftest import secrets_of

MOS = "@mos:hs.test"
TOKEN = "registration-token-0"
NEEDED = "registers nobody without a registration token"


@pytest.fixture
def env(tmp_path):
    return tmp_path / "connector.env"


@pytest.fixture
def run(run_main, env):
    """Run the module on one account and one credentials file; no secret may come out."""

    def run_once(server, user_id=MOS, **arguments):
        given = {"homeserver_url": server.url, "user_id": user_id, "credentials_path": str(env)}
        result = run_main(matrix_user, **{**given, **arguments})
        stored = {value for key, value in read(env).items() if key.endswith(("TOKEN", "PASSWORD"))}
        printed = json.dumps(result)
        assert not [secret for secret in secrets_of(server) | stored if secret in printed]
        return result

    return run_once


def read(path):
    """The file's variables, by plain means."""
    if not path.exists():
        return {}
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


def write(path, *lines):
    path.write_text("".join(f"{line}\n" for line in lines))
    path.chmod(0o600)


def untouched(path):
    return path.stat().st_mtime_ns, path.stat().st_ino


def test_registers_once_and_then_leaves_everything_alone(either, run, env):
    """First run: account, device, 0600 file. Second run: one look, no write, no device, file untouched."""
    first = run(either, registration_token=TOKEN)
    assert first["changed"] is True
    assert (first["registered"], first["logged_in"]) == (True, False)
    assert first["device_id"] == "MOSAIC_MOS"
    assert stat.S_IMODE(env.stat().st_mode) == 0o600
    assert read(env)["MATRIX_ACCESS_TOKEN"] in either.users["mos"].devices["MOSAIC_MOS"]
    assert read(env)["MATRIX_PASSWORD"] == either.users["mos"].password
    assert len(either.users["mos"].password) >= 40
    before, asked = untouched(env), len(either.requests)
    second = run(either, registration_token=TOKEN)
    assert second["changed"] is False
    assert (second["registered"], second["logged_in"]) == (False, False)
    assert untouched(env) == before
    assert [request.method for request in either.requests[asked:]] == ["GET"]
    assert list(either.users["mos"].devices) == ["MOSAIC_MOS"]


def test_a_login_that_will_end_is_told_of(either, run):
    """Before the line is dead in the night, that is, and not after it."""
    either.login_lasts_ms = 9_000_000
    warned = run(either, registration_token=TOKEN)["warnings"]
    assert len(warned) == 1
    # A mapping on some cores, a sentence on others.
    assert "ends the login of @mos:hs.test after 2.5 hours" in str(warned[0])


def test_a_check_predicts_a_registration_without_its_token(either, run, env):
    """So that a playbook mints a single-use token only when it is needed."""
    predicted = run(either, check=True)
    assert predicted["changed"] is predicted["registered"] is True
    assert not env.exists()
    assert either.writes == []
    done = run(either, registration_token=TOKEN)
    assert predicted["diff"] == done["diff"]
    assert predicted["device_id"] == done["device_id"]
    assert run(either, check=True)["changed"] is False


def test_the_stages_of_synapse_are_answered_in_one_session(synapse, run):
    """Token first, then dummy, in the session that the server opened; used up once."""
    run(synapse, registration_token=TOKEN)
    auths = [request.body.get("auth", {}).get("type") for request in synapse.asked("POST", "/register")]
    assert auths == [None, "m.login.registration_token", "m.login.dummy"]
    assert synapse.tokens[TOKEN]["completed"] == 1


def test_the_first_account_of_a_conduit_is_its_admin(conduit, run):
    """Nothing in the request (inhibit_login) talks Conduit out of it."""
    run(conduit, registration_token=TOKEN)
    assert conduit.users["mos"].admin is True


def test_an_open_conduit_needs_no_token(conduit, run):
    conduit.tokens.clear()
    assert run(conduit, method="open")["registered"] is True


def test_a_dead_token_is_renewed_by_the_stored_password(either, run, env):
    """On the same device: a login adds none."""
    run(either, registration_token=TOKEN)
    either.expire_tokens("mos")
    predicted = run(either, check=True)
    done = run(either)
    assert (done["logged_in"], done["registered"]) == (True, False)
    assert predicted["diff"] == done["diff"]
    assert predicted["logged_in"] is True
    assert list(either.users["mos"].devices) == ["MOSAIC_MOS"]
    assert read(env)["MATRIX_ACCESS_TOKEN"] in either.users["mos"].devices["MOSAIC_MOS"]
    assert run(either)["changed"] is False


def test_an_account_made_elsewhere_is_logged_in_to(either, run, env):
    """The given password is used and not stored."""
    either.add_user("mos", "given-password-of-mos")
    result = run(either, password="given-password-of-mos", device_id="HOST1")
    assert (result["logged_in"], result["device_id"]) == (True, "HOST1")
    assert sorted(read(env)) == ["MATRIX_ACCESS_TOKEN", "MATRIX_DEVICE_ID", "MATRIX_USER_ID"]
    assert run(either, password="given-password-of-mos", device_id="HOST1")["changed"] is False


def test_a_given_password_that_works_ends_the_stored_one(either, run, env):
    """After an admin reset the password, the old generated one would only mislead."""
    run(either, registration_token=TOKEN)
    either.users["mos"].password = "reset-by-an-admin"
    either.expire_tokens("mos")
    run(either, password="reset-by-an-admin")
    assert "MATRIX_PASSWORD" not in read(env)


def test_a_password_file_serves_like_the_option(either, run, tmp_path):
    either.add_user("mos", "given-password-of-mos")
    write(tmp_path / "password", "given-password-of-mos")
    assert run(either, password_path=str(tmp_path / "password"))["logged_in"] is True


def test_other_lines_of_the_file_stay(either, run, env):
    write(env, "# by hand", "DISCORD_BOT_TOKEN='x y'", "MATRIX_USER_ID=@mos:hs.test")
    run(either, registration_token=TOKEN)
    assert env.read_text().startswith("# by hand\nDISCORD_BOT_TOKEN='x y'\nMATRIX_USER_ID=@mos:hs.test\n")


def test_a_token_put_there_by_hand_is_completed_and_kept(either, run, env):
    """Whose it is is written beside it; its device stays."""
    token = either.add_user("mos", "known-to-nobody-here")
    write(env, f"MATRIX_ACCESS_TOKEN={token}")
    result = run(either)
    assert (result["changed"], result["logged_in"], result["device_id"]) == (True, False, "OTHER")
    assert read(env)["MATRIX_DEVICE_ID"] == "OTHER"
    assert run(either)["changed"] is False


def test_the_display_name_is_kept(either, run):
    """Set at registration, corrected when it drifts, left alone when not given."""
    run(either, registration_token=TOKEN, display_name="Mos")
    assert either.users["mos"].display_name == "Mos"
    assert run(either, display_name="Mos")["changed"] is False
    either.users["mos"].display_name = "Somebody else"
    assert run(either)["changed"] is False
    corrected = run(either, display_name="Mos")
    assert corrected["diff"]["before"]["display_name"] == "Somebody else"
    assert either.users["mos"].display_name == "Mos"


def test_the_shared_secret_registers_an_admin_while_registration_is_closed(synapse, run, tmp_path):
    synapse.registration = False
    write(tmp_path / "secret", SHARED_SECRET)
    arguments = {"method": "shared_secret", "admin": True}
    predicted = run(synapse, check=True, **arguments)
    done = run(synapse, shared_secret_path=str(tmp_path / "secret"), **arguments)
    assert predicted["diff"] == done["diff"]
    assert synapse.users["mos"].admin is True
    assert list(synapse.users["mos"].devices) == ["MOSAIC_MOS"]
    assert run(synapse, **arguments)["changed"] is False


def test_auto_takes_the_shared_secret_where_no_token_is_given(synapse, run):
    assert run(synapse, shared_secret=SHARED_SECRET)["registered"] is True
    assert synapse.asked("POST", "/_synapse/admin/v1/register")


def test_a_registration_whose_answer_was_lost_is_resumed_by_a_login(either, run, env):
    """The password was on disk before the account was made."""
    # Conduit finishes in its second request, Synapse in its third.
    rounds = 1 if either.flavour == "conduit" else 2
    original, count = either.answer, 0

    def cut_the_last(request):
        nonlocal count
        reply = original(request)
        if request.path.endswith("/register") and request.method == "POST":
            count += 1
            if count > rounds:
                return Reply(200, lost=True)
        return reply

    either.answer = cut_the_last
    failed = run(either, registration_token=TOKEN)
    assert "cannot be reached" in failed["msg"]
    assert read(env)["MATRIX_PASSWORD"] == either.users["mos"].password
    either.answer = original
    resumed = run(either)
    assert (resumed["logged_in"], resumed["registered"]) == (True, False)
    # The token of the lost answer would be one that nobody knows, and Synapse keeps it at a login.
    devices = {device: len(tokens) for device, tokens in either.users["mos"].devices.items()}
    assert devices == {"MOSAIC_MOS": 1}


def test_a_registration_that_was_never_made_is_made_with_the_stored_password(either, run, env):
    """The power went between writing the password and registering."""
    write(env, "MATRIX_PASSWORD=written-before-the-power-cut", f"MATRIX_USER_ID={MOS}")
    assert run(either, registration_token=TOKEN)["registered"] is True
    assert either.users["mos"].password == "written-before-the-power-cut"


def test_a_server_that_hides_who_exists_is_asked_by_registering(synapse, run, env):
    """Registration closed and profiles hidden: the name taken means to log in."""
    synapse.registration, synapse.hides_profiles = False, True
    synapse.add_user("mos", "given-password-of-mos")
    result = run(synapse, password="given-password-of-mos", shared_secret=SHARED_SECRET)
    assert (result["logged_in"], result["registered"]) == (True, False)
    assert read(env)["MATRIX_ACCESS_TOKEN"] in synapse.users["mos"].devices["MOSAIC_MOS"]


def test_absent_deactivates_and_removes_the_lines(either, run, env):
    write(env, "KEEP=this")
    run(either, registration_token=TOKEN)
    predicted = run(either, state="absent", check=True)
    assert either.users["mos"].deactivated is False
    done = run(either, state="absent")
    assert predicted["diff"] == done["diff"]
    assert done["changed"] is either.users["mos"].deactivated is True
    assert env.read_text() == "KEEP=this\n"
    assert run(either, state="absent")["changed"] is False


def test_absent_logs_in_first_where_the_token_is_dead(either, run, env):
    run(either, registration_token=TOKEN)
    either.expire_tokens("mos")
    run(either, state="absent")
    assert either.users["mos"].deactivated is True
    assert env.read_text() == ""


def test_absent_is_done_where_somebody_else_deactivated(conduit, run, env):
    run(conduit, registration_token=TOKEN)
    conduit.users["mos"].deactivated = True
    conduit.users["mos"].devices.clear()
    assert run(conduit, state="absent")["changed"] is True
    assert env.read_text() == ""


BAD = {
    "wrong registration token": ({"registration_token": "no-such-token"}, "wrong, expired or used up"),
    "no registration token": ({}, NEEDED),
    "open on a closed door": ({"method": "open", "registration_token": TOKEN}, NEEDED),
    "login to nothing": (
        {"method": "login", "password": "some-password"},
        "is expected to exist and does not",
    ),
    "secret inside the name": ({"password": "mos:hs"}, "Choose another secret"),
    "empty secret": ({"password": ""}, "is empty"),
    "no user id": ({"user_id": "mos"}, "@orchestrator:example.org"),
    "name not allowed": ({"user_id": "@Mos:hs.test"}, "does not allow"),
    "admin by a token": ({"admin": True, "registration_token": TOKEN}, "Only a shared secret"),
}


@pytest.mark.parametrize(("arguments", "sentence"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_clear_sentence_and_changes_nothing(either, run, env, arguments, sentence):
    result = run(either, **arguments)
    assert result["failed"] is True
    assert sentence in result["msg"]
    assert not env.exists()
    assert either.users == {}


def test_a_refused_registration_leaves_the_file_as_it_was(either, run, env):
    write(env, "KEEP=this")
    run(either, registration_token="no-such-token")
    assert env.read_text() == "KEEP=this\n"


def test_a_wrong_shared_secret_is_said(synapse, run, env):
    result = run(synapse, method="shared_secret", shared_secret="not-the-shared-secret")
    assert "does not accept the shared secret" in result["msg"]
    assert not env.exists()
    assert "shared_secret_path" in run(synapse, method="shared_secret")["msg"]


def test_a_conduit_has_no_shared_secret(conduit, run):
    result = run(conduit, method="shared_secret", shared_secret=SHARED_SECRET)
    assert "has no shared-secret registration" in result["msg"]


def test_a_closed_registration_is_said(either, run, env):
    either.registration = False
    assert "registration is closed" in run(either, registration_token=TOKEN)["msg"]
    assert not env.exists()


def test_a_wrong_password_is_said(either, run, env):
    either.add_user("mos", "given-password-of-mos")
    assert "does not accept the password" in run(either, password="another-password")["msg"]
    assert not env.exists()


def test_a_name_that_is_taken_is_said(either, run, env):
    """Also when a registration token is at hand: it is not used up."""
    either.add_user("mos", "known-to-nobody-here")
    result = run(either, registration_token=TOKEN)
    assert "exists, but no token is stored and no password is known" in result["msg"]
    assert either.tokens[TOKEN]["completed"] == 0


def test_a_dead_token_without_a_password_is_said(either, run, env):
    either.add_user("mos", "known-to-nobody-here")
    write(env, "MATRIX_ACCESS_TOKEN=token-that-was-revoked")
    assert "the stored token is not valid any more" in run(either)["msg"]


@pytest.mark.parametrize("with_name", [True, False])
def test_credentials_of_somebody_else_are_refused(either, run, env, with_name):
    """Whether the file says so or only the server knows."""
    token = either.add_user("max", "password-of-max")
    write(env, f"MATRIX_ACCESS_TOKEN={token}", *(["MATRIX_USER_ID=@max:hs.test"] if with_name else []))
    before = untouched(env)
    assert "belongs to @max:hs.test" in run(either)["msg"]
    assert untouched(env) == before


def test_a_deactivated_account_is_said(conduit, run, env):
    conduit.add_user("mos", "given-password-of-mos")
    conduit.users["mos"].deactivated = True
    assert "cannot be undone" in run(conduit, password="given-password-of-mos")["msg"]


def test_a_file_that_others_may_read_is_refused(either, run, env):
    write(env, "MATRIX_PASSWORD=seen-by-others")
    env.chmod(0o640)
    assert "mode 0600 and has 0640" in run(either)["msg"]
    assert either.requests == []


def test_deactivating_without_the_password_is_said(either, run, env):
    token = either.add_user("mos", "known-to-nobody-here")
    write(env, f"MATRIX_ACCESS_TOKEN={token}")
    assert "needs its password" in run(either, state="absent")["msg"]
    assert "does not accept the password" in run(either, state="absent", password="another-password")["msg"]
    assert "MATRIX_ACCESS_TOKEN" in read(env)


def test_a_directory_that_is_missing_is_said(either, run, tmp_path):
    path = tmp_path / "missing" / "connector.env"
    result = run(either, registration_token=TOKEN, credentials_path=str(path))
    assert "directory is expected to exist" in result["msg"]
    assert either.users == {}


def test_a_short_rate_limit_is_waited_for(either, run):
    limit = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 60}
    either.fail_next("POST", "/register", Reply(429, limit))
    assert run(either, registration_token=TOKEN)["registered"] is True


def test_a_long_rate_limit_fails_and_says_how_long(either, run, env):
    either.add_user("mos", "given-password-of-mos")
    limit = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 330_000}
    either.fail_next("POST", "/login", Reply(429, limit))
    assert "wants 6 minutes of quiet" in run(either, password="given-password-of-mos")["msg"]
    assert not env.exists()


def test_a_server_that_is_down_is_said(either, run, env):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        assert "cannot be reached" in run(either, homeserver_url=url)["msg"]
    assert not env.exists()


def test_a_server_that_never_answers_is_given_up(either, run):
    """The time limit holds for the whole request."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert "within 0.2 seconds" in run(either, homeserver_url=url, timeout=0.2)["msg"]


def test_something_that_is_no_homeserver_is_said(either, run):
    either.fail_next("GET", "/available", Reply(200, b"<html>hello</html>"))
    assert "Expected a Matrix homeserver" in run(either)["msg"]


def test_an_account_of_another_server_is_said(either, run, env):
    """What came of it is kept: with the name corrected it is the account that was meant."""
    result = run(either, user_id="@mos:elsewhere.test", registration_token=TOKEN)
    assert "came out as @mos:hs.test" in result["msg"]
    assert run(either)["changed"] is False


def test_the_device_of_a_strange_name_is_plain():
    assert matrix_user.default_device_id("@mos.a-b=c/1:hs.test") == "MOSAIC_MOS_A_B_C_1"


@pytest.mark.parametrize("path", ["/nonexistent/secret", "open"])
def test_a_secret_file_that_is_missing_or_open_to_all_is_refused(synapse, run, tmp_path, path):
    if path == "open":
        Path(tmp_path / "secret").write_text("x" * 20)
        Path(tmp_path / "secret").chmod(0o644)
        path = str(tmp_path / "secret")
    assert run(synapse, shared_secret_path=path)["failed"] is True


OLD_METADATA = "/_matrix/client/unstable/org.matrix.msc2965/auth_issuer"


@pytest.mark.parametrize("path", [METADATA, OLD_METADATA])
@pytest.mark.parametrize(
    "arguments",
    [
        {"registration_token": TOKEN},
        {"method": "shared_secret", "shared_secret": SHARED_SECRET},
        {"password": "given-password-of-mos"},
        {"check": True},
    ],
)
def test_a_server_that_leaves_its_accounts_to_a_service_is_refused(synapse, run, env, path, arguments):
    """In one sentence, in a check as well, with nothing tried."""
    synapse.delegate(path)
    refused = run(synapse, **arguments)["msg"]
    assert f"leaves its accounts to an authentication service ({ISSUER})" in refused
    assert "mas-cli manage issue-compatibility-token mos MOSAIC_MOS" in refused
    assert synapse.writes == []
    assert not env.exists()


def test_a_token_that_a_service_issued_is_taken(synapse, run, env):
    """It is all that is needed there: nobody asks after the service, and the second run changes nothing."""
    token = synapse.add_user("mos", "known-to-nobody-here", device="ISSUED")
    synapse.delegate()
    predicted = run(synapse, check=True, access_token=token)
    assert not env.exists()
    done = run(synapse, access_token=token)
    assert predicted["diff"] == done["diff"]
    assert (done["registered"], done["logged_in"], done["adopted"]) == (False, False, True)
    assert predicted["device_id"] == done["device_id"] == "ISSUED"
    assert read(env) == {
        "MATRIX_USER_ID": MOS,
        "MATRIX_DEVICE_ID": "ISSUED",
        "MATRIX_ACCESS_TOKEN": token,
    }
    assert run(synapse, access_token=token)["changed"] is False
    assert run(synapse)["changed"] is False
    assert synapse.asked("GET", "auth_") == synapse.writes == []


def test_an_issued_token_takes_the_place_of_a_dead_one_alone(either, run, env):
    """One that works is kept: it may be the newer one."""
    run(either, registration_token=TOKEN)
    issued = either._new_token("mos", "ISSUED")
    assert run(either, access_token=issued)["changed"] is False
    either.users["mos"].devices["MOSAIC_MOS"].clear()
    done = run(either, access_token=issued)
    assert (done["logged_in"], done["device_id"]) == (False, "ISSUED")
    assert read(env)["MATRIX_ACCESS_TOKEN"] == issued
    assert read(env)["MATRIX_PASSWORD"] == either.users["mos"].password


def test_an_issued_token_that_is_dead_or_of_another_is_refused(either, run, env):
    assert "Have another one issued" in run(either, access_token="token-that-was-revoked")["msg"]
    token = either.add_user("max", "password-of-max")
    assert "belongs to @max:hs.test" in run(either, access_token=token)["msg"]
    assert not env.exists()


def test_a_dead_token_of_a_service_asks_for_a_new_one(synapse, run, env):
    write(env, "MATRIX_ACCESS_TOKEN=token-that-was-revoked")
    synapse.delegate()
    assert "issue-compatibility-token" in run(synapse)["msg"]


def test_a_service_that_takes_passwords_is_logged_in_to(synapse, run):
    """Its compatibility layer answers /login where the proxy sends that to it."""
    synapse.add_user("mos", "given-password-of-mos")
    synapse.delegate(passwords=True)
    assert run(synapse, password="given-password-of-mos")["logged_in"] is True


def test_only_the_service_can_deactivate_its_accounts(synapse, run, env):
    token = synapse.add_user("mos", "known-to-nobody-here")
    synapse.delegate()
    write(env, f"MATRIX_ACCESS_TOKEN={token}")
    assert "which alone can deactivate" in run(synapse, state="absent")["msg"]
    assert "MATRIX_ACCESS_TOKEN" in read(env)


def test_an_account_is_made_by_one_run_at_a_time(either, run, env, monkeypatch):
    """The module of a killed run may still be at work: a second login would end the token that it writes."""
    either.add_user("mos", "given-password-of-mos")
    monkeypatch.setattr(claim, "RUN_S", 0.1)
    descriptor = os.open(env.parent, os.O_RDONLY)
    assert try_lock(descriptor)
    failed = run(either, password="given-password-of-mos")
    assert f"Another run works on what is in {env.parent}" in failed["msg"]
    assert not env.exists()
    os.close(descriptor)
    assert run(either, password="given-password-of-mos")["logged_in"]
