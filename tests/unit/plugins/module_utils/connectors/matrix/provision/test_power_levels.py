# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Power levels: what is given lies over what is, and nothing else moves."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.border import Foreign
from mosaic_connectors.errors import ConfigError
from mosaic_connectors.matrix.provision.power_levels import check_power_levels, drop_creators, merge

LEVEL = st.integers(-100, 100)
USERS = st.dictionaries(st.sampled_from([f"@{name}:hs.test" for name in "abcd"]), LEVEL)
LEVELS = st.fixed_dictionaries(
    {},
    optional={
        "ban": LEVEL,
        "users_default": LEVEL,
        "users": USERS,
        "events": st.dictionaries(st.sampled_from(["m.room.name", "m.room.topic"]), LEVEL),
    },
)


@given(now=LEVELS, wanted=LEVELS)
def test_the_result_holds_what_is_given_and_keeps_the_rest(
    now: dict[str, Any], wanted: dict[str, Any]
) -> None:
    """And laying it over again moves nothing: a second run has nothing to change."""
    merged = merge(now, check_power_levels(wanted))
    assert merge(merged, wanted) == merged
    for key, value in wanted.items():
        assert merged[key] == ({**now.get(key, {}), **value} if isinstance(value, dict) else value)
    assert {key: merged[key] for key in now if key not in wanted} == {
        key: now[key] for key in now if key not in wanted
    }


@pytest.mark.parametrize(
    ("version", "stays"),
    [(None, True), ("1", True), ("11", True), ("12", False), ("org.matrix.hydra.11", False)],
)
def test_creators_stand_above_the_levels_from_version_12_on(version: str | None, stays: bool) -> None:
    """Additional creators as well; everybody else keeps the entry."""
    create = {
        "sender": "@a:hs.test",
        "content": {"additional_creators": ["@b:hs.test"], **({"room_version": version} if version else {})},
    }
    levels = {"users": {"@a:hs.test": 100, "@b:hs.test": 100, "@c:hs.test": 50}, "ban": 50}
    dropped = drop_creators(levels, Foreign(create))
    assert dropped == (levels if stays else {"users": {"@c:hs.test": 50}, "ban": 50})


def test_a_map_without_users_stays_without() -> None:
    create = Foreign({"sender": "@a:hs.test", "content": {"room_version": "12"}})
    assert drop_creators({"ban": 50}, create) == {"ban": 50}


@pytest.mark.parametrize("level", ["50", "-1", 50])
def test_numbers_that_a_template_made_strings_of_are_numbers(level: Any) -> None:
    assert check_power_levels({"ban": level}) == {"ban": int(level)}


@pytest.mark.parametrize("level", [True, 1.5, "1.5", "", None, [], "5" * 20])
def test_what_is_no_whole_number_is_refused(level: Any) -> None:
    with pytest.raises(ConfigError, match=r"power_levels\.events\.m\.room\.name is expected"):
        check_power_levels({"events": {"m.room.name": level}})
