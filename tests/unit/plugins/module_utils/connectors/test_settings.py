# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings file: every key has a default, and every mistake is named."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from mosaic_connectors import ConnectorConfig, DiscordConnectorConfig, MatrixConnectorConfig
from mosaic_connectors.errors import SettingsError
from mosaic_connectors.mistakes import mistakes_in_operators, mistakes_in_settings
from mosaic_connectors.settings import MAX_SETTINGS_BYTES, Settings, load_settings, parse_settings


def test_no_file_at_the_default_place_means_the_defaults(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("MOSAIC_SETTINGS", raising=False)
    monkeypatch.setattr("mosaic_connectors.settings.DEFAULT_SETTINGS_PATH", str(tmp_path / "none.yaml"))
    assert load_settings() == Settings()


def test_a_file_that_was_named_has_to_exist(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="does not"):
        load_settings(str(tmp_path / "none.yaml"))


def test_the_environment_names_another_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    place = tmp_path / "settings.yaml"
    place.write_text("session: mos\noperators: ['@a:b']\nmetrics_port: 9100\n")
    monkeypatch.setenv("MOSAIC_SETTINGS", str(place))
    settings = load_settings()
    assert (settings.session, settings.operators, settings.metrics_port) == ("mos", ("@a:b",), 9100)


@pytest.mark.parametrize("text", ["", "---\n", "{}\n", "# only a comment\n"])
def test_an_empty_file_means_the_defaults(tmp_path: Path, text: str) -> None:
    place = tmp_path / "settings.yaml"
    place.write_text(text)
    assert load_settings(str(place)) == Settings()


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ([], "a mapping"),
        ({"operator": ["@a:b"]}, "Did you mean 'operators'"),
        ({"zzz": 1}, "Known keys"),
        ({"operators": "@a:b"}, "operators"),
        ({"operators": [7]}, "operators"),
        ({"inbox_limit": 0}, "1 to 1099511627776"),
        ({"send_timeout": 0}, "between"),
        ({"stop_timeout": 1e9}, "between"),
        ({"dialog_patterns": ["("]}, "no regular expression"),
        ({"programs": ["claude"]}, "programs"),
        ({"programs": {"x": {"mark": ["a"]}}}, "programs.x.mark is not a known key. Did you mean 'marks'"),
        ({"programs": {"x": {"marks": "a"}}}, "programs.x.marks must be a list of regular expressions"),
        ({"programs": {"x": {"digits": ["a"]}}}, "programs.x.digits must be true or false"),
        ({"programs": {"x": {"busy": ["("]}}}, "programs.x.busy: '\\(' is no regular expression"),
        ({"programs": {"x": {"blank_after": "["}}}, "programs.x.blank_after: '\\[' is no regular expression"),
        ({"session": "a:b"}, "tmux takes the rest"),
        ({"session": ""}, "tmux takes the rest"),
        ({"metrics_port": 70000}, "65535"),
        ({"log_bodies": "perhaps"}, "log_bodies"),
    ],
)
def test_a_mistake_is_named(document: object, complaint: str) -> None:
    with pytest.raises(SettingsError, match=complaint):
        parse_settings(document)


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfe", b"a: b: c"])
def test_a_file_that_is_no_yaml_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    place = tmp_path / "settings.yaml"
    place.write_bytes(content)
    with pytest.raises(SettingsError, match="settings file") as refused:
        load_settings(str(place))
    assert "\n" not in str(refused.value)


TOKEN = "syt_SECRETSECRETSECRET"


@pytest.mark.parametrize(
    "document",
    [
        {"operators": TOKEN},
        {"session": TOKEN + "/"},
        {"session": {"a": TOKEN}},
        {"dialog_patterns": [TOKEN + "("]},
        {"inbox_limit": [["x" * 70, TOKEN]]},
        {"programs": {TOKEN: 1}},
        {"programs": {TOKEN: {"mark": 1}}},
        {"programs": {"mine": {TOKEN: 1}}},
        {"programs": {"mine": {"marks": TOKEN}}},
        {"programs": {"mine": {"marks": [TOKEN + "("]}}},
        {TOKEN: 1},
    ],
)
def test_no_sentence_about_the_settings_repeats_a_secret(document: dict[str, Any]) -> None:
    """It stands in the journal at every start, and on the screen of whoever asks for the health."""
    with pytest.raises(SettingsError) as caught:
        parse_settings(document)
    assert TOKEN[:12] not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "session: 2026-13-45\n",
        "operators: " + "[" * 3000 + "]" * 3000,
        "inbox_limit: 1" + "0" * 5000,
        "a: !!int ''",
        "- 1\n",
    ],
)
def test_what_cannot_be_understood_is_one_sentence(tmp_path: Path, text: str) -> None:
    """The bridge ends with 78, which systemd does not start again; a reload keeps what it has."""
    place = tmp_path / "settings.yaml"
    place.write_text(text)
    with pytest.raises(SettingsError, match="settings file"):
        load_settings(str(place))


def test_a_key_that_stands_twice_is_refused(tmp_path: Path) -> None:
    """The last one would count, silently: for the operators that matters."""
    place = tmp_path / "settings.yaml"
    place.write_text("operators: ['@a:x']\noperators: ['@evil:x']\n")
    with pytest.raises(SettingsError, match="expected once"):
        load_settings(str(place))
    assert [one.code for one in mistakes_in_settings(place.read_text(), "s")] == ["duplicate_key"]


def test_what_is_no_file_of_settings_is_refused_unread(tmp_path: Path) -> None:
    """A pipe would be waited for, and a huge file read to its end."""
    pipe, huge = tmp_path / "pipe", tmp_path / "huge"
    os.mkfifo(pipe)
    huge.write_text("#" * (MAX_SETTINGS_BYTES + 1))
    for place, why in ((pipe, "regular file"), (huge, "larger than")):
        with pytest.raises(SettingsError, match=why):
            load_settings(str(place))


def test_operators_who_can_hardly_be_one_are_told_with_their_place() -> None:
    """Each is a warning: it works as it is written, which is that nobody is heard by it."""
    config = ConnectorConfig("matrix", MatrixConnectorConfig("https://x", "@mos:x.org", "!r:x.org"))
    named = ["@Op:X.org", " @a:x.org", "op", "@mos:x.org", "@fine:x.org"]
    text = "operators:\n" + "".join(f"  - {one!r}\n" for one in named)
    found = mistakes_in_operators(text, "s.yaml", named, config)
    assert [(one.line, one.severity) for one in found] == [(line, "warning") for line in (2, 3, 4, 5)]
    words = ("capital", "white space", "full Matrix", "own account")
    assert all(word in one.message for one, word in zip(found, words, strict=True))
    discord = ConnectorConfig("discord", discord=DiscordConnectorConfig("1"))
    assert len(mistakes_in_operators(text, "s.yaml", named, discord)) == 5
    assert mistakes_in_operators("operators: ['alice']", "s.yaml", ["alice"], None) == []
