# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User ids and aliases are taken apart; room ids are opaque."""

from __future__ import annotations

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.border import in_path
from mosaic_connectors.errors import ConfigError
from mosaic_connectors.matrix.identifiers import check_room_id, split_alias, split_user_id


@pytest.mark.parametrize(
    "server", ["hs.test", "hs.test:8448", "127.0.0.1", "[::1]", "[2001:db8::1]:8448", "localhost"]
)
def test_a_server_name_may_have_a_port_or_be_an_address(server: str) -> None:
    assert split_user_id(f"@mos.a/b=c:{server}") == ("mos.a/b=c", server)
    assert split_alias(f"#fleet:{server}") == ("fleet", server)


@pytest.mark.parametrize(
    "user_id",
    [
        "",
        "mos",
        "@mos",
        "@:hs.test",
        "@mos:",
        "#mos:hs.test",
        "@mos:hs test",
        "@m os:hs.test",
        "@mos:hs.test\n",
        "@mos:hs.test:port",
        "@mos:hs.test/path",
        "@" + "m" * 250 + ":hs.test",
    ],
)
def test_what_is_no_user_id_is_refused(user_id: str) -> None:
    with pytest.raises(ConfigError, match="@orchestrator:"):
        split_user_id(user_id)


@pytest.mark.parametrize(
    "room_id", ["!abc:hs.test", "!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM", "!a/b?c#d"]
)
def test_a_room_id_needs_no_domain(room_id: str) -> None:
    assert check_room_id(room_id) == room_id


@pytest.mark.parametrize("room_id", ["", "!", "#fleet:hs.test", "!a b", "!" + "a" * 255])
def test_what_is_no_room_id_is_refused(room_id: str) -> None:
    with pytest.raises(ConfigError, match="exclamation mark"):
        check_room_id(room_id)


@given(st.text(st.characters(codec="utf-8")))
def test_a_segment_of_a_path_stays_one(value: str) -> None:
    """Whatever stands in an id, it cannot reach another resource."""
    encoded = in_path(value)
    assert unquote(encoded) == value
    assert not set(encoded) & set("/?#")
