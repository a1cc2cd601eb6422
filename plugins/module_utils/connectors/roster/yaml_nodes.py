# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""YAML as PyYAML's graph of nodes: made within bounds, merged, searched for what stands twice, compared.

Every node knows where it stands, and a tag that nobody here knows (`!vault`) does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..errors import RosterError
from ..secrets import looks_like_secret
from ..thirdparty import require
from .text import MOST_DEEP, Spot

_MERGE_TAG = "tag:yaml.org,2002:merge"
_MOST_BY_ALIASES = 100_000
_BEYOND_COUNTING = 10**9


def compose(text: str, name: str) -> Any:
    """The node at the root of `text`, or None for an empty one; raises `RosterError` with line and column."""
    yaml = require("yaml")
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        if root is not None:
            _refuse_excess(root, name)
        return root
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        said = ", ".join(filter(None, (error.context, error.problem)))
        if looks_like_secret(said):
            said = "a name here looks like a secret, which does not belong into this file"
        hint = "Indent by spaces." if mark and _is_indented_by_tab(text, mark) else "Correct that line."
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


def refusal_at(node: Any, name: str, why: str) -> RosterError:
    """An error at the place of a node."""
    line, column = node.start_mark.line + 1, node.start_mark.column + 1
    return RosterError(f"{name}:{line}:{column}: {why}.", place=(line, column))


def measured(root: Any) -> tuple[int, int, int]:
    """How deep a node is nested, how many nodes are written in it, and how many there are with aliases written out."""
    done: dict[int, tuple[int, int]] = {}

    def look(node: Any) -> tuple[int, int]:
        known = done.get(id(node))
        if known is None:
            done[id(node)] = (0, 1)  # what holds itself is not followed again
            inside = [look(one) for one in _inner(node)]
            depth = max((one[0] for one in inside), default=0) + (node.id != "scalar")
            known = done[id(node)] = (depth, min(1 + sum(one[1] for one in inside), _BEYOND_COUNTING))
        return known

    depth, expanded = look(root)
    return depth, len(done), expanded


def _inner(node: Any) -> list[Any]:
    if node.id == "mapping":
        return [one for pair in node.value for one in pair]
    return list(node.value) if node.id == "sequence" else []


def _refuse_excess(root: Any, name: str) -> None:
    """Refuse what is nested too deeply, and few lines that mean very many by their aliases."""
    depth, written, expanded = measured(root)
    if depth > MOST_DEEP:
        raise RosterError(f"{name}: invalid YAML: nested too deeply. Is it the right file?", code="syntax")
    if expanded > max(_MOST_BY_ALIASES, 2 * written):
        raise RosterError(
            f"{name}: its aliases make of {written} values more than {_MOST_BY_ALIASES}. Write less of them.",
            code="syntax",
        )


def _is_indented_by_tab(text: str, mark: Any) -> bool:
    line = text[text.rfind("\n", 0, mark.index) + 1 : mark.index + 1]
    return line.endswith("\t") and not line.strip()


def flattened(root: Any, name: str, above: tuple[int, ...] = ()) -> list[tuple[Any, Any]]:
    """A mapping's members with merge keys followed: the first of a name counts (https://yaml.org/type/merge.html).

    Raises `RosterError` where something else than a mapping is merged.
    """
    if root is None:
        return []
    own: list[tuple[Any, Any]] = []
    merged: list[tuple[Any, Any]] = []
    for key, value in reversed(root.value):
        if key.tag != _MERGE_TAG:
            own.append((key, value))
            continue
        for one in value.value if value.id == "sequence" else [value]:
            if one.id != "mapping" or id(one) in above:
                raise refusal_at(one, name, "only another mapping, or a list of them, can be merged by <<")
            merged += flattened(one, name, (*above, id(root)))
    return [pair for pair in own + merged if pair[0].id == "scalar"]


def refuse_duplicates(node: Any, name: str, above: tuple[int, ...] = ()) -> None:
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
        refuse_duplicates(value, name, (*above, id(node)))


def picture(node: Any, above: tuple[int, ...] = ()) -> Any:
    """A comparable picture of a node and all that is in it."""
    if id(node) in above:
        return ("recursive", len(above) - above.index(id(node)))
    above = (*above, id(node))
    if node.id == "mapping":
        return (node.tag, [(picture(key, above), picture(value, above)) for key, value in node.value])
    if node.id == "sequence":
        return (node.tag, [picture(inner, above) for inner in node.value])
    return (node.tag, node.value)


def spots_of(root: Any) -> Iterator[Spot]:
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
