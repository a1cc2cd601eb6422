# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a description has to be, and that those of the library say what their code says."""

from __future__ import annotations

import dataclasses

import pytest
from mosaic_connectors import KNOWN_CONNECTOR_KINDS, Field, Kind, Operators, SecretQuestion, Shape
from mosaic_connectors.errors import ConfigError
from mosaic_connectors.registry import describe
from mosaic_connectors.schema import connector_schema
from mosaic_connectors.setup.flow import steps_of

CONTRACT = {
    "description": "Orchestrator chat connector (F4). Optional — absent means tmux (back-compat). Secrets "
    "(access/bot tokens) come from the environment, never this file.",
    "type": "object",
    "additionalProperties": False,
    "required": ["kind"],
    "properties": {
        "kind": {"enum": ["tmux", "discord", "matrix"]},
        "matrix": {
            "type": "object",
            "additionalProperties": False,
            "required": ["homeserver_url", "user_id", "room_id"],
            "properties": {
                "homeserver_url": {"type": "string"},
                "user_id": {"type": "string"},
                "room_id": {"type": "string"},
            },
        },
        "discord": {
            "type": "object",
            "additionalProperties": False,
            "required": ["channel_id"],
            "properties": {"channel_id": {"type": "string"}},
        },
    },
}
"""As the design document has it."""


def test_the_schema_of_the_three_kinds_is_the_design_documents_word_for_word() -> None:
    """The order of its keys included."""
    made = connector_schema(map(describe, ("tmux", "discord", "matrix")))
    assert repr(made) == repr(CONTRACT)


@pytest.mark.parametrize("name", KNOWN_CONNECTOR_KINDS)
def test_a_description_names_code_that_is_there(name: str) -> None:
    """Its factory and its steps load, and its dataclass has its fields."""
    kind = describe(name)
    assert callable(kind._load(str(kind.factory)))
    steps = steps_of(name)
    assert callable(steps.guide)
    assert callable(steps.unanswered)
    assert [one.name for one in dataclasses.fields(kind.block)] == [one.key for one in kind.fields]


SHAPE = Shape("[a-z]+", "a word")


def field(key: str = "word", variable: str = "WORD", example: str = "word") -> Field:
    return Field(key, variable, "Word:", "a word", shape=SHAPE, example=example)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"name": "Pigeon"}, "its name must be"),
        ({"name": "kind"}, "its name must be"),
        ({"summary": "two\nlines"}, "its summary must be one line"),
        ({"fields": (field("roster"),)}, "the key 'roster' must be"),
        ({"fields": (field("bot_token"),)}, "sounds like a secret"),
        ({"fields": (field(variable="word"),)}, "the variable 'word' must be"),
        ({"fields": (field(example="WORD"),)}, "the example of word must look"),
        ({"fields": (field(), field())}, "the key 'word' must stand once"),
        ({"secrets": (SecretQuestion("key", "KEY", "Key:", "key", shapes=("(",)),)}, "no regular expression"),
        ({"operators": Operators(SHAPE, "WORD")}, "the example of an operator"),
        ({"account": "user"}, "account must name one of its fields"),
    ],
)
def test_a_description_that_contradicts_itself_is_refused(wrong: dict[str, object], why: str) -> None:
    """At once, in words for whoever writes it."""
    right: dict[str, object] = {"name": "pigeon", "summary": "a bird", "factory": print}
    assert Kind(**right).name == "pigeon"  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=why):
        Kind(**{**right, **wrong})  # type: ignore[arg-type]
