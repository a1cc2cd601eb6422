# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every mistake is found, not only the first, each at its line and column; and none repeats a secret."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mosaic_connectors.errors import ConfigError
from mosaic_connectors.mistakes import mistakes_in_roster, mistakes_in_settings
from mosaic_connectors.roster import parse_roster
from mosaic_connectors.settings import Settings, parse_settings

TOKEN = "syt_bW9z_abcdefghijklmnop_1a2B3c"


def told(text: str, name: str = "r.yaml") -> list[tuple[int | None, int | None, str, str]]:
    return [(one.line, one.column, one.path, one.code) for one in mistakes_in_roster(text, name)]


def test_every_mistake_is_told_with_its_place() -> None:
    text = """\
connector:
  kind: matrix
  matrix:
    homeserver: https://hs.example
    user_id: mos
    room_id: 7
  colour: red
agents: []
agents: [x]
"""
    assert told(text) == [
        (4, 5, "connector.matrix.homeserver", "unknown_key"),
        (5, 14, "connector.matrix.user_id", "wrong_value"),
        (6, 14, "connector.matrix.room_id", "wrong_type"),
        (7, 3, "connector.colour", "unknown_key"),
        (9, 1, "agents", "duplicate_key"),
    ]
    first = mistakes_in_roster(text, "r.yaml")[0]
    assert (first.nearest, first.found) == ("homeserver_url", "homeserver")
    assert "Did you mean 'homeserver_url'?" in first.message
    assert [one.severity for one in mistakes_in_roster(text, "r.yaml")] == ["error"] * 4 + ["warning"]


def test_a_json_roster_is_told_the_same_way() -> None:
    text = '{\n "connector": {\n  "kind": "matrx",\n  "discord": {"chanel_id": 5}\n },\n "connector": 1}'
    assert told(text, "r.json") == [
        (6, 2, "connector", "duplicate_key"),
        (6, 15, "connector", "wrong_type"),
    ]
    assert told(text.replace(',\n "connector": 1', ""), "r.json") == [
        (3, 11, "connector.kind", "wrong_value"),
        (4, 15, "connector.discord.chanel_id", "unknown_key"),
    ]
    assert told('{"connector": {"kind": "tmux",\n "kind": "tmux"}}', "r.json") == [
        (2, 2, "connector.kind", "duplicate_key")
    ]


@pytest.mark.parametrize(
    ("text", "name", "place"),
    [
        ("a: [1\nb: 2\n", "r.yaml", (2, 2, "syntax")),
        ("a:\n\tb: 1\n", "r.yaml", (2, 1, "syntax")),
        ("- a\n", "r.yaml", (None, None, "wrong_type")),
        ('{"a": 1 "b": 2}', "r.json", (1, 9, "syntax")),
        ("connector: {kind: discord, discord: {channel_id: 2020-01-01}}\n", "r.yaml", (1, 50, "wrong_type")),
        ("connector: &a {kind: tmux, matrix: *a}\n", "r.yaml", (1, 12, "invalid")),
        ("connector: {kind: matrix}\n", "r.yaml", (1, 13, "missing_key")),
        ("connector: {kind: matrix, matrx: {}}\n", "r.yaml", (1, 27, "unknown_key")),
        ("conector: {kind: matrix}\n", "r.yaml", (1, 1, "unknown_key")),
    ],
)
def test_whatever_is_wrong_has_its_place(
    text: str, name: str, place: tuple[int | None, int | None, str]
) -> None:
    (only,) = mistakes_in_roster(text, name)
    assert (only.line, only.column, only.code) == place


