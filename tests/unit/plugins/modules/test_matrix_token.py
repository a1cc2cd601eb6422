# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module matrix_token: never without a token that works, and one device in the end."""

from __future__ import annotations

import json
import os
import stat

import pytest
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors import claim
from ansible_collections.mosaic.fleet.plugins.module_utils.connectors.locks import try_lock
from ansible_collections.mosaic.fleet.plugins.modules import matrix_token
from fakes.http_server import Reply

from .conftest import secrets_of

MOS = "@mos:hs.test"
PASSWORD = "the-password-of-mos"


@pytest.fixture
def env(tmp_path):
    return tmp_path / "connector.env"


@pytest.fixture
def former(env):
    return env.with_name("connector.env.former")


@pytest.fixture
def old(either, env):
    """An account whose token is in the file, as matrix_user leaves it; returns the token."""
    token = either.add_user("mos", PASSWORD, device="MOSAIC_MOS")
    write(env, MOS, "MOSAIC_MOS", token)
    return token


@pytest.fixture
def run(run_main, env):
    """Run the module on the one file; no secret may come out."""

    def run_once(server, state, **arguments):
        given = {"homeserver_url": server.url, "user_id": MOS, "credentials_path": str(env), "timeout": 20}
        result = run_main(matrix_token, **{**given, "state": state, **arguments})
        printed = json.dumps(result)
        assert not [secret for secret in secrets_of(server) if secret in printed]
        return result

    return run_once


def write(path, user_id, device_id, token, *more):
    lines = [
        f"MATRIX_USER_ID={user_id}",
        f"MATRIX_DEVICE_ID={device_id}",
        f"MATRIX_ACCESS_TOKEN={token}",
        f"MATRIX_PASSWORD={PASSWORD}",
        *more,
    ]
    path.write_text("".join(f"{line}\n" for line in lines))
    path.chmod(0o600)


