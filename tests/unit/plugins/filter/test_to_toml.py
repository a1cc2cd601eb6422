# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the filter `to_toml` writes is what a TOML parser reads."""

from __future__ import annotations

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.mosaic.fleet.plugins.filter.to_toml import to_toml
from hypothesis import given
from hypothesis import strategies as st

tomllib = pytest.importorskip("tomllib", reason="Python 3.11 brings the parser")

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = (
    st.booleans() | st.integers(-(2**63), 2**63 - 1) | TEXT | st.floats(allow_nan=False, allow_infinity=False)
)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=8)


@given(st.dictionaries(TEXT, st.dictionaries(TEXT, VALUES), max_size=3))
def test_a_parser_reads_back_what_was_written(tables: dict) -> None:
    assert tomllib.loads(to_toml(tables)) == tables


def test_a_text_of_digits_stays_a_text() -> None:
    """Conduit takes a bare number for an integer and refuses to start."""
    assert to_toml({"global": {"jwt_secret": "12345"}}) == '[global]\njwt_secret = "12345"\n'


def test_a_key_without_a_value_is_left_out() -> None:
    assert to_toml({"global": {"a": None, "b": {"c": None}}}) == "[global]\nb = {}\n"


@pytest.mark.parametrize(
    "tables", [[], {"global": 1}, {"global": {"a": object()}}, {"global": {"a": float("nan")}}]
)
def test_what_toml_cannot_say_is_refused(tables: object) -> None:
    with pytest.raises(AnsibleFilterError, match="to_toml expects"):
        to_toml(tables)
