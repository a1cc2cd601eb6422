# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets come from the environment, print as stars, and are noticed where they do not belong."""

from __future__ import annotations

import pickle

import pytest
from mosaic_connectors.errors import SecretError
from mosaic_connectors.secrets import Secret, find_secret, looks_like_secret, redact, secret_from_environment


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
