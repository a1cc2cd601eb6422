# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a page tells to type can be typed: every command, option, playbook and target is there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import pytest
import yaml
from mosaic_connectors.cli.main import build_parser
from unit.docs.pages import ROOT, Page, pages

PAGES = [page for page in pages() if "/decisions/" not in page.name]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)

_ENDS = {"|", "||", "&&", ";", ">", ">>", "<", "&"}


def command_lines(page: Page) -> Iterator[str]:
    """The lines of shell in its blocks, and what stands in single backticks."""
    for language, content in page.blocks():
        if language in ("console", "sh", "bash", ""):
            lines = content.replace("\\\n", " ").splitlines()
            prompted = [line.strip()[2:] for line in lines if line.strip().startswith(("$ ", "# "))]
            yield from prompted if language == "console" else [line.strip() for line in lines]
    yield from page.inline_code()


def commands(page: Page, program: str) -> Iterator[list[str]]:
    """The words behind each call of a program, up to the end of the command."""
    for line in command_lines(page):
        for found in re.finditer(rf"(?:^|[|;&(]\s*|sudo |-- ){re.escape(program)}(?= |$)(.*)", line):
            lexer = shlex.shlex(found[1].replace("…", " "), posix=True, punctuation_chars=True)
            lexer.whitespace_split = True
            try:
                words = list(lexer)
            except ValueError:
                continue  # prose, with an apostrophe
            end = next(
                (index for index, word in enumerate(words) if word in _ENDS or word.startswith("#")),
                len(words),
            )
            yield words[:end]


@each_page
def test_every_call_of_mosaic_connector_is_one_that_it_takes(
    page: Page, capsys: pytest.CaptureFixture[str]
) -> None:
    """Read by the command's own parser; a word in capitals stands for a value."""
    wrong = []
    for words in commands(page, "mosaic-connector"):
        if not words or words[0] in ("X", "COMMAND"):
            continue
        filled = ["17" if word in ("ID", "N", "SECONDS") else word for word in words]
        try:
            build_parser(None).parse_args(filled)
        except SystemExit as ended:
            # A bare name in running text calls nothing: `mosaic-connector send`.
            if ended.code and len(words) > 1:
                wrong.append(" ".join(words))
            elif ended.code and words[0] not in _subcommands():
                wrong.append(words[0])
    capsys.readouterr()
    assert wrong == []


def _subcommands() -> set[str]:
    from mosaic_connectors.cli.main import COMMANDS

    return set(COMMANDS) | {"--help"}


@each_page
def test_every_name_of_the_collection_is_there(page: Page) -> None:
    """`mosaic.fleet.NAME` is a playbook, a role, a module, a filter, an inventory or a callback."""
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text())
    known = {path.stem for folder in ("playbooks", "plugins/modules") for path in (ROOT / folder).glob("*.*")}
    known |= {path.name for path in (ROOT / "roles").iterdir()}
    known |= {path.stem for path in (ROOT / "plugins").glob("*/*.y*ml")} | {
        path.stem
        for folder in ("filter", "inventory", "callback")
        for path in (ROOT / "plugins" / folder).glob("*.py")
    }
    known |= {path.stem for path in (ROOT / "extensions" / "eda").rglob("*.*")}
    known |= set(runtime["action_groups"]) | {"git"}
    found = set(re.findall(r"\bmosaic\.fleet\.([a-z_]+)", page.text))
    assert sorted(found - known) == []


@each_page
def test_every_target_of_make_is_there(page: Page) -> None:
    """As the Makefile names them."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {words[0] for words in commands(page, "make") if words and re.fullmatch(r"[a-z-]+", words[0])}
    assert sorted(named - targets) == []


@each_page
def test_every_script_that_is_named_is_there(page: Page) -> None:
    """`scripts/…` and `tests/…` in backticks or in a line to type."""
    named = {
        word.rstrip(".,:;")
        for line in command_lines(page)
        for word in line.split()
        if re.fullmatch(r"(?:scripts|tests/hosts)/[A-Za-z0-9_/.-]+", word)
    }
    assert sorted(name for name in named if not (ROOT / name).exists()) == []
