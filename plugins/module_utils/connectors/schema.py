# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The JSON Schema of the roster's `connector` block, made from the descriptions of the kinds.

For the design document's three kinds it is that document's, word for word (a test holds it). It says what a block may
hold; what a value has to look like beyond it is asked when a connector is made, by the same descriptions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .kind import Field, Kind
from .registry import descriptions
from .types import CONTRACT_BLOCKS


def connector_schema(kinds: Iterable[Kind] | None = None) -> dict[str, Any]:
    """The JSON Schema (2020-12) that a `connector` block is valid under; `kinds` are by default all there are."""
    known = tuple(descriptions() if kinds is None else kinds)
    blocks = {one.name: _block(one) for one in known if one.fields}
    first = [name for name in CONTRACT_BLOCKS if name in blocks]  # in the design document's order
    return {
        "description": (
            "Orchestrator chat connector (F4). Optional — absent means tmux (back-compat). "
            "Secrets (access/bot tokens) come from the environment, never this file."
        ),
        "type": "object",
        "additionalProperties": False,
        "required": ["kind"],
        "properties": {
            "kind": {"enum": [one.name for one in known]},
            **{name: blocks[name] for name in (*first, *blocks)},
        },
    }


def _block(kind: Kind) -> dict[str, Any]:
    required = [one.key for one in kind.fields if one.required]
    return {
        "type": "object",
        "additionalProperties": False,
        **({"required": required} if required else {}),
        "properties": {one.key: _field(kind, one) for one in kind.fields},
    }


def _field(kind: Kind, one: Field) -> dict[str, Any]:
    """The design document's schema says no more than the type; of other kinds an editor is told what is expected."""
    told = {} if kind.name in CONTRACT_BLOCKS else {"description": one.shape.words, "examples": [one.example]}
    return {"type": "string", **told}
