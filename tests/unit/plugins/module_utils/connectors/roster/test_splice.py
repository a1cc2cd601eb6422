# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One block is written; every other byte of the roster stays."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.errors import RosterError
from mosaic_connectors.roster import parse_roster, splice_connector

TMUX = {"kind": "tmux"}
MATRIX = {
    "kind": "matrix",
    "matrix": {
        "homeserver_url": "https://matrix.example.org",
        "user_id": "@mos:example.org",
        "room_id": "!abcdefghijklmnopqrstuvwxyz0123456789",
    },
}

YAML_ROSTER = """\
# The fleet of the moon base.
version: 1   # of the format

agents:
  - name: 'mos'
    class: "orchestrator"   # quoted on purpose
    notes: |
      keep   these   spaces
      and this line

connector:            # who talks to whom
  kind: tmux

# The end of the story.
limits: {cpu: 2, "memory": 4}
"""


def test_replacing_the_block_keeps_every_other_line():
    """Only the lines of the block differ between the old and the new text."""
    spliced = splice_connector(YAML_ROSTER, MATRIX, "r.yaml")
    head, tail = YAML_ROSTER.split("connector:            # who talks to whom\n  kind: tmux\n")
    assert spliced.startswith(head)
    assert spliced.endswith(tail)
    assert yaml.safe_load(spliced)["connector"] == MATRIX


def test_removing_the_block_removes_its_lines_alone():
    """Comments around the block stay when it goes."""
    head, tail = YAML_ROSTER.split("connector:            # who talks to whom\n  kind: tmux\n")
    assert splice_connector(YAML_ROSTER, None, "r.yaml") == head + tail


def test_a_missing_block_is_appended():
    """A roster without the block gets it at its end, after everything that is there."""
    assert splice_connector("a: 1\n# tail\n", TMUX, "r.yaml") == "a: 1\n# tail\nconnector:\n  kind: tmux\n"


def test_a_missing_last_line_break_is_made_up_for():
    """An unfinished last line is finished before the block."""
    assert splice_connector("a: 1", TMUX, "r.yaml") == "a: 1\nconnector:\n  kind: tmux\n"


def test_the_block_goes_before_the_end_marker_of_the_document():
    """Text after `...` is no longer the document."""
    assert (
        splice_connector("---\na: 1\n...\n", TMUX, "r.yaml") == "---\na: 1\nconnector:\n  kind: tmux\n...\n"
    )


def test_carriage_returns_are_kept_and_used():
    """A file of CR LF lines stays one."""
    spliced = splice_connector("a: 1\r\nconnector:\r\n  kind: matrix\r\nb: 2\r\n", TMUX, "r.yaml")
    assert spliced == "a: 1\r\nconnector:\r\n  kind: tmux\r\nb: 2\r\n"


def test_a_byte_order_mark_stays():
    """The mark some editors write is part of the other bytes."""
    assert splice_connector("\ufeffa: 1\n", TMUX, "r.yaml") == "\ufeffa: 1\nconnector:\n  kind: tmux\n"


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n", "---\n# nothing yet"])
def test_an_empty_roster_gets_its_first_block(text):
    """A file of comments alone is a roster without members."""
    spliced = splice_connector(text, TMUX, "r.yaml")
    assert spliced.startswith(text)
    assert parse_roster(spliced, "r.yaml").connector.kind == "tmux"


def test_an_indented_root_keeps_its_column():
    """Keys of a root mapping may stand at any column."""
    spliced = splice_connector("  a: 1\n  connector: {kind: tmux} # c\n  b: 2\n", MATRIX, "r.yaml")
    assert yaml.safe_load(spliced) == {"a": 1, "connector": MATRIX, "b": 2}
    assert spliced.endswith(" # c\n  b: 2\n")


def test_an_indented_root_gets_a_new_block_at_its_column():
    """Appending to an indented mapping indents the block as well."""
    assert yaml.safe_load(splice_connector("  a: 1\n", MATRIX, "r.yaml")) == {"a": 1, "connector": MATRIX}


def test_a_flow_mapping_stays_one():
    """A YAML roster in braces is edited in braces."""
    spliced = splice_connector("{a: 1, b: 'x'} # tail\n", TMUX, "r.yaml")
    assert spliced == '{a: 1, b: \'x\', "connector": {"kind": "tmux"}} # tail\n'
    assert splice_connector(spliced, None, "r.yaml") == "{a: 1, b: 'x'} # tail\n"


def test_an_unknown_tag_elsewhere_does_no_harm():
    """`!vault` and other tags of the fleet's own are none of our business."""
    text = "secret: !vault |\n  3132\nconnector:\n  kind: tmux\n"
    assert splice_connector(text, MATRIX, "r.yaml").startswith(
        "secret: !vault |\n  3132\nconnector:\n  kind: matrix\n"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("connector: &c\n  kind: tmux\nother: *c\n", "undefined alias"),
        ("note: |\n  unfinished", "another part of the file would change its meaning"),
        ("a: 1\n--- \nb: 2\n", "another document"),
    ],
)
def test_what_cannot_be_spliced_safely_is_refused(text, why):
    """An anchor others use, an unfinished scalar, a second document: refused, never changed by the way."""
    with pytest.raises(RosterError, match=why):
        splice_connector(text, MATRIX, "r.yaml")


def test_an_alias_is_replaced_and_its_anchor_stays():
    """The block that the alias pointed to is another part of the file."""
    spliced = splice_connector("base: &c\n  kind: tmux\nconnector: *c\n", MATRIX, "r.yaml")
    assert yaml.safe_load(spliced) == {"base": {"kind": "tmux"}, "connector": MATRIX}


