# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is taken at the first look is what pydantic takes, and means the same."""

from __future__ import annotations

from typing import Any

import pydantic
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from mosaic_connectors import settings
from mosaic_connectors.plain import plainly
from mosaic_connectors.settings import Settings

TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=5)
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    TEXT,
    st.lists(TEXT | st.integers(), max_size=3),
    st.just({}),
)


@given(st.dictionaries(st.sampled_from(settings._KEYS), ANYTHING))
@bounds(deadline=None)  # the first one builds what pydantic judges by
def test_settings_mean_to_both_the_same(document: dict[str, Any]) -> None:
    plain = plainly(Settings, document)
    if plain is not None:
        judged = settings._adapter().validate_python(document)
        assert repr(plain) == repr(judged)  # by their text, since NaN is equal to nothing


def test_what_is_usual_is_plain() -> None:
    """Or all of it would be for nothing."""
    written = {
        "operators": ["@a:b"],
        "ca_path": None,
        "send_timeout": 30,
        "log_bodies": True,
        "inbox_limit": 5,
    }
    assert plainly(Settings, written) == pydantic.TypeAdapter(Settings).validate_python(written)
