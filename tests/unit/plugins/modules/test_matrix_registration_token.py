# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module matrix_registration_token on Synapse's admin API."""

from __future__ import annotations

import json
import time

import pytest
from ansible_collections.mosaic.fleet.plugins.modules import matrix_registration_token
from fakes.http_server import Reply


@pytest.fixture
def admin_env(synapse, tmp_path):
    """Credentials of an admin."""
    path = tmp_path / "admin.env"
    path.write_text(f"MATRIX_ACCESS_TOKEN={synapse.add_user('admin', 'password-of-admin', admin=True)}\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def run(run_main, synapse, admin_env):
    def run_once(no_log=True, **arguments):
        given = {"homeserver_url": synapse.url, "credentials_path": str(admin_env), "name": "host-1"}
        result = run_main(matrix_registration_token, no_log=no_log, **{**given, **arguments})
        assert "fake-access" not in json.dumps(result)
        return result

    return run_once


def test_a_token_is_minted_once_and_used_again(run, synapse):
    """Named, single-use, expiring; the second run returns the same and asks for nothing new."""
    first = run(expires_in=900)
    assert first["changed"] is True
    assert first["token"].startswith("host-1.")
    assert len(first["token"]) <= 64
    made = synapse.tokens[first["token"]]
    assert made["uses_allowed"] == 1
    assert 890 < made["expiry_time"] / 1000 - time.time() <= 900
    written = len(synapse.writes)
    second = run(expires_in=900)
    assert (second["changed"], second["token"]) == (False, first["token"])
    assert second["expires_at"] == first["expires_at"]
    assert len(synapse.writes) == written


def test_a_check_predicts_and_mints_nothing(run, synapse):
    before = dict(synapse.tokens)
    predicted = run(check=True)
    assert (predicted["changed"], predicted["token"]) == (True, None)
    assert synapse.tokens == before
    done = run()
    assert predicted["diff"] == done["diff"]
    assert run(check=True)["token"] == done["token"]


def test_a_used_token_is_not_used_again(run, synapse):
    first = run()
    synapse.tokens[first["token"]]["completed"] = 1
    assert run()["token"] != first["token"]


def test_a_token_somebody_is_using_is_not_used_again(run, synapse):
    first = run()
    synapse.tokens[first["token"]]["pending"] = 1
    assert run()["token"] != first["token"]


@pytest.mark.parametrize(
    "other",
    [
        {"uses_allowed": 2},
        {"uses_allowed": None},
        {"expiry_time": None},
        {"expiry_time": int((time.time() - 5) * 1000)},
        {"expiry_time": int((time.time() + 60) * 1000)},
        {"expiry_time": int((time.time() + 86400) * 1000)},
    ],
    ids=["more uses", "any number of uses", "never expires", "expired", "expires soon", "expires late"],
)
def test_a_token_of_another_kind_is_not_used_again(run, synapse, other):
    synapse.tokens["host-1.other"] = {**synapse.tokens["registration-token-0"], "token": "host-1.other"}
    synapse.tokens["host-1.other"].update({"uses_allowed": 1, **other})
    assert run(expires_in=900)["token"] != "host-1.other"


def test_a_token_of_another_name_is_left_alone(run, synapse):
    """Also one whose name only starts alike."""
    other = run(name="host-10")["token"]
    assert run(name="host-1")["token"] != other
    run(name="host-1", state="absent")
    assert {other, "registration-token-0"} == set(synapse.tokens)


def test_a_token_may_never_expire(run, synapse):
    first = run(expires_in=0)
    assert first["expires_at"] is None
    assert synapse.tokens[first["token"]]["expiry_time"] is None
    assert run(expires_in=0)["changed"] is False


def test_absent_revokes_all_of_the_name(run, synapse):
    """Used-up ones as well; the second run finds nothing to do."""
    used = run()["token"]
    synapse.tokens[used]["completed"] = 1
    run()
    predicted = run(state="absent", check=True)
    done = run(state="absent")
    assert (
        predicted["diff"] == done["diff"] == {**done["diff"], "before": {"tokens": 2}, "after": {"tokens": 0}}
    )
    assert set(synapse.tokens) == {"registration-token-0"}
    assert run(state="absent", no_log=False)["changed"] is False


def test_a_task_that_would_show_the_token_is_refused_before_anything_is_asked(run, synapse):
    result = run(no_log=False)
    assert "no_log: true is expected" in result["msg"]
    assert synapse.requests == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"name": "a.b"}, "name is expected"),
        ({"name": "x" * 31}, "name is expected"),
        ({"uses_allowed": 0}, "uses_allowed is expected"),
        ({"expires_in": -1}, "expires_in is expected"),
        ({"credentials_path": "/nonexistent/admin.env"}, "does not exist"),
    ],
)
def test_bad_options_are_said(run, synapse, arguments, sentence):
    assert sentence in run(**arguments)["msg"]
    assert synapse.requests == []


def test_an_account_that_is_no_admin_is_said(run, synapse, admin_env):
    synapse.users["admin"].admin = False
    assert "expected to be a server admin" in run()["msg"]


def test_a_file_without_a_token_is_said(run, admin_env):
    admin_env.write_text("# nothing\n")
    assert "expected to hold MATRIX_ACCESS_TOKEN" in run()["msg"]


def test_a_dead_token_is_said(run, synapse):
    synapse.expire_tokens("admin")
    assert "M_UNKNOWN_TOKEN" in run()["msg"]


def test_a_conduit_is_said_to_have_none(run_main, conduit, tmp_path):
    path = tmp_path / "admin.env"
    path.write_text(f"MATRIX_ACCESS_TOKEN={conduit.add_user('admin', 'password-of-admin')}\n")
    path.chmod(0o600)
    result = run_main(
        matrix_registration_token, no_log=True, homeserver_url=conduit.url, credentials_path=str(path)
    )
    assert "that is Synapse's admin API" in result["msg"]


def test_a_failed_revocation_does_not_name_the_token(run, synapse):
    token = run()["token"]
    synapse.fail_next("DELETE", "/registration_tokens/", Reply(500, {"errcode": "M_UNKNOWN", "error": "oh"}))
    result = run(state="absent")
    assert "registration_tokens/***" in result["msg"]
    assert token not in json.dumps(result)
