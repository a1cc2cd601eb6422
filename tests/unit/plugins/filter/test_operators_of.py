# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter operators_of: whom of a list a kind can hear, as its description says."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.mosaic.fleet.plugins.filter.operators_of import FilterModule
from mosaic_connectors.registry import descriptions

operators_of = FilterModule().filters()["operators_of"]
IDS = {kind.name: kind.operators.example for kind in descriptions() if kind.operators}


@pytest.mark.parametrize("kind", IDS)
def test_the_ids_of_a_kind_are_picked_and_a_line_end_is_no_part_of_one(kind: str) -> None:
    picked = operators_of([*IDS.values(), f"{IDS[kind]}\n", ""], kind)
    assert IDS[kind] in picked
    assert not {"", f"{IDS[kind]}\n"} & set(picked)
    assert "@you:example.org" not in picked or kind == "matrix"


def test_a_kind_that_lists_nobody_has_none_and_one_that_nobody_knows_is_refused() -> None:
    assert operators_of(["@you:example.org"], "tmux") == []
    with pytest.raises(AnsibleFilterError, match="'telegraph' is not implemented"):
        operators_of([], "telegraph")
