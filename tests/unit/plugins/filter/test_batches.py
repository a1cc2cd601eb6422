# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter batches: what `serial` would make of the hosts."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.mosaic.fleet.plugins.filter.batches import FilterModule

batches = FilterModule().filters()["batches"]


@pytest.mark.parametrize(
    ("batch", "made"),
    [
        ("100%", ["abcde"]),
        (2, ["ab", "cd", "e"]),
        ("2", ["ab", "cd", "e"]),
        ("1,50%", ["a", "bc", "de"]),
        ([1, "2"], ["a", "bc", "de"]),
        ("1%", list("abcde")),
        (99, ["abcde"]),
    ],
)
def test_hosts_come_in_batches_of_the_named_sizes(batch: Any, made: list[str]) -> None:
    """The last size goes for the rest, and no batch is empty."""
    assert batches(list("abcde"), batch) == [list(one) for one in made]


@pytest.mark.parametrize("batch", [0, "", "half", "101%", "-1", True, [], "1,,2", "１"])
def test_what_is_no_size_is_refused(batch: Any) -> None:
    with pytest.raises(AnsibleFilterError, match="must be a number from 1"):
        batches(["a"], batch)


def test_no_hosts_are_no_batches() -> None:
    assert batches([], "100%") == []
