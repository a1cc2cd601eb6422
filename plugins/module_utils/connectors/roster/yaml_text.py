# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A roster in YAML, read as PyYAML's node graph: every node knows where it stands, and a tag
that nobody here knows (`!vault`) does no harm.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..errors import RosterError
from ..secrets import looks_like_secret
from ..thirdparty import require
from .text import MOST_DEEP_BLOCK, Member, RosterText, Spot, require_mapping
from .yaml_nodes import compose, flattened, measured, picture, refusal_at, refuse_duplicates, spots_of

_ALIAS_NAME = re.compile(r"\*[0-9A-Za-z_-]+")
_ALIAS = re.compile(r"\s*:\s+(\*[^\s,\[\]{}]+)")
# What PyYAML's constructors raise on a tag that does not fit its text, beside errors of its own.
_UNCONSTRUCTABLE = (
    ValueError,
    KeyError,
    IndexError,
    AttributeError,
    TypeError,
    OverflowError,
    RecursionError,
)
_NULL_TAG = "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class YamlText(RosterText):
    """A YAML roster with the positions of its members; `root` is a node, or None for an empty file."""

    @classmethod
    def parse(cls, text: str, name: str) -> YamlText:
        """Parse `text`; raises `RosterError` with line and column."""
        root = compose(text, name)
        if root is None or (root.tag == _NULL_TAG and not root.value):
            # Nothing but comments is a roster without members.
            at = len(text) if root is None else root.start_mark.index
            return cls(text, name, False, 0, at, (), None)
        require_mapping(root.id == "mapping", name, root.id)
        members = _members(root, text)
        if root.flow_style:
            # A tag or an anchor may stand in front of the brace.
            return cls(text, name, True, 0, text.index("{", root.start_mark.index) + 1, members, root)
        tagged = text[root.start_mark.index] in "!&"
        column = (root.value[0][0] if tagged else root).start_mark.column
        return cls(text, name, False, column, root.end_mark.index, members, root)

    def reparse(self, text: str) -> YamlText:
        return YamlText.parse(text, self.name)

    def value(self, key: str) -> Any:
        for key_node, value_node in flattened(self.root, self.name):
            if key_node.value == key:
                refuse_duplicates(value_node, self.name)
                return self._construct(value_node)
        return None

    def document(self) -> Any:
        """What the whole text means; raises `RosterError` for a value that cannot be understood, or a key twice."""
        if self.root is None:
            return {}
        refuse_duplicates(self.root, self.name)
        return self._construct(self.root)

    def _construct(self, node: Any) -> Any:
        yaml = require("yaml")
        if measured(node)[0] > MOST_DEEP_BLOCK:
            raise refusal_at(node, self.name, "this part is nested too deeply. Is it the right file?")
        try:
            return yaml.constructor.SafeConstructor().construct_document(copy.deepcopy(node))
        except (yaml.YAMLError, *_UNCONSTRUCTABLE) as error:
            said = str(getattr(error, "problem", None) or error)
            if looks_like_secret(said):
                said = "it looks like a secret"
            where = getattr(error, "problem_mark", None) or node.start_mark
            raise RosterError(
                f"{self.name}:{where.line + 1}:{where.column + 1}: a value cannot be understood: "
                f"{said}. Write it as plain text in quotes.",
                place=(where.line + 1, where.column + 1),
            ) from error

    def shape(self, without: str) -> Any:
        if self.root is None:
            return []
        return [(picture(key), picture(value)) for key, value in self.root.value if key.value != without]

    def spots(self) -> Iterator[Spot]:
        return iter(()) if self.root is None else spots_of(self.root)


def _members(root: Any, text: str) -> tuple[Member, ...]:
    members: list[Member] = []
    for key, value in root.value:
        members.append(_member(key, value, text, members[-1].value_end if members else 0))
    return tuple(members)


def _member(key: Any, value: Any, text: str, after: int) -> Member:
    """A member that begins behind `after`; an alias is the very node it points to, which stands elsewhere."""
    name = key.value if key.id == "scalar" else ""
    start, key_end = int(key.start_mark.index), int(key.end_mark.index)
    if start < after and (alias := _ALIAS_NAME.search(text, after)):
        start, key_end = alias.span()
    alias = _ALIAS.match(text, key_end)
    if alias is not None:
        return Member(name, start, alias.start(1), alias.end(1))
    value_end = max(_end_of(value, text, key_end), key_end)
    return Member(name, start, int(value.start_mark.index), value_end)


def _end_of(node: Any, text: str, after: int) -> int:
    """Where a node's own text ends; the end mark of a block collection lies beyond the comments after it.

    It begins behind `after`: one that begins before is an alias.
    """
    start, end = int(node.start_mark.index), int(node.end_mark.index)
    if start < after:
        alias = _ALIAS_NAME.search(text, after)
        return alias.end() if alias else after
    if node.id == "scalar" or node.flow_style or not node.value:
        return start + len(text[start:end].rstrip())
    last = node.value[-1]
    if node.id == "sequence":
        return _end_of(last, text, start)
    key, value = last
    key_end = max(int(key.end_mark.index), start)
    return max(key_end, _end_of(value, text, key_end))
