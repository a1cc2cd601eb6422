# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What seats an agent program: every file can be read, and names commands that there are."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomllib
import yaml
from agents.programs import PROGRAMS
from agents.seated import ROLE, SEATED, seat
from mosaic_connectors.agents.hooks import PROGRAMS as HOOKED
from mosaic_connectors.agents.words import TEXT
from mosaic_connectors.cli.main import build_parser


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


def test_a_program_that_only_root_finds_is_missing(tmp_path: Path) -> None:
    """The session has the PATH of its unit, and not that of who runs the playbook."""
    look = yaml.safe_load((ROLE / "vars" / "main.yml").read_text())["__orchestrator_look"]
    (tmp_path / "nobodys-agent").write_text("#!/bin/sh\n")
    (tmp_path / "nobodys-agent").chmod(0o755)

    def looked(path: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", look, "sh", "root", "root", "/root", "/etc", "nobodys-agent", path, "its-package"],
            env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )

    missing = looked("")
    assert missing.returncode == 3
    assert "no program nobodys-agent in /usr/local/sbin:" in missing.stderr
    assert missing.stderr.endswith("npm install --global its-package\n")
    assert looked(f"/usr/bin:{tmp_path}").returncode == 0
