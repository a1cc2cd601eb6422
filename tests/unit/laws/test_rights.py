# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The law of rights: root acts on no path that another user may replace.

Whoever owns a folder can put a link to anything into it. So what a task of root's names below a folder of a service's
is reached as that service's user, by `runuser`; the folder itself stands in a folder of root's, and may be named.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
ROLES = sorted(path for path in (ROOT / "roles").iterdir() if (path / "tasks").is_dir())
TASKS = sorted(path for kind in ("tasks", "handlers") for path in (ROOT / "roles").glob(f"*/{kind}/**/*.yml"))
PLAYBOOKS = sorted(path for place in ("*.yml", "tasks/*.yml") for path in (ROOT / "playbooks").glob(place))
WORDS = {"name", "msg", "fail_msg", "that", "when", "changed_when", "failed_when", "register"}
"""What of a task is said or asked, and acts on nothing."""


@functools.cache
def variables() -> dict[str, str]:
    """Every variable of a role that is one text."""
    files = [
        file for role in ROLES for place in ("defaults", "vars") for file in (role / place).glob("main.yml")
    ]
    documents = [yaml.safe_load(file.read_text()) or {} for file in files]
    return {name: value for one in documents for name, value in one.items() if isinstance(value, str)}


def rendered(text: str, known: dict[str, str]) -> str:
    """A text with the variables in it that are one text, as far as that goes."""
    for _depth in range(5):
        text = re.sub(r"{{ (\w+)(?: \| basename)? }}", lambda match: known.get(match[1], match[0]), text)
    return text


def leaves(tasks: list[dict[str, Any]] | None) -> Iterator[dict[str, Any]]:
    """The tasks of a file, those in blocks and plays included."""
    for task in tasks or []:
        inner = [one for key in ("block", "rescue", "always", "tasks") for one in task.get(key) or []]
        yield from leaves(inner)
        if not inner:
            yield task


@functools.cache
def folders_of_services() -> set[str]:
    """What systemd gives to services that are not root, and the homes of the users that tasks make."""
    known, found = variables(), set()
    for unit in (ROOT / "roles").glob("*/templates/*.service.j2"):
        text = rendered(unit.read_text(), known)
        if "\nUser=" in text:
            for kind, names in re.findall(r"^(State|Runtime)Directory=(.+)$", text, re.MULTILINE):
                above = {"State": "/var/lib", "Runtime": "/run"}[kind]
                found |= {f"{above}/{Path(name).name}" for name in names.split()}
    for task in (task for path in TASKS for task in leaves(yaml.safe_load(path.read_text()))):
        home = (task.get("ansible.builtin.user") or {}).get("home")
        found |= {rendered(home, known)} if home else set()
    return found


def trespasses(task: dict[str, Any], folders: set[str], known: dict[str, str]) -> list[str]:
    """The paths below a service's folder that a task has root reach."""
    acts: dict[str, Any] = {}
    for key, value in task.items():
        if isinstance(value, dict):
            command = value.get("argv")
            if isinstance(command, list) and command[0] == "runuser":
                return []
            acts[key] = {inner: what for inner, what in value.items() if inner not in WORDS}
        elif key not in WORDS:
            acts[key] = value
    # What a shell hands to runuser is reached as that user.
    roots_own = re.sub(r"\brunuser --user=[^;|&]* -- [^;|&)]*", "", rendered(json.dumps(acts), known))
    paths = re.findall(r"/(?:var|run)/[^\s\"',;]+", roots_own)
    return [path for path in paths if any(path.startswith(f"{folder}/") for folder in folders)]


def test_the_folders_of_services_are_known() -> None:
    """The law would hold for nothing otherwise."""
    assert {
        "/var/lib/mosaic",
        "/var/lib/mosaic-conduit",
        "/var/lib/mosaic-connector",
        "/var/lib/mosaic-proxy",
        "/var/lib/mosaic-synapse",
        "/run/mosaic-connector",
        "/run/mosaic-orchestrator",
        "/run/mosaic-synapse",
    } <= folders_of_services()


@pytest.mark.parametrize("path", [*TASKS, *PLAYBOOKS], ids=lambda path: str(path.relative_to(ROOT)))
def test_root_reaches_nothing_below_a_folder_of_another_user(path: Path) -> None:
    known, folders = variables(), folders_of_services()
    found = {
        str(task.get("name")): wrong
        for task in leaves(yaml.safe_load(path.read_text()))
        if (wrong := trespasses(task, folders, known))
    }
    assert found == {}


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("cat /run/a/note; true", ["/run/a/note"]),
        ("x=$(timeout 5 runuser --user=a -- head /run/a/note 2>/dev/null); echo", []),
        ("runuser --user=a -- head /run/a/note | tee /run/a/more", ["/run/a/more"]),
    ],
)
def test_what_a_shell_does_as_that_user_is_no_trespass(command: str, wrong: list[str]) -> None:
    task = {"ansible.builtin.command": {"argv": ["/bin/sh", "-c", command]}}
    assert trespasses(task, {"/run/a"}, {}) == wrong
