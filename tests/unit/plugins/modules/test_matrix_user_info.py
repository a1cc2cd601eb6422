# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module matrix_user_info: whether an account exists, and whose a token is."""

from __future__ import annotations

import json

import pytest
from ansible_collections.mosaic.fleet.plugins.modules import matrix_user_info

from .conftest import secrets_of

MOS = "@mos:hs.test"


@pytest.fixture
def run(run_main, either):
    """Ask; nothing is written, check mode asks the same, and no secret comes out."""

    def once(**arguments):
        given = {"homeserver_url": either.url, **arguments}
        result, checked = (run_main(matrix_user_info, check=check, **given) for check in (False, True))
        assert either.writes == []
        assert result == checked
        printed = json.dumps(result)
        assert not [secret for secret in secrets_of(either) if secret in printed]
        return result

    return once


@pytest.fixture
def token(either) -> str:
    made: str = either.add_user("mos", "password-of-mos")
    either.users["mos"].display_name = "Mos"
    return made


def facts(result) -> tuple:
    return tuple(result[name] for name in ("user_id", "exists", "display_name", "token_of"))


def test_an_account_is_looked_up_by_anybody(run, token) -> None:
    assert facts(run(user_id=MOS)) == (MOS, True, "Mos", None)
    assert facts(run(user_id="@nobody:hs.test")) == ("@nobody:hs.test", False, None, None)


def test_a_token_tells_whose_it_is(run, either, token, tmp_path) -> None:
    """Given, or in a file; and its account is known though the server hides profiles."""
    either.hides_profiles = True
    path = tmp_path / "connector.env"
    path.touch(0o600)
    path.write_text(f"MATRIX_ACCESS_TOKEN={token}\n")
    for given in (
        {"access_token": token},
        {"credentials_path": str(path)},
        {"access_token": token, "user_id": MOS},
    ):
        result = run(**given)
        assert facts(result) == (MOS, True, "Mos", MOS)
        assert result["device_id"] in either.users["mos"].devices


def test_a_dead_token_is_an_answer(run, either, token) -> None:
    either.expire_tokens("mos")
    assert facts(run(access_token=token)) == (None, None, None, None)
    assert facts(run(access_token=token, user_id=MOS)) == (MOS, True, "Mos", None)


def test_the_token_of_another_account_is_told(run, either, token) -> None:
    other = either.add_user("other", "password-of-other")
    assert facts(run(access_token=other, user_id=MOS)) == (MOS, True, "Mos", "@other:hs.test")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "one of the following is required: user_id, credentials_path, access_token"),
        ({"user_id": "mos"}, "A user id is expected to look like"),
        ({"access_token": ""}, "access_token is expected to be a secret and is empty"),
        ({"credentials_path": "/nonexistent/connector.env"}, "/nonexistent/connector.env"),
    ],
)
def test_bad_input_is_said(run, arguments, sentence) -> None:
    assert sentence in run(**arguments)["msg"]


def test_an_account_of_another_server_is_not_looked_up_as_one_of_this(run, token) -> None:
    """The name may be free here and taken there."""
    assert "is of elsewhere.test" in run(access_token=token, user_id="@mos:elsewhere.test")["msg"]
