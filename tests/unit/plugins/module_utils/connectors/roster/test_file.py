# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A roster is read within bounds, and whatever is wrong with it is said in one sentence."""

from __future__ import annotations

import pytest
from mosaic_connectors.errors import RosterError
from mosaic_connectors.roster import MAX_ROSTER_BYTES, load_roster, parse_roster
from mosaic_connectors.types import ConnectorConfig, MatrixConnectorConfig


def test_no_block_means_no_connector():
    """An existing roster without the block resolves to the default."""
    assert parse_roster("agents: []\n", "r.yaml").connector is None


def test_the_block_becomes_a_config():
    """The design document's example is read as it is written there."""
    text = """\
connector:
  kind: matrix # tmux | discord | matrix
  matrix:
    homeserver_url: https://matrix.example.internal
    user_id: '@mos:example.internal'
    room_id: '!abc:example.internal'
"""
    expected = MatrixConnectorConfig(
        "https://matrix.example.internal", "@mos:example.internal", "!abc:example.internal"
    )
    roster = parse_roster(text, "r.yaml")
    assert roster.connector == ConnectorConfig("matrix", matrix=expected)
    roster.require_complete()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("- a\n", r"r\.yaml is expected to be a mapping .* found a sequence"),
        ("just text", r"found a scalar"),
        ("a: [1\nb: 2\n", r"r\.yaml:2:2: invalid YAML"),
        ("a: 1\n---\nb: 2\n", r"invalid YAML"),
        ("connector:\n", r"connector is expected to be a mapping with a kind, found nothing"),
        (
            "connector: tmux\n",
            r"r\.yaml:1:1: connector is expected to be a mapping with a kind, found 'tmux'",
        ),
        ("connector: {}\n", r"connector\.kind is expected and missing"),
        ("x: 1\nconnector:\n  kind: matrx\n", r"r\.yaml:3:3: .* found 'matrx'. Did you mean 'matrix'\?"),
        ("connector:\n  kind: tmux\n  knd: 1\n", r"r\.yaml:3:3: connector\.knd is not a known key.*'kind'"),
        ("connector:\n  kind: tmux\n  kind: matrix\n", r"'kind' is expected once, found on lines 2 and 3"),
        ("connector: {kind: tmux}\nconnector: {kind: tmux}\n", r"expected once, found on lines 1 and 2"),
        (
            "connector:\n  kind: discord\n  discord: {channel_id: 12}\n",
            r"channel_id is expected to be a string, found int 12",
        ),
        (
            "connector: {kind: discord, discord: {channel_id: 2020-01-01}}\n",
            r"channel_id is expected to be a string, found date .* Quote it",
        ),
        ("connector: !!python/object:os.system {}\n", r"a value cannot be understood"),
        (
            "connector:\n  kind: matrix\n  matrix:\n    homeserver_url: h\n",
            r"user_id is expected and missing",
        ),
        (
            "notes:\n  - syt_bW9z_abcdefghijklmnop_1a2B3c\n",
            r"r\.yaml:2:5: something here looks like a secret",
        ),
    ],
)
def test_a_wrong_roster_is_refused(text, message):
    """Every mistake is named with its place, what was expected and what was found."""
    with pytest.raises(RosterError, match=message):
        parse_roster(text, "r.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"r\.json:1:1: invalid JSON"),
        ('{"a": 1,}', r"r\.json:1:\d+: invalid JSON"),
        ("[1]", r"expected to be a mapping .* found a list"),
        (
            '{"connector": {"kind": "discord", "discord": {"channel_id": "\\ud800"}}}',
            r"expected to be a string, found",
        ),
        ('{\n "connector": {\n  "kind": "irc"}}', r"r\.json:3:3: .*found 'irc'"),
    ],
)
def test_a_wrong_json_roster_is_refused(text, message):
    """JSON rosters get the same sentences."""
    with pytest.raises(RosterError, match=message):
        parse_roster(text, "r.json")


def test_a_secret_is_never_repeated():
    """The sentence about a token does not contain it."""
    token = "syt_bW9z_abcdefghijklmnop_1a2B3c"
    with pytest.raises(RosterError) as caught:
        parse_roster(f"connector:\n  kind: matrix\n  token: {token}\n", "r.yaml")
    assert token not in str(caught.value)


def test_matrix_without_its_block_is_read_but_not_complete():
    """Legal by the schema; refused when a connector is made from it."""
    roster = parse_roster("connector:\n  kind: matrix\n", "r.yaml")
    with pytest.raises(RosterError, match=r"r\.yaml:2:3: .* a block connector\.matrix with homeserver_url"):
        roster.require_complete()


def test_a_missing_roster_is_named(tmp_path):
    """The path is in the sentence."""
    with pytest.raises(RosterError, match=r"none\.yaml: the roster is expected here"):
        load_roster(tmp_path / "none.yaml")


def test_a_folder_is_no_roster(tmp_path):
    """Any other error of the operating system is passed on in its own words."""
    with pytest.raises(RosterError, match="cannot be read: Is a directory"):
        load_roster(tmp_path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    """The offset of the first wrong byte is told."""
    (tmp_path / "r.yaml").write_bytes(b"a: \xff\n")
    with pytest.raises(RosterError, match="expected UTF-8 text, found other bytes at offset 3"):
        load_roster(tmp_path / "r.yaml")


def test_a_huge_file_is_refused_unread(tmp_path):
    """A bound stands on what is read."""
    with (tmp_path / "r.yaml").open("wb") as stream:
        stream.truncate(MAX_ROSTER_BYTES + 1)
    with pytest.raises(RosterError, match="larger than"):
        load_roster(tmp_path / "r.yaml")
