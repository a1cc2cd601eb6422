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
from .text import Member, RosterText, Spot, require_mapping

_MERGE_TAG = "tag:yaml.org,2002:merge"
_ALIAS = re.compile(r"\s*:\s+(\*[^\s,\[\]{}]+)")
_NULL_TAG = "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class YamlText(RosterText):
    """A YAML roster with the positions of its members; `root` is a node, or None for an empty file."""

    @classmethod
    def parse(cls, text: str, name: str) -> YamlText:
        """Parse `text`; raises `RosterError` with line and column."""
        root = _compose(text, name)
        if root is None or (root.tag == _NULL_TAG and not root.value):
            # Nothing but comments is a roster without members.
            at = len(text) if root is None else root.start_mark.index
            return cls(text, name, False, 0, at, (), None)
        require_mapping(root.id == "mapping", name, root.id)
        members = tuple(_member(key, value, text) for key, value in root.value)
        insert_at = root.start_mark.index + 1 if root.flow_style else root.end_mark.index
        column = 0 if root.flow_style else root.start_mark.column
        return cls(text, name, bool(root.flow_style), column, insert_at, members, root)

    def reparse(self, text: str) -> YamlText:
        return YamlText.parse(text, self.name)

    def value(self, key: str) -> Any:
        for key_node, value_node in _flattened(self.root):
            if key_node.value == key:
                _refuse_duplicates(value_node, self.name)
                return self._construct(value_node)
        return None

    def document(self) -> Any:
        """What the whole text means; raises `RosterError` for a value that cannot be understood."""
        return {} if self.root is None else self._construct(self.root)

    def _construct(self, node: Any) -> Any:
        yaml = require("yaml")
        try:
            return yaml.constructor.SafeConstructor().construct_document(copy.deepcopy(node))
        except (yaml.YAMLError, ValueError) as error:
            mark = node.start_mark
            raise RosterError(
                f"{self.name}:{mark.line + 1}:{mark.column + 1}: a value cannot be understood: "
                f"{getattr(error, 'problem', None) or error}. Write it as plain text in quotes.",
                place=(mark.line + 1, mark.column + 1),
            ) from error

    def shape(self, without: str) -> Any:
        if self.root is None:
            return []
        return [
            (_picture(key, ()), _picture(value, ())) for key, value in self.root.value if key.value != without
        ]

    def spots(self) -> Iterator[Spot]:
        return iter(()) if self.root is None else _spots(self.root)


def _compose(text: str, name: str) -> Any:
    yaml = require("yaml")
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        said = ", ".join(filter(None, (error.context, error.problem)))
        if looks_like_secret(said):
            said = "a name here looks like a secret, which does not belong into this file"
        hint = "Indent by spaces." if "'\\t'" in str(error.problem) else "Correct that line."
        raise RosterError(
            f"{where}: invalid YAML: {said}. {hint}",
            code="syntax",
            place=(mark.line + 1, mark.column + 1) if mark else None,
        ) from error
    except (yaml.YAMLError, ValueError) as error:
        raise RosterError(f"{name}: invalid YAML: {' '.join(str(error).split())}.", code="syntax") from error
    except RecursionError as error:
        raise RosterError(
            f"{name}: invalid YAML: nested too deeply. Is it the right file?", code="syntax"
        ) from error


def _member(key: Any, value: Any, text: str) -> Member:
    name = key.value if key.id == "scalar" else ""
    start = int(key.start_mark.index)
    alias = _ALIAS.match(text, key.end_mark.index)
    if alias is not None:
        # An alias is the very node it points to, which stands elsewhere.
        return Member(name, start, alias.start(1), alias.end(1))
    value_end = max(_end_of(value, text), int(key.end_mark.index))
    return Member(name, start, int(value.start_mark.index), value_end)


def _end_of(node: Any, text: str) -> int:
    """Where a node's own text ends; the end mark of a block collection lies beyond the comments after it."""
    if node.id == "scalar" or node.flow_style or not node.value:
        start, end = int(node.start_mark.index), int(node.end_mark.index)
        return start + len(text[start:end].rstrip())
    last = node.value[-1]
    if node.id == "sequence":
        return _end_of(last, text)
    key, value = last
    return max(int(key.end_mark.index), _end_of(value, text))


def _flattened(root: Any) -> list[tuple[Any, Any]]:
    """The root's members with merge keys followed; an own key comes after, and so overrides, a merged one."""
    if root is None:
        return []
    pairs: list[tuple[Any, Any]] = root.value
    if any(key.tag == _MERGE_TAG for key, _value in pairs):
        flat = copy.deepcopy(root)
        require("yaml").constructor.SafeConstructor().flatten_mapping(flat)
        pairs = flat.value
    return [pair for pair in reversed(pairs) if pair[0].id == "scalar"]


def _refuse_duplicates(node: Any, name: str, above: tuple[int, ...] = ()) -> None:
    """Refuse a key that stands twice in one mapping: YAML 1.2, 3.2.1.3, wants them unique; PyYAML does not look."""
    if node.id != "mapping":
        return
    if id(node) in above:
        mark = node.start_mark
        raise RosterError(
            f"{name}:{mark.line + 1}:{mark.column + 1}: this part holds itself, by an alias. Write it out.",
            place=(mark.line + 1, mark.column + 1),
        )
    seen: dict[str, int] = {}
    for key, value in node.value:
        if key.id == "scalar":
            line = key.start_mark.line + 1
            if key.value in seen:
                raise RosterError(
                    f"{name}: the key {key.value!r} is expected once, found on lines "
                    f"{seen[key.value]} and {line}. Remove one.",
                    code="duplicate_key",
                    place=(line, key.start_mark.column + 1),
                )
            seen[key.value] = line
        _refuse_duplicates(value, name, (*above, id(node)))


def _picture(node: Any, above: tuple[int, ...]) -> Any:
    if id(node) in above:
        return ("recursive", len(above) - above.index(id(node)))
    above = (*above, id(node))
    if node.id == "mapping":
        return (node.tag, [(_picture(key, above), _picture(value, above)) for key, value in node.value])
    if node.id == "sequence":
        return (node.tag, [_picture(inner, above) for inner in node.value])
    return (node.tag, node.value)


def _spots(root: Any) -> Iterator[Spot]:
    """Walk the nodes, each once, where it is written: an alias is the very node it points to."""
    seen = {id(root)}
    stack: list[tuple[tuple[str, ...], Any, bool]] = list(reversed(list(_inside(root, ()))))
    while stack:
        path, node, is_key = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        yield Spot(path, int(node.start_mark.index), is_key, node.value if node.id == "scalar" else None)
        stack.extend(reversed(list(_inside(node, path))))


def _inside(node: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any, bool]]:
    if node.id == "sequence":
        for index, inner in enumerate(node.value):
            yield (*path, str(index)), inner, False
    elif node.id == "mapping":
        for index, (key, value) in enumerate(node.value):
            name = str(key.value) if key.id == "scalar" else f"?{index}"
            yield (*path, name), key, True
            yield (*path, name), value, False
