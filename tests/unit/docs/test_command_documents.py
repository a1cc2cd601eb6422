# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role runtime ships of the command is as the command is: its manual and its completions."""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
from types import ModuleType

import pytest
from mosaic_connectors.cli.completion import SHELLS
from mosaic_connectors.cli.main import build_parser
from unit.docs.pages import ROOT


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """scripts/command_documents.py."""
    spec = importlib.util.spec_from_file_location("documents", ROOT / "scripts" / "command_documents.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def subcommands() -> dict[str, argparse.ArgumentParser]:
    actions = build_parser(None)._actions
    (found,) = (one for one in actions if isinstance(one, argparse._SubParsersAction))
    return dict(found.choices)


def test_the_manual_is_up_to_date(generator: ModuleType) -> None:
    """Else run: make docs."""
    assert generator.MANUAL.read_text("utf-8") == generator.manual()


@pytest.mark.parametrize("shell", SHELLS)
def test_the_completions_offer_every_option(generator: ModuleType, shell: str) -> None:
    """Else run: make docs. Their other words are those of whichever shtab wrote them."""
    text = generator.completion_of(shell).read_text("utf-8")
    assert "mosaic-connector" in text.splitlines()[0], "the role knows its own files by it"
    for name, command in subcommands().items():
        assert name in text
        shown = [one for one in command._actions if one.help != argparse.SUPPRESS]
        # fish has an option without its dashes, behind -l or -s
        options = {
            one.lstrip("-") if shell == "fish" else one for action in shown for one in action.option_strings
        }
        assert [one for one in sorted(options) if one not in text] == []


def test_no_completion_offers_a_subcommand_that_is_gone(generator: ModuleType) -> None:
    """By what bash has for each of them."""
    text = generator.completion_of("bash").read_text("utf-8")
    (line,) = (one for one in text.splitlines() if "_subparsers=(" in one)
    assert set(line.partition("=(")[2].rstrip(")").replace("'", "").split()) == set(subcommands())


def test_the_manual_is_read_without_a_complaint(generator: ModuleType) -> None:
    """By groff, where this machine has it; and no line of it is a request that was meant as words."""
    known = {".TH", ".SH", ".SS", ".TP", ".PP", ".B", ".I", ".BR", ".nf", ".fi", '.\\"'}
    lines = generator.MANUAL.read_text("ascii").splitlines()
    assert {one.split()[0] for one in lines if one.startswith(".")} <= known
    if shutil.which("groff"):
        command = ["groff", "-man", "-Tutf8", "-ww", "-z", str(generator.MANUAL)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
        assert done.stderr == ""