def test_a_merged_block_cannot_be_removed():
    """A block that comes from a merge key is not ours to remove."""
    with pytest.raises(RosterError, match="a merge key interferes"):
        splice_connector("base: &b\n  connector:\n    kind: tmux\n<<: *b\n", None, "r.yaml")


def test_a_duplicate_block_is_refused_with_its_lines():
    """Two `connector` keys: nobody can tell which one is meant."""
    with pytest.raises(RosterError, match="expected once, found on lines 1 and 4"):
        splice_connector("connector:\n  kind: tmux\na: 1\nconnector:\n  kind: matrix\n", TMUX, "r.yaml")


JSON_ROSTER = '{\n\t"agents": [{"name": "mos"}],\n\t"connector": {"kind": "tmux"},\n\t"n": 1.50\n}\n'


def test_json_is_spliced_with_its_own_indentation():
    """Tabs, number spellings and order of a JSON roster stay."""
    spliced = splice_connector(JSON_ROSTER, MATRIX, "r.json")
    assert json.loads(spliced)["connector"] == MATRIX
    assert spliced.startswith('{\n\t"agents": [{"name": "mos"}],\n\t"connector": {\n\t\t"kind"')
    assert spliced.endswith(',\n\t"n": 1.50\n}\n')


@pytest.mark.parametrize(
    "text", ["{}", "{ }\n", '{"a": 1}', '{\n  "a": 1\n}\n', '\ufeff{"a": [1, {}]}', '{"a":"}"}']
)
def test_json_gets_and_loses_a_block(text):
    """What was inserted into a JSON roster can be removed without a trace."""
    spliced = splice_connector(text, MATRIX, "r.json")
    assert json.loads(spliced.lstrip("\ufeff"))["connector"] == MATRIX
    assert splice_connector(spliced, None, "r.json") == text


def test_json_duplicates_are_refused():
    """JSON parsers take the last of two equal keys; we ask which one is meant."""
    with pytest.raises(RosterError, match="found on lines 1 and 2"):
        splice_connector('{"connector": {"kind": "tmux"},\n"connector": {"kind": "tmux"}}', TMUX, "r.json")


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
rosters = st.dictionaries(
    st.text(max_size=10).filter(lambda key: key not in ("connector", "<<")), plain, max_size=4
)
blocks = st.sampled_from([TMUX, MATRIX])


@given(rosters, blocks, blocks, st.booleans(), st.sampled_from([None, "\t", 2]))
def test_json_round_trip(document, first, second, ascii_only, indent):
    """For any JSON roster: insert, replace and remove leave the original text, byte for byte."""
    text = json.dumps(document, ensure_ascii=ascii_only, indent=indent)
    spliced = splice_connector(splice_connector(text, first, "r.json"), second, "r.json")
    assert json.loads(spliced) == {**document, "connector": second}
    assert splice_connector(spliced, None, "r.json") == text


@given(rosters, blocks, blocks, st.booleans(), st.sampled_from(["\n", "\r\n"]))
def test_yaml_round_trip(document, first, second, flow, newline):
    """For any YAML roster: insert, replace and remove leave the original text, byte for byte."""
    text = yaml.safe_dump(document, default_flow_style=flow, line_break=newline, allow_unicode=True)
    spliced = splice_connector(splice_connector(text, first, "r.yaml"), second, "r.yaml")
    assert yaml.safe_load(spliced) == {**yaml.safe_load(text), "connector": second}
    assert splice_connector(spliced, None, "r.yaml") == text


@pytest.mark.parametrize(
    "text",
    [
        "--- !!map\na: 1\n",
        "--- &root\na: 1\n",
        "--- &root {}\n",
        "!!map {}\n",
        "\ufeffa: 1\n",
        "a: 1\rb: 2\r",
        "{ &a [a, &b b]: *b, *a : [c]}\n",
    ],
)
def test_a_block_comes_and_goes_and_leaves_nothing(text):
    """Tags and anchors of the root, a byte order mark, an old Mac's line ends, aliases as keys: all stay."""
    put = splice_connector(text, MATRIX, "r.yaml")
    assert splice_connector(put, MATRIX, "r.yaml") == put
    assert splice_connector(put, None, "r.yaml") == text


def test_a_byte_order_mark_stays_when_the_first_block_goes():
    """It is a byte of the file and none of the block."""
    assert splice_connector("\ufeffconnector:\n  kind: tmux\na: 1\n", None, "r.yaml") == "\ufeffa: 1\n"


@pytest.mark.parametrize("text", ["a: 1\rb: 2\n", "a: 1\u2028", "a: 1\x85"])
def test_line_ends_of_two_minds_are_refused(text):
    """What no editor shows as a line end would be mixed with ours."""
    with pytest.raises(RosterError, match="line feed"):
        splice_connector(text, MATRIX, "r.yaml")


def test_a_comment_behind_the_old_last_line_goes_with_it():
    """It says nothing of the new one."""
    old = 'connector:\n  kind: discord\n  discord:\n    channel_id: "1" # the ops channel\nb: 2 # two\n'
    assert "#" not in splice_connector(old, MATRIX, "r.yaml").partition("b: 2")[0]
    assert splice_connector(old, MATRIX, "r.yaml").endswith("\nb: 2 # two\n")


def test_a_refusal_tells_no_place_in_a_text_that_nobody_sees():
    """The line and column of what would have been written help nobody."""
    with pytest.raises(RosterError) as refused:
        splice_connector("connector: &c\n  kind: tmux\nother: *c\n", MATRIX, "r.yaml")
    assert "r.yaml:" in str(refused.value)
    assert not re.search(r":\d+:\d+", str(refused.value))
