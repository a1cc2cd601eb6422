# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings file: every key has a default, and every mistake is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from mosaic_connectors.errors import SettingsError
from mosaic_connectors.settings import Settings, load_settings, parse_settings


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
        ({"inbox_limit": 0}, "1 or more"),
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
