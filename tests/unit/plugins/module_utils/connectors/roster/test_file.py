# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A roster is read within bounds, and whatever is wrong with it is said in one sentence."""

from __future__ import annotations

import contextlib
import os

import pytest
import yaml
from mosaic_connectors.errors import RosterError
from mosaic_connectors.mistakes import mistakes_in_roster
from mosaic_connectors.roster import MAX_ROSTER_BYTES, load_roster, parse_roster, settle_connector
from mosaic_connectors.roster.file import parse_text
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


DEEP = 400
CRASHES = {
    "tag bool": ("connector: {kind: !!bool maybe}\n", "r.yaml"),
    "tag timestamp": ("connector: !!timestamp x\n", "r.yaml"),
    "tag int": ('connector: !!int ""\n', "r.yaml"),
    "merge of a text": ("<<: x\nconnector: {kind: tmux}\n", "r.yaml"),
    "merge of itself": ("a: &a\n  <<: *a\n<<: *a\n", "r.yaml"),
    "maps": ("connector: " + "{a: " * 115 + "}" * 115 + "\n", "r.yaml"),
    "lists": ("connector: " + "[" * 175 + "]" * 175 + "\n", "r.yaml"),
    "lists beside a merge": ("b: &b {x: 1}\n<<: *b\na: " + "[" * 175 + "]" * 175 + "\n", "r.yaml"),
    "blocks": ("".join(" " * i + "a:\n" for i in range(DEEP)), "r.yaml"),
    "digits": ('{"a": ' + "1" * 4301 + "}", "r.json"),
    "yaml digits": ("connector: {kind: 1" + "0" * 5000 + "}\n", "r.yaml"),
    "objects": ('{"connector": ' + '{"a":' * 600 + "1" + "}" * 600 + "}", "r.json"),
    "json lists": ('{"a":' + "[" * 900 + "]" * 900 + "}", "r.json"),
    "laughs": (
        "connector:\n  a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"  {chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(8)
        ),
        "r.yaml",
    ),
    "not a number": ('{"a": NaN}', "r.json"),
    "no end": ('{"a": -Infinity}', "r.json"),
}


@pytest.mark.parametrize("case", CRASHES)
@pytest.mark.fault("a roster that is deep, huge, tagged or of no number", "one sentence")
def test_what_cannot_be_understood_is_one_sentence(case):
    """Whatever is asked of it: a roster of no size and no depth ends in a traceback, or not at all."""
    text, name = CRASHES[case]
    for ask in (
        parse_roster,
        lambda text, name: settle_connector(text, {"kind": "tmux"}, name),
        mistakes_in_roster,
    ):
        with contextlib.suppress(RosterError):
            ask(text, name)


def test_a_merge_means_what_it_means_to_pyyaml():
    """The first of several in a list counts, and what is written beats what is merged."""
    text = "a: &a {x: 1, y: 1}\nb: &b {x: 2, z: 2}\n<<: [*a, *b]\nz: 3\n"
    source = parse_text(text, "r.yaml")
    assert {key: source.value(key) for key in "xyz"} == {key: yaml.safe_load(text)[key] for key in "xyz"}


def test_a_tab_is_blamed_where_it_indents_alone():
    """At the end of a line nobody is helped by advice about indentation."""
    with pytest.raises(RosterError, match="Correct that line"):
        parse_roster("a: 1\t\n", "r.yaml")
    with pytest.raises(RosterError, match="Indent by spaces"):
        parse_roster("a:\n\tb: 1\n", "r.yaml")


def test_a_pipe_is_no_roster(tmp_path):
    """It would be waited for, without an end."""
    os.mkfifo(tmp_path / "r.yaml")
    with pytest.raises(RosterError, match="regular file"):
        load_roster(tmp_path / "r.yaml")