def test_a_misspelt_connector_is_a_warning_since_the_fleet_may_mean_it() -> None:
    (only,) = mistakes_in_roster("conector: {kind: matrix}\n", "r.yaml")
    assert (only.severity, only.nearest) == ("warning", "connector")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (f"connector:\n  kind: matrix\n  matrix:\n    user_id: {TOKEN}\n", "r.yaml"),
        (f"connector: {{kind: {TOKEN}, {TOKEN}: 1}}\n", "r.yaml"),
        (f"connector: [{TOKEN}]\nnotes: {{x: [{TOKEN}]}}\n", "r.yaml"),
        (f'{{"connector": {{"kind": "{TOKEN}", "{TOKEN}": "{TOKEN}"}}}}', "r.json"),
        (f"connector: *{TOKEN}\n", "r.yaml"),
        ("connector: {kind: 'x', matrix: '%s'}\n" % ("y" * 60 + " " + TOKEN), "r.yaml"),
    ],
)
def test_a_secret_is_told_by_its_place_alone(text: str, name: str) -> None:
    mistakes = mistakes_in_roster(text, name)
    assert mistakes
    assert "bW9z" not in json.dumps([vars(one) for one in mistakes])
    assert "syt_" not in json.dumps([vars(one) for one in mistakes])


keys = st.sampled_from(
    ["kind", "matrix", "discord", "homeserver_url", "user_id", "room_id", "channel_id", "x"]
)
leaves = (
    st.sampled_from(["tmux", "matrix", "discord", "https://a.b", "@a:b", "!r", "12"])
    | st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.dates()
)
trees = st.recursive(
    leaves, lambda inner: st.dictionaries(keys, inner, max_size=4) | st.lists(inner, max_size=2), max_leaves=8
)
good = {
    "matrix": {"homeserver_url": "https://a.b", "user_id": "@a:b", "room_id": "!r"},
    "discord": {"channel_id": "12"},
}
blocks = st.fixed_dictionaries(
    {"kind": st.sampled_from(["tmux", "matrix", "discord"])},
    optional={
        "matrix": st.just(good["matrix"]) | trees,
        "discord": st.just(good["discord"]) | trees,
        "x": trees,
    },
)


@settings(deadline=None)
@given(blocks | trees, st.booleans())
@example({"kind": "matrix", "matrix": None}, False)
@example({"kind": "matrix", "matrix": {"user_id": None}}, True)
def test_no_error_means_that_a_connector_can_be_made(block: object, as_json: bool) -> None:
    """What `validate` finds right the bridge takes, and what the bridge refuses `validate` finds."""
    document = {"connector": block}
    name = "r.json" if as_json else "r.yaml"
    text = json.dumps(document, default=str) if as_json else yaml.safe_dump(document)
    errors = [one for one in mistakes_in_roster(text, name) if one.severity == "error"]
    try:
        parse_roster(text, name).require_complete()
    except ConfigError:
        assert errors
        assert all(one.line and one.column for one in errors)
    else:
        assert errors == []


@settings(deadline=None)
@given(st.text("abck: -[]{},\n\t#&*'\"!|>%@\\u0e9", max_size=40), st.booleans())
def test_any_text_gets_an_answer(text: str, as_json: bool) -> None:
    """Whatever stands in the file, there is a list of mistakes and never a crash."""
    mistakes_in_roster(text, "r.json" if as_json else "r.yaml")
    mistakes_in_settings(text, "s.yaml")


def test_settings_are_told_the_same_way() -> None:
    text = f"operator: ['@a:b']\ninbox_limit: 0\nlog_bodies: perhaps\ndraft_patterns: [ok, '(']\nca_path: {TOKEN}\n"
    mistakes = mistakes_in_settings(text, "s.yaml")
    assert [(one.line, one.column, one.path, one.code) for one in mistakes] == [
        (1, 1, "operator", "unknown_key"),
        (2, 14, "inbox_limit", "wrong_value"),
        (3, 13, "log_bodies", "wrong_type"),
        (4, 22, "draft_patterns.1", "wrong_value"),
        (5, 10, "ca_path", "secret"),
    ]
    assert mistakes[0].nearest == "operators"
    assert "bW9z" not in json.dumps([vars(one) for one in mistakes])


def test_right_settings_have_no_mistakes() -> None:
    text = "operators: ['@a:b']\nmetrics_port: 9100\n"
    assert mistakes_in_settings(text, "s.yaml") == []
    assert parse_settings(yaml.safe_load(text)) == Settings(operators=("@a:b",), metrics_port=9100)
