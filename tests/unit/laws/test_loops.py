# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The law of the loops: whatever nobody thought of is one failure, told with its traceback, and no end."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

LIBRARY = Path(__file__).resolve().parents[3] / "plugins" / "module_utils" / "connectors"
SERVICE = (
    "bridge/deliver.py",
    "bridge/dispatch.py",
    "discord/line.py",
    "receiving.py",
    "slack/line.py",
    "subscription.py",
    "tmux/connector.py",
)
"""Whose loops move messages: they know what to do about a failure, not only to begin again."""


def endless(tree: ast.AST) -> Iterator[ast.While]:
    """The loops in coroutines that only an exception or a return ends."""
    for function in ast.walk(tree):
        if isinstance(function, ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.While) and (
                    isinstance(node.test, ast.Constant)
                    or "stopping" in ast.unparse(node.test)
                    or "is_over" in ast.unparse(node.test)
                ):
                    yield node


def is_guarded(loop: ast.While) -> bool:
    """Whether the loop catches Exception in its body, and logs it with its traceback or tells it."""
    for node in ast.walk(loop):
        if (
            isinstance(node, ast.ExceptHandler)
            and node.type is not None
            and ast.unparse(node.type) == "Exception"
        ):
            return any(
                isinstance(call, ast.Call) and ast.unparse(call.func).endswith(("exception", "write"))
                for call in ast.walk(node)
            )
    return False


@pytest.mark.parametrize("name", SERVICE)
def test_every_loop_of_the_service_outlives_what_nobody_thought_of(name: str) -> None:
    """By an `except Exception` in its body that tells the traceback."""
    assert any(is_guarded(loop) for loop in endless(ast.parse((LIBRARY / name).read_text())))


@pytest.mark.parametrize("file", sorted(LIBRARY.glob("*/receiver.py")), ids=lambda file: file.parent.name)
def test_every_kind_receives_by_the_loop_that_all_share(file: Path) -> None:
    tree = ast.parse(file.read_text())
    assert "PersistentReceiver" in [ast.unparse(base) for base in bases_of(tree, "Receiver")]
    assert not list(endless(tree))


def bases_of(tree: ast.Module, name: str) -> list[ast.expr]:
    return next(node.bases for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name)


def test_every_loop_of_the_bridge_begins_again() -> None:
    """Also after a failure in the handling of failures."""
    tree = ast.parse((LIBRARY / "bridge/service.py").read_text())
    start = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == "_start_loops")
    made = [node for node in ast.walk(start) if isinstance(node, ast.Call)]
    assert sum(ast.unparse(call.func) == "asyncio.ensure_future" for call in made) == 1
    assert sum(ast.unparse(call.func) == "kept_alive" for call in made) == 1


def test_nothing_is_waited_for_in_a_way_that_swallows_a_cancellation() -> None:
    """As asyncio.wait_for may before Python 3.12, of which Debian 12 has one: `ending.within` does not."""
    found = [file.name for file in LIBRARY.rglob("*.py") if "asyncio.wait_for(" in file.read_text()]
    assert found == ["ending.py"]


def test_the_law_sees_what_it_forbids() -> None:
    was = ast.parse("async def run():\n  while True:\n    try:\n      f()\n    except ConnectorError: pass\n")
    assert [is_guarded(loop) for loop in endless(was)] == [False]
