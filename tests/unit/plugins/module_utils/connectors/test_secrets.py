# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets come from the environment, print as stars, and are noticed where they do not belong."""

from __future__ import annotations

import os
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.errors import SecretError
from mosaic_connectors.secrets import (
    Secret,
    find_secret,
    looks_like_secret,
    redact,
    secret_from_environment,
    secret_from_file,
    shown,
)


def test_a_secret_prints_as_stars():
    """repr, str, formatting: none of them shows it."""
    secret = Secret("open sesame")
    assert f"{secret} {secret!r} {[secret]}" == "*** Secret('***') [Secret('***')]"
    assert secret.reveal() == "open sesame"
    assert secret == Secret("open sesame")
    assert secret != "open sesame"


def test_a_secret_is_not_pickled():
    """It cannot slip into a cache or another process."""
    with pytest.raises(TypeError, match="secret"):
        pickle.dumps(Secret("x"))


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "is not set"),
        ({"T": ""}, "is empty"),
        ({"T": "abc\n"}, "white space"),
        ({"T": "a b"}, "white space"),
        ({"T": "a\x00b"}, "control characters"),
    ],
)
def test_a_missing_or_mangled_secret_is_refused(environment, message):
    """A line break at the end of a token ends in a header otherwise."""
    with pytest.raises(SecretError, match=message):
        secret_from_environment("T", environment)


def test_a_secret_is_read_from_the_environment():
    """What is there is taken as it is."""
    assert secret_from_environment("T", {"T": "abc"}) == Secret("abc")


@pytest.mark.parametrize(
    "text",
    [
        "syt_bW9z_AbCdEfGhIjKl_0a1b2c",
        "Bearer mat_AbCdEfGh12345678",
        "M" + "x" * 23 + ".abcdef." + "y" * 30,
        "ghp_" + "a" * 24,
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig",
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "https://user:password@hs.example",
        "https://hs.example/?access_token=abc",
    ],
)
def test_token_shapes_are_noticed(text):
    """What people paste by mistake."""
    assert looks_like_secret(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://matrix.example.org:8448",
        "@mos:example.org",
        "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM",
        "a@b:c",
        "symphony_1",
    ],
)
def test_configuration_is_not_mistaken_for_a_token(text):
    """Ids and URLs are no secrets."""
    assert not looks_like_secret(text)


def test_the_place_of_a_secret_is_told_by_path():
    """Lists and mappings are searched, keys included."""
    assert find_secret({"a": [{"b": "syt_bW9z_AbCdEfGhIjKl_0a1b2c"}]}) == "a[0].b"
    assert find_secret({"a": {"syt_bW9z_AbCdEfGhIjKl_0a1b2c": 1}}) == "a.(a key)"
    assert find_secret({"a": [1, None, "text"]}) is None


def test_redact_replaces_every_occurrence():
    """For texts of others that may quote what they were sent."""
    assert redact("token abc, again abc", [Secret("abc"), None, Secret("")]) == "token ***, again ***"


@pytest.mark.parametrize(
    "value",
    [
        "postgres://agent:${DB_PASSWORD}@db/x",
        "nats://n:{nats-password.value}@h",
        "https://x/?token={{ t }}",
        "https://u:$PW@h",
        "https://x?secret=<yours>&a=1",
    ],
)
def test_a_placeholder_is_no_secret(value):
    """Whoever writes where a secret is put in has written none."""
    assert not looks_like_secret(value)
    assert looks_like_secret(value.replace("{", "").replace("$", "").replace("<", ""))


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_with_a_secret_is_closed_to_others(tmp_path, mode):
    """One rule for every file that holds one."""
    place = tmp_path / "secret"
    place.write_text("open sesame\n")
    place.chmod(mode)
    with pytest.raises(SecretError, match="mode 0600"):
        secret_from_file(str(place))
    place.chmod(0o400)
    assert secret_from_file(str(place)) == Secret("open sesame")


def test_a_pipe_holds_no_secret(tmp_path):
    """It would be waited for, without an end."""
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(SecretError, match="no regular file"):
        secret_from_file(str(tmp_path / "pipe"))


@given(st.text(max_size=200), st.integers(10, 100))
def test_what_an_error_quotes_is_short_and_no_secret(text, limit):
    """Whatever stands in the file."""
    assert len(shown(text, limit)) <= max(limit, 60)
    assert "syt_" not in shown([text, {"a": "syt_SECRETSECRETSECRET"}], limit)