def read(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


def discarded(env):
    return env.with_name("connector.env.discarded")


def undone(server, run):
    """A change whose new token did not do, while the homeserver is away."""
    run(server, "renewed")
    server.fail_next("POST", "/logout", Reply(503, {}))
    assert run(server, "restored")["changed"] is True


def devices(server):
    return {device: len(tokens) for device, tokens in server.users["mos"].devices.items()}


def test_both_tokens_work_until_the_old_one_is_revoked(either, run, env, former, old):
    """Renewed: the old one is kept, 0600, and lives. Settled: it is dead, and one device is left."""
    begun = run(either, "renewed")
    assert (begun["changed"], begun["revoked"], begun["device_id"]) == (True, False, "MOSAIC_MOS_2")
    assert devices(either) == {"MOSAIC_MOS": 1, "MOSAIC_MOS_2": 1}
    assert read(former)["MATRIX_ACCESS_TOKEN"] == old
    assert stat.S_IMODE(former.stat().st_mode) == 0o600
    assert "MATRIX_PASSWORD" not in read(former)
    assert read(env)["MATRIX_ACCESS_TOKEN"] in either.users["mos"].devices["MOSAIC_MOS_2"]
    settled = run(either, "settled")
    assert (settled["changed"], settled["revoked"]) == (True, True)
    assert devices(either) == {"MOSAIC_MOS_2": 1}
    assert not former.exists()
    assert run(either, "settled")["changed"] is False


def test_the_devices_take_turns(either, run, old):
    """However often it is done, there are two names and one device."""
    for expected in ("MOSAIC_MOS_2", "MOSAIC_MOS", "MOSAIC_MOS_2"):
        assert run(either, "renewed")["device_id"] == expected
        run(either, "settled")
        assert devices(either) == {expected: 1}


def test_the_old_one_can_be_put_back(either, run, env, former, old):
    """And the new one is revoked then; the file is as it was."""
    before = env.read_text()
    run(either, "renewed")
    restored = run(either, "restored")
    assert (restored["changed"], restored["revoked"], restored["device_id"]) == (True, True, "MOSAIC_MOS")
    assert env.read_text() == before
    assert not former.exists()
    assert devices(either) == {"MOSAIC_MOS": 1}
    assert run(either, "restored")["changed"] is False


def test_the_old_one_is_put_back_while_the_homeserver_is_away(either, run, env, old):
    """What has to be done here does not wait for it, and it is said that the new token lives on."""
    before = env.read_text()
    run(either, "renewed")
    either.fail_next("POST", "/logout", Reply(503, {}))
    restored = run(either, "restored")
    assert env.read_text() == before
    assert restored["revoked"] is False
    assert "could not be revoked" in json.dumps(restored["warnings"])
    assert devices(either) == {"MOSAIC_MOS": 1, "MOSAIC_MOS_2": 1}
    kept = discarded(env)
    assert (read(kept)["MATRIX_DEVICE_ID"], stat.S_IMODE(kept.stat().st_mode)) == ("MOSAIC_MOS_2", 0o600)


def test_a_new_token_that_could_not_be_revoked_is_revoked_by_the_next_change(either, run, env, old):
    """On Synapse a login on the same device would leave the forgotten token alive for ever."""
    undone(either, run)
    assert run(either, "renewed", check=True)["revoked"] is True
    again = run(either, "renewed")
    assert (again["revoked"], again["device_id"]) == (True, "MOSAIC_MOS_2")
    assert not discarded(env).exists()
    run(either, "settled")
    assert devices(either) == {"MOSAIC_MOS_2": 1}


def test_it_is_revoked_with_all_the_others_when_the_account_goes(either, run, env, old):
    undone(either, run)
    assert run(either, "absent")["revoked"] is True
    assert (devices(either), discarded(env).exists()) == ({}, False)


def test_a_kept_token_that_is_the_one_in_use_is_not_revoked(either, run, env, old):
    """The change was interrupted while the former one was put back."""
    write(discarded(env), MOS, "MOSAIC_MOS", old)
    run(either, "renewed")
    assert (devices(either), discarded(env).exists()) == ({"MOSAIC_MOS": 1, "MOSAIC_MOS_2": 1}, False)


def test_a_new_token_that_does_not_work_revokes_nothing(either, run, env, old):
    run(either, "renewed")
    either.users["mos"].devices["MOSAIC_MOS_2"].clear()
    failed = run(either, "settled")
    assert "does not accept the new token" in failed["msg"]
    assert "restored" in failed["msg"]
    assert old in either.users["mos"].devices["MOSAIC_MOS"]


def test_a_change_that_was_interrupted_is_finished_first(either, run, env, former, old):
    """The former token is revoked, then a new change begins: never a third device."""
    run(either, "renewed")
    again = run(either, "renewed")
    assert (again["revoked"], again["device_id"]) == (True, "MOSAIC_MOS")
    assert devices(either) == {"MOSAIC_MOS": 1, "MOSAIC_MOS_2": 1}
    run(either, "settled")
    assert devices(either) == {"MOSAIC_MOS": 1}


def test_an_interruption_before_the_new_token_was_written_revokes_nothing(either, run, env, former, old):
    """The kept token is the one in use then."""
    write(former, MOS, "MOSAIC_MOS", old)
    settled = run(either, "settled")
    assert (settled["changed"], settled["revoked"]) == (True, False)
    assert devices(either) == {"MOSAIC_MOS": 1}
    assert not former.exists()


def test_a_login_whose_answer_was_lost_leaves_no_token_that_nobody_knows(either, run, env, old):
    """The module was killed, or the line broke, between the login and the file; Synapse keeps what it gave."""
    either._new_token("mos", "MOSAIC_MOS_2")
    run(either, "renewed")
    run(either, "settled")
    assert devices(either) == {"MOSAIC_MOS_2": 1}


def test_a_token_is_changed_by_one_run_at_a_time(either, run, env, old, monkeypatch):
    """The module of a killed run may still be at work: a second login would end the token that it writes."""
    monkeypatch.setattr(claim, "RUN_S", 0.1)
    descriptor = os.open(env.parent, os.O_RDONLY)
    assert try_lock(descriptor)
    assert f"Another run works on what is in {env.parent}" in run(either, "renewed")["msg"]
    assert devices(either) == {"MOSAIC_MOS": 1}
    os.close(descriptor)
    assert run(either, "renewed")["changed"] is True


def test_a_check_says_which_device_and_does_nothing(either, run, env, former, old):
    predicted = run(either, "renewed", check=True)
    assert (predicted["changed"], predicted["device_id"]) == (True, "MOSAIC_MOS_2")
    assert either.requests == []
    assert not former.exists()


def test_a_dead_token_is_changed_as_well(either, run, old):
    """Somebody was quick to revoke what leaked: the cure is the same."""
    either.expire_tokens("mos")
    assert run(either, "renewed")["changed"] is True
    assert run(either, "settled")["changed"] is True
    assert devices(either)["MOSAIC_MOS_2"] == 1


def test_a_token_that_was_issued_needs_no_password(either, run, env, old):
    issued = either.add_user("other", PASSWORD)
    refused = run(either, "renewed", token=issued)
    assert "belongs to @other:hs.test" in refused["msg"]
    issued = either._new_token("mos", "ISSUED")
    assert run(either, "renewed", token=issued)["device_id"] == "ISSUED"
    assert read(env)["MATRIX_ACCESS_TOKEN"] == issued
    run(either, "settled")
    assert devices(either) == {"ISSUED": 1}


@pytest.mark.parametrize("token", ["the one in use", "nobody's token"])
def test_a_token_that_cannot_serve_is_refused(either, run, env, old, token):
    """Nothing has changed then."""
    before = env.read_text()
    refused = run(either, "renewed", token=old if token == "the one in use" else "nobodys-token")
    assert ("is the one in use" if token == "the one in use" else "does not accept the token") in refused[
        "msg"
    ]
    assert env.read_text() == before
    assert [path.name for path in env.parent.iterdir()] == [env.name]


def test_a_token_of_the_same_device_is_refused(synapse, run_main, env):
    """Synapse revokes a device with all its tokens."""
    old = synapse.add_user("mos", PASSWORD, device="MOSAIC_MOS")
    write(env, MOS, "MOSAIC_MOS", old)
    refused = run_main(
        matrix_token,
        homeserver_url=synapse.url,
        user_id=MOS,
        credentials_path=str(env),
        state="renewed",
        token=synapse._new_token("mos", "MOSAIC_MOS"),
    )
    assert "revoking that would end both" in refused["msg"]


def test_without_password_and_token_nothing_is_done(either, run, env, old):
    env.write_text(env.read_text().replace(f"MATRIX_PASSWORD={PASSWORD}\n", ""))
    assert "neither is known here" in run(either, "renewed")["msg"]
    assert read(env)["MATRIX_ACCESS_TOKEN"] == old


def test_credentials_of_somebody_else_are_refused(either, run, env, old):
    assert "belongs to @mos:hs.test" in run(either, "renewed", user_id="@another:hs.test")["msg"]


def test_absent_revokes_and_forgets(either, run, env, old):
    """The password stays: the account is there still. A second run does nothing."""
    gone = run(either, "absent")
    assert (gone["changed"], gone["revoked"], gone["device_id"]) == (True, True, None)
    assert devices(either) == {}
    assert read(env) == {"MATRIX_USER_ID": MOS, "MATRIX_PASSWORD": PASSWORD}
    assert run(either, "absent")["changed"] is False


def test_a_token_that_cannot_be_revoked_is_kept(either, run, env, old):
    """So that it can be revoked later."""
    either.fail_next("POST", "/logout", Reply(503, {}))
    assert run(either, "absent")["failed"] is True
    assert read(env)["MATRIX_ACCESS_TOKEN"] == old


def test_a_homeserver_that_keeps_a_revoked_token_is_told_on(either, run, old):
    """Conduit's /logout/all does nothing; should /logout ever be like it, nobody believes that the token is dead."""
    run(either, "renewed")
    either.fail_next("POST", "/logout", Reply(200, {}))
    assert "accepts it still" in run(either, "settled")["msg"]
