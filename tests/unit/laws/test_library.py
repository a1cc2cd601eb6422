# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The laws of the library's room: what may be imported, and by whom."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import tomllib

ROOT = Path(__file__).resolve().parents[3]
LIBRARY = ROOT / "plugins" / "module_utils" / "connectors"
FILES = sorted(LIBRARY.rglob("*.py"))
SILENT = [
    file for file in FILES if not file.is_relative_to(LIBRARY / "cli")
]  # the command line speaks to people

ONLY_STDLIB = """
import importlib, sys

allowed = set(sys.stdlib_module_names) | {"ansible", "ansible_collections"}

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in allowed:
            raise ImportError("third-party import of " + name)

sys.meta_path.insert(0, Blocker())
sys.path.insert(0, sys.argv[1])
bad = []
for name in sys.argv[2:]:
    try:
        importlib.import_module(name)
    except ImportError as error:
        bad.append(f"{name}: {error}")
sys.exit("\\n".join(bad) or None)
"""


def module_name(file: Path) -> str:
    """The name under which Ansible imports a file of the collection."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(("ansible_collections", "mosaic", "fleet", *parts)).removesuffix(".__init__")


def imported(file: Path) -> Iterator[tuple[int, str]]:
    """Line and name of every absolute import of a file."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.lineno, node.module or ""


def test_every_file_a_module_can_load_imports_with_the_standard_library_and_ansible_alone() -> None:
    """Otherwise `ansible-doc`, sanity's import test and a host without the libraries would fail at import."""
    folders = ("plugins/module_utils", "plugins/modules", "plugins/doc_fragments")
    names = [module_name(file) for folder in folders for file in sorted((ROOT / folder).rglob("*.py"))]
    collections = ROOT / ".cache" / "collections"
    command = [sys.executable, "-c", ONLY_STDLIB, str(collections), *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(LIBRARY)))
def test_the_library_imports_itself_relatively_and_never_ansible(file: Path) -> None:
    """One source serves the wheel and the collection, under two names: an absolute import would fit only one."""
    foreign = {"ansible", "ansible_collections", "mosaic_connectors"}
    assert [found for found in imported(file) if found[1].partition(".")[0] in foreign] == []


@pytest.mark.parametrize("file", SILENT, ids=lambda file: str(file.relative_to(LIBRARY)))
def test_nothing_is_printed_outside_the_command_line(file: Path) -> None:
    """What a module prints would break the JSON that it answers with."""
    calls = (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call))
    assert [
        call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"
    ] == []


WRITERS = {"terminal.py", "cli/status_screen.py"}
"""The door, and the picture that is drawn in place out of lines that went through it."""

STREAMS = {"stdout", "stderr", "_out", "_stream"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(LIBRARY)))
def test_what_a_terminal_is_sent_passes_one_door(file: Path) -> None:
    """`terminal.show` makes harmless what servers, panes and files say; a write beside it would forget to."""
    if str(file.relative_to(LIBRARY)) in WRITERS:
        return
    calls = (node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call))
    writes = [
        call.func for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "write"
    ]
    assert [
        write.lineno
        for write in writes
        if getattr(write.value, "attr", getattr(write.value, "id", None)) in STREAMS
    ] == []


@pytest.mark.parametrize(
    ("calls", "room"),
    [
        ({"flock", "lockf"}, "locks.py"),
        ({"fsync", "fdatasync", "mkstemp"}, "durable.py"),
        ({"connect"}, "store/database.py"),
        ({"uniform"}, "retries.py"),
    ],
)
def test_locks_durable_writing_databases_and_waits_have_one_room_each(calls: set[str], room: str) -> None:
    """A second one would be the one that forgets the directory, the mode, a full disk, or the spread of a fleet's tries."""
    modules = {"fcntl", "os", "tempfile", "sqlite3", "random"}
    found = {
        str(file.relative_to(LIBRARY))
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in calls
        if isinstance(node.value, ast.Name) and node.value.id in modules
    }
    assert found == {room}


def test_the_wheel_packs_every_package_of_the_tree() -> None:
    """A new folder of the library that pyproject.toml does not name would be missing from the wheel."""
    listed = tomllib.loads((LIBRARY / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = {file.parent.relative_to(LIBRARY).parts for file in FILES}
    assert sorted(listed) == sorted(".".join(("mosaic_connectors", *parts)) for parts in folders)


def test_the_rooms_that_the_readme_names_are_there() -> None:
    """In the first column of its tables, of which two follow a message."""
    readme = (LIBRARY / "README.md").read_text()
    rows = [line.split("|")[1] for line in readme.splitlines() if line.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`([a-z_/]+)`", row)]
    assert len(named) > 50
    assert not [
        name for name in named if not ((LIBRARY / f"{name}.py").is_file() or (LIBRARY / name).is_dir())
    ]


def test_what_no_test_imports_finds_its_names_in_the_library() -> None:
    """Benchmarks and harnesses run by hand, weeks after a name of the library has become another."""
    gone = [
        f"{file.relative_to(ROOT)}: {node.module}.{name.name}"
        for place in ("agents", "benchmarks", "boundaries", "browser", "cores", "fakes", "faults", "standins")
        for file in sorted((ROOT / "tests" / place).rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mosaic_connectors")
        for name in node.names
        if not hasattr(importlib.import_module(str(node.module)), name.name)
    ]
    assert gone == []
