# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connector block: what the schema says, pydantic says, and humans are told."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mosaic_connectors.config import connector_block, parse_connector, require_complete
from mosaic_connectors.errors import ConfigError
from mosaic_connectors.schema import connector_schema
from mosaic_connectors.secrets import find_secret
from mosaic_connectors.types import ConnectorConfig, DiscordConnectorConfig, MatrixConnectorConfig

VALIDATOR = jsonschema.Draft202012Validator(connector_schema())

strings = st.text(max_size=12) | st.sampled_from(["https://hs.example", "@mos:example", "!room"])
junk = st.none() | st.booleans() | st.integers() | st.floats() | st.lists(st.integers(), max_size=2)
values = st.one_of(strings, strings, strings, junk)


def shaped(*required: str) -> st.SearchStrategy[object]:
    """Mappings that are often right: each key present or not, now and then a stranger beside them."""
    right = st.fixed_dictionaries(dict.fromkeys(required, strings))
    almost = st.fixed_dictionaries({}, optional={**dict.fromkeys(required, values), "extra": values})
    return st.one_of(right, right, almost, junk)


kinds = st.sampled_from(["tmux", "discord", "matrix"]) | values
blocks = st.one_of(
    st.fixed_dictionaries(
        {"kind": kinds},
        optional={
            "matrix": shaped("homeserver_url", "user_id", "room_id"),
            "discord": shaped("channel_id"),
            "extra": values,
        },
    ),
    st.dictionaries(st.sampled_from(["kind", "matrix", "x"]), values, max_size=2),
    junk,
    strings,
)


@given(blocks)
@settings(deadline=None)  # the first one imports pydantic
@example({"kind": "matrix"})
@example({"kind": "tmux", "matrix": None})
@example({"kind": "discord", "discord": {"channel_id": "1"}})
@example({"kind": "tmux", "discord": {}})
def test_schema_and_dataclasses_agree(block):
    """JSON Schema and pydantic accept and reject the same documents."""
    if find_secret(block):
        return
    accepted = VALIDATOR.is_valid(block)
    try:
        config = parse_connector(block)
    except ConfigError:
        assert not accepted
    else:
        assert accepted
        assert connector_block(config) == block


def test_the_schema_is_the_design_documents():
    """The exported schema in docs/ is the one in the library, and it is closed."""
    exported = Path(__file__).parents[5] / "docs" / "connector.schema.json"
    assert json.loads(exported.read_text("utf-8")) == connector_schema()
    jsonschema.Draft202012Validator.check_schema(connector_schema())


def test_a_config_is_what_the_block_says():
    """Blocks become the contract's dataclasses."""
    block = {"kind": "discord", "discord": {"channel_id": "42"}}
    assert parse_connector(block) == ConnectorConfig("discord", discord=DiscordConnectorConfig("42"))


def test_a_misspelt_key_is_named_before_the_missing_one():
    """The likelier mistake is told first, with the word that was meant."""
    block = {"kind": "matrix", "matrix": {"homeserver": "h", "user_id": "@a:b", "room_id": "!c"}}
    with pytest.raises(
        ConfigError, match=r"connector\.matrix\.homeserver is not a known key.*'homeserver_url'"
    ):
        parse_connector(block)


def test_a_token_in_the_block_is_refused_and_not_repeated():
    """A credential is refused wherever it stands, and the sentence does not spread it."""
    token = "syt_bW9z_abcdefghijklmnop_1a2B3c"
    block = {"kind": "matrix", "matrix": {"homeserver_url": "https://h", "user_id": token, "room_id": "!c"}}
    with pytest.raises(ConfigError, match=r"looks like a secret at matrix\.user_id") as caught:
        parse_connector(block)
    assert token not in str(caught.value)


MATRIX = {"homeserver_url": "https://hs.example", "user_id": "@mos:hs.example", "room_id": "!opaque"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"homeserver_url": "hs.example"}, "homeserver_url is expected to be a base URL"),
        ({"homeserver_url": "https://"}, "homeserver_url is expected to be a base URL"),
        ({"user_id": "mos"}, "user_id is expected to be a full Matrix user id"),
        ({"room_id": ""}, "room_id is expected to be a room id"),
        ({"room_id": "#alias"}, "room_id is expected to be a room id"),
    ],
)
def test_values_no_connector_can_use_are_refused_when_one_is_made(change, message):
    """The schema asks for strings alone; making a connector asks for more."""
    config = ConnectorConfig("matrix", matrix=MatrixConnectorConfig(**{**MATRIX, **change}))
    with pytest.raises(ConfigError, match=message):
        require_complete(config)


@pytest.mark.parametrize(
    "room_id", ["!old:example.org", "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM", "#fleet:hs"]
)
def test_room_ids_are_opaque(room_id):
    """Ids of room version 12 have no domain; aliases may stand in an id's place."""
    require_complete(
        ConnectorConfig("matrix", matrix=MatrixConnectorConfig(**{**MATRIX, "room_id": room_id}))
    )
