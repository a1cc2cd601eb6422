# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What seats an agent program: every file can be read, and names commands that there are."""

from __future__ import annotations

import grp
import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import tomllib
import yaml
from agents.programs import PROGRAMS
from agents.seated import ROLE, SEATED, seat
from ansible_collections.mosaic.fleet.plugins.plugin_utils.preflight.roles import orchestrator
from mosaic_connectors.agents.hooks import PROGRAMS as HOOKED
from mosaic_connectors.agents.words import TEXT
from mosaic_connectors.cli.main import build_parser

VARIABLES = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())


def commands(value: Any) -> Iterator[str]:
    """Every command line of a program's file."""
    if isinstance(value, dict):
        yield from (value[name] for name in ("command", "bash") if isinstance(value.get(name), str))
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from commands(one)


@pytest.mark.parametrize("name", SEATED)
def test_the_files_of_a_program_are_whole_and_call_what_there_is(name: str) -> None:
    program, files = seat(PROGRAMS[name], Path("/place"))
    named = " ".join((*program.options, *program.environment.values()))
    assert files
    for path, content in files.items():
        below = any(parent.as_posix() in named for parent in Path(path).parents if len(parent.parts) > 3)
        assert path in named or path.startswith("/etc/codex/") or below or path.endswith((".js", ".md"))
        document = json.loads(content) if path.endswith(".json") else {}
        document = tomllib.loads(content) if path.endswith(".toml") else document
        for command in commands(document.get("hooks", {})):
            words = shlex.split(command)
            assert words[0] == "/place/bin/mosaic-connector"
            assert build_parser(None).parse_args(words[1:]).program == name
    assert set(HOOKED) == set(SEATED)


def test_the_text_for_the_model_is_the_same_by_every_way() -> None:
    assert (ROLE / "templates" / "agent-opencode.md.j2").read_text() == TEXT
    _program, files = seat(PROGRAMS["copilot"], Path("/place"))
    (instructions,) = (
        text for path, text in files.items() if path.endswith(".github/instructions/operator.instructions.md")
    )
    assert instructions == '---\napplyTo: "**"\n---\n\n' + TEXT


def test_the_role_refuses_what_would_take_the_place_of_its_own_variables() -> None:
    ours = {
        name: mine["environment"].partition("=")[0]
        for name, mine in VARIABLES["__orchestrator_agents"].items()
    }
    assert {name: variable for name, variable in ours.items() if variable} == orchestrator.OURS_IN_ENVIRONMENT


def looked(*arguments: str, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    """What the role's look at a host says of these: group, user, home, configuration, program, PATH, package, folder."""
    return subprocess.run(
        ["sh", "-c", VARIABLES["__orchestrator_look"], "sh", *arguments],
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that every user may look into, as those below /etc are."""
    with TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_folder_of_somebody_elses_that_the_agent_may_not_enter_is_told(public: Path) -> None:
    """It is not ours to open, and hooks that the program cannot read would be none."""
    folder = public / "codex"
    host = ("nogroup", "nobody", "/", "/etc", "true", "/usr/bin:/bin", "its-package", str(folder))
    assert looked(*host).returncode == 0, "it is made"
    folder.mkdir(0o700)
    closed = looked(*host)
    assert (closed.returncode, closed.stderr.endswith(f"such as by: chmod o+x {folder}\n")) == (3, True)
    folder.chmod(0o701)
    assert looked(*host).returncode == 0
    os.chown(folder, -1, grp.getgrnam("nogroup").gr_gid)
    folder.chmod(0o710)
    assert looked(*host).returncode == 0, "its group lets it in"


def test_a_program_that_only_root_finds_is_missing(tmp_path: Path) -> None:
    """The session has the PATH of its unit, and not that of who runs the playbook."""
    (tmp_path / "nobodys-agent").write_text("#!/bin/sh\n")
    (tmp_path / "nobodys-agent").chmod(0o755)

    host = ("root", "root", "/root", "/etc", "nobodys-agent")
    beside = f"{tmp_path}:{os.environ['PATH']}"
    missing = looked(*host, "", "its-package", "", path=beside)
    assert missing.returncode == 3
    assert "no program nobodys-agent in /usr/local/sbin:" in missing.stderr
    assert missing.stderr.endswith("npm install --global its-package\n")
    assert looked(*host, f"/usr/bin:{tmp_path}", "its-package", "").returncode == 0
