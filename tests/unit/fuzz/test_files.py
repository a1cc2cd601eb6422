# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rosters, settings, env files: read, or refused in one sentence; and a block that comes and goes leaves nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.envfile import changed_env_text, read_env_file
from mosaic_connectors.errors import RosterError, SecretError, SettingsError
from mosaic_connectors.mistakes import mistakes_in_roster, mistakes_in_settings
from mosaic_connectors.roster import parse_roster, settle_connector, splice_connector
from mosaic_connectors.roster.file import parse_text
from mosaic_connectors.settings import parse_settings, settings_document
from unit.fuzz.material import ENV, JSON, YAML, bounded, corpus, texts

BLOCK = {"kind": "discord", "discord": {"channel_id": "1234567890123456789"}}


def check_roster(text: str, name: str) -> None:
    """No traceback; what is written is read again, written once, and taken away with nothing else changed."""
    mistakes = mistakes_in_roster(text, name)
    try:
        read = parse_roster(text, name)
    except RosterError:
        read = None
    errors = [one for one in mistakes if one.severity == "error"]
    assert bool(errors) or read is not None
    assert read is None or all(one.code in ("missing_key", "wrong_value", "duplicate_key") for one in errors)
    try:
        put = settle_connector(text, BLOCK, name)
    except RosterError:
        return
    assert put is not None
    assert splice_connector(put, BLOCK, name) == put
    assert parse_text(put, name).shape("connector") == parse_text(text, name).shape("connector")
    if parse_text(text, name).member("connector") is None:
        back = settle_connector(put, None, name)
        # A last line that was not ended is ended; nothing else stays behind.
        assert back is not None
        assert back.rstrip("\r\n") == text.rstrip("\r\n")


def check_settings(text: str) -> None:
    """No traceback, and `validate` says the same as the bridge at its start."""
    mistakes = mistakes_in_settings(text, "s.yaml")
    errors = [one for one in mistakes if one.severity == "error"]
    try:
        parse_settings(settings_document(text, "s.yaml"))
    except SettingsError:
        assert errors
    else:
        assert all(one.code == "secret" for one in errors)


def check_env(content: bytes, place: Path) -> None:
    """Variables or one sentence; what is set is read again, and taking it away leaves the others."""
    place.write_bytes(content)
    place.chmod(0o600)
    try:
        before = read_env_file(place)
    except SecretError:
        return
    _old, new = changed_env_text(place, {"NEW": "a 'b' \\ $c"})
    place.write_bytes(new.encode())
    assert read_env_file(place) == {**before, "NEW": "a 'b' \\ $c"}


@bounded()
@given(texts(YAML))
@pytest.mark.fault("any YAML as a roster (searched)", "a roster, or one sentence")
def test_any_yaml_is_a_roster_or_one_sentence(text: str) -> None:
    check_roster(text, "r.yaml")


@bounded()
@given(texts(JSON) | texts(JSON).map(lambda text: f'{{"a": {text}}}'))
@pytest.mark.fault("any JSON as a roster (searched)", "a roster, or one sentence")
def test_any_json_is_a_roster_or_one_sentence(text: str) -> None:
    check_roster(text, "r.json")


@bounded()
@given(texts(YAML))
@pytest.mark.fault("any settings (searched)", "taken, or one sentence")
def test_any_settings_are_taken_or_one_sentence(text: str) -> None:
    check_settings(text)


@bounded()
@given(texts(ENV).map(lambda text: text.encode("utf-8", "replace")) | st.binary(max_size=60))
def test_any_env_file_is_read_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    check_env(content, tmp_path_factory.mktemp("env") / "e")


@pytest.mark.parametrize("file", corpus("roster"), ids=lambda file: file.name)
def test_what_was_found_in_rosters(file: Path) -> None:
    check_roster(file.read_bytes().decode(), file.name)


@pytest.mark.parametrize(
    "text", ["a: 1\rb: 2\r", "\ufeffconnector:\n  kind: tmux\na: 1\n"], ids=["cr", "bom"]
)
def test_what_no_file_of_a_collection_may_begin_or_end_with(text: str) -> None:
    """ansible-test allows neither a carriage return nor a byte order mark in the corpus."""
    check_roster(text, "found.txt")


def test_a_carriage_return_in_an_env_file(tmp_path: Path) -> None:
    check_env(b"A=1\rB=2\r\n", tmp_path / "e")


@pytest.mark.parametrize("file", corpus("settings"), ids=lambda file: file.name)
def test_what_was_found_in_settings(file: Path) -> None:
    check_settings(file.read_bytes().decode())


@pytest.mark.parametrize("file", corpus("env"), ids=lambda file: file.name)
def test_what_was_found_in_env_files(file: Path, tmp_path: Path) -> None:
    check_env(file.read_bytes(), tmp_path / "e")
