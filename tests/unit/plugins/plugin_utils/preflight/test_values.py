# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A variable is what its spec says, whether it comes from YAML or as a text from the command line."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mosaic.fleet.plugins.plugin_utils.preflight.specs import Option
from ansible_collections.mosaic.fleet.plugins.plugin_utils.preflight.values import Values, WrongError, typed


@pytest.mark.parametrize(
    ("kind", "value", "is_"),
    [
        ("bool", "false", False),
        ("bool", "Yes", True),
        ("bool", 0, False),
        ("int", "14", 14),
        ("int", -3, -3),
        ("str", 0.11, "0.11"),
        ("path", "/srv", "/srv"),
        ("list", [1, "a"], ["1", "a"]),
        ("dict", {"a": 1}, {"a": 1}),
    ],
)
def test_a_text_means_what_it_says(kind: str, value: Any, is_: Any) -> None:
    assert typed(Option("x", kind), value) == is_


@pytest.mark.parametrize(
    ("kind", "value", "sentence"),
    [
        ("bool", "maybe", 'x must be true or false, but is "maybe".'),
        ("bool", "y", 'x must be true or false, but is "y".'),  # which the filter bool takes for a no
        ("bool", None, "x has no value. Give it one, or leave it out."),
        ("int", "1.5", 'x must be a whole number, but is "1.5".'),
        ("int", True, "x must be a whole number, but is true."),
        ("str", {}, "x must be a text, but is a mapping."),
        ("path", "srv", 'x must be a path that begins with /, but is "srv".'),
        ("list", "a,b", 'x must be a list, but is the text "a,b".'),
        ("list", [{}], "Each of x must be a text, but one is a mapping."),
        ("dict", "a=b", 'x must be a mapping, but is the text "a=b".'),
    ],
)
def test_another_type_is_told(kind: str, value: Any, sentence: str) -> None:
    with pytest.raises(WrongError) as told:
        typed(Option("x", kind), value)
    assert str(told.value).startswith(sentence)


def test_the_command_line_is_told_how_to_give_a_list() -> None:
    with pytest.raises(WrongError, match=r"""as JSON: -e '\{"x": \["…"\]\}'\."""):
        typed(Option("x", "list"), "a")


@pytest.mark.parametrize("kind", ["bool", "int", "path", "list", "dict"])
def test_a_secret_of_another_type_is_not_shown(kind: str) -> None:
    with pytest.raises(WrongError) as told:
        typed(Option("x", kind, secret=True), "hush hush")
    assert "hush" not in str(told.value)
    assert "a text" in str(told.value)


@pytest.mark.parametrize("error", [ValueError("hush"), KeyError("hush")])
def test_a_template_that_fails_shows_nothing_of_what_it_was_made_from(error: Exception) -> None:
    def fail(_value: Any) -> Any:
        raise error

    values = Values("mos-1", {"x": Option("x")}, {"x": "{{ hush | from_json }}"}, fail)
    (told,) = values.mistakes(values.options)
    assert told.startswith("x cannot be made from its template on mos-1: its template fails. Correct it;")
    assert "hush" not in told


def test_what_is_missing_is_said_with_what_it_is() -> None:
    option = Option("x", required=True, description="The name in every user's id.")
    values = Values("mos-1", {"x": option}, {})
    told = "x is missing. The name in every user's id. Set it for this host or its group."
    assert list(values.mistakes(values.options)) == [told]
