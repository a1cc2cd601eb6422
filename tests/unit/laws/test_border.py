# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The law of the border: nothing foreign is read but through it, and one place makes HTTP clients."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from mosaic_connectors.discovery import built_in

LIBRARY = Path(__file__).resolve().parents[3] / "plugins" / "module_utils" / "connectors"
FILES = sorted(LIBRARY.rglob("*.py"))
TALKING = [file for file in FILES if file.relative_to(LIBRARY).parts[0] in set(built_in()) - {"tmux"}]

OURS = {
    "correction or {}": "by sender, made by corrections()",
    "self.state or {}": "events by type and key, made by read_state()",
    "state or {}": "events by type and key, made by read_state()",
    "files.current()": "a credentials file",
    "files.former()": "a credentials file",
    "former": "a credentials file",
    "found.stored": "a credentials file",
    "known": "by event, made by corrections()",
    "levels": "what a playbook gives, in our own copy",
    "self._owed": "our own memory",
    "self._pending": "our own memory",
    "names": "by user id, made three lines above",
    "params": "what we ask for",
    "self._buckets": "our own memory",
    "self._heads": "our own memory",
    "self._names": "our own memory",
    "self._parents": "our own memory",
    "self._quiet": "our own memory",
    "self._known": "our own memory",
    "self._questions": "our own memory",
    "self._words": "our own memory",
    "self._acknowledgements": "our own queue",
    "self._messages": "our own memory",
    "places": "by file, made by us",
    "self.current()": "a credentials file",
    "self.former()": "a credentials file",
    "setup.files.credentials": "a credentials file",
    "state": "events by type and key, made by read_state()",
    "stored": "a credentials file",
    "values": "the environment",
    "before": "a plan of ours",
    "details": "made a line above",
    "request": "what we ask for",
    "asked": "what we answered a stage with",
    "match": "a match of a pattern of ours",
    "quoted": "a match of a pattern of ours",
    "token.attrs": "a piece of markdown that is sent, made by its parser",
}
"""Mappings of our own that `.get` and `["…"]` read, and what each is; a table in capitals needs no entry."""

SHAPES = {
    "matrix/http.py": 1,  # whether an answer is an object at all
    "discord/rest.py": 1,  # the same
    "matrix/provision/power_levels.py": 4,  # what a playbook gives
    "discord/place.py": 1,  # our own file
}
"""Where the type of something is asked for all the same, and how often at most."""

READERS = {
    "border.py": "the border",
    "bridge/answers.py": "the local socket's answers, which have a border of their own",
    "bridge/outbox.py": "our own table",
    "bridge/questions.py": "our own table",
    "bridge/server.py": "the local socket's requests, which have a reader of their own",
    "roster/json_text.py": "a document that is spliced, and needs its places",
    "state.py": "our own files",
    "store/former.py": "our own files, of earlier versions",
    "store/place.py": "our own table",
}
"""Who reads JSON, and whose."""


def name_of(file: Path) -> str:
    return str(file.relative_to(LIBRARY))


def read_by_hand(tree: ast.AST) -> Iterator[str]:
    """The mappings that are read by `.get(…)` or by a key in quotes."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            yield ast.unparse(node.func.value)
        elif (
            isinstance(node, ast.Subscript)
            and isinstance(node.ctx, ast.Load)
            and isinstance(node.slice, ast.Constant)
            and isinstance(node.slice.value, str)
        ):
            yield ast.unparse(node.value)


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def judged_by_hand(tree: ast.AST) -> int:
    """How often something is asked whether it is of a type that JSON has."""
    json_types = {"dict", "Mapping", "list", "str", "int", "float", "bool"}
    found = 0
    for call in calls(tree):
        if isinstance(call.func, ast.Name) and call.func.id == "isinstance":
            names = {node.id for node in ast.walk(call.args[1]) if isinstance(node, ast.Name)}
            found += bool(names & json_types)
    return found


@pytest.mark.parametrize("file", TALKING, ids=name_of)
def test_a_foreign_mapping_is_read_by_nobody_but_the_border(file: Path) -> None:
    """What a server says comes as `Foreign`, which has no `.get` and no brackets: what has them is ours."""
    found = {name for name in read_by_hand(ast.parse(file.read_text())) if not name.strip("_").isupper()}
    assert found <= set(OURS), "read it through border.Foreign, or say in OURS whose it is"


@pytest.mark.parametrize("file", TALKING, ids=name_of)
def test_the_type_of_a_foreign_value_is_asked_by_nobody_but_the_border(file: Path) -> None:
    assert judged_by_hand(ast.parse(file.read_text())) <= SHAPES.get(name_of(file), 0)


def test_json_of_others_is_read_at_the_border_alone() -> None:
    """Its depth, its numbers and its values have bounds there and nowhere else."""
    readers = {
        name_of(file)
        for file in FILES
        for call in calls(ast.parse(file.read_text()))
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in ("loads", "json")
        and ast.unparse(call.func) != "self.json"
    }
    assert readers == set(READERS)


def test_one_place_makes_http_clients_and_what_they_trust() -> None:
    """Every other one would trust the environment, and break by it."""
    makers = {
        name_of(file)
        for file in FILES
        for call in calls(ast.parse(file.read_text()))
        if isinstance(call.func, ast.Attribute)
        and call.func.attr in ("AsyncClient", "Client", "create_default_context", "SSLContext")
    }
    assert makers == {"http_client.py"}


def test_the_law_sees_what_it_forbids() -> None:
    """Held against lines as they were once written."""
    was = 'a = answer.get("room_id")\nb = data["user"]["id"]\nc = isinstance(x, dict)\n'
    assert list(read_by_hand(ast.parse(was))) == ["answer", "data['user']", "data"]
    assert judged_by_hand(ast.parse(was)) == 1
