# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector screen`: what the orchestrator's pane shows, and what the bridge takes it for."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from .common import add_json_argument, run_quietly, say

if TYPE_CHECKING:
    from ..settings import Settings
    from ..tmux.fixture import Fixture
    from ..tmux.reading import Reading

EXAMPLES = """\
examples:
  sudo mosaic-connector screen
  sudo mosaic-connector screen --explain
  sudo mosaic-connector screen --save misread
  mosaic-connector screen --fixture misread.json --json

Nothing is typed. --save writes NAME.txt and NAME.json, with which a screen that is misread can be reported: only
colours are kept of its escapes, and what has the shape of a secret is blanked out. Look them over for paths,
names and words that are nobody's business before you pass them on.
With --json, one line: {"typable": true or false, "dialog": its line or null, "draft": what is typed or null
where there is no input block, "program": its name or null, "why": a sentence}.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    parser.add_argument("--explain", action="store_true", help="say what was looked at, area by area")
    parser.add_argument(
        "--fixture",
        metavar="FILE",
        help="judge a saved screen, NAME.json with NAME.txt beside it; no tmux is asked",
    )
    parser.add_argument("--save", metavar="NAME", help="write the screen to NAME.txt and NAME.json")
    add_json_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Judge a screen; returns 0, whatever it shows. Raises `ConfigError` and `TmuxError`."""
    from ..settings import Settings, load_settings
    from ..tmux.programs import Programs
    from ..tmux.reader import read_screen
    from ..tmux.readiness import aside

    # A fixture is judged alike on every host, unless settings are named.
    settings = load_settings() if not options.fixture or options.settings else Settings()
    fixture = _look(options, settings)
    screen = fixture.screen()
    programs = Programs.build(settings.dialog_patterns, settings.draft_patterns, settings.programs)
    reading = read_screen(screen, programs)
    held = aside(reading, programs, settings.session_reader) if reading.typable else None
    if options.json:
        say(json.dumps(_document(reading, held)))
    else:
        words = _words(reading, held)
        say("\n".join([*_picture(fixture, reading), "", *words, *_explained(options, fixture)]))
    if options.save:
        _save(options, fixture, reading)
    return 0


def _look(options: argparse.Namespace, settings: Settings) -> Fixture:
    from ..tmux.command import Tmux
    from ..tmux.fixture import load_fixture
    from ..tmux.snapshot import snapshot

    if options.fixture:
        return load_fixture(options.fixture)
    return run_quietly(snapshot(Tmux(settings.tmux_socket), settings.session))


def _document(reading: Reading, held: str | None) -> dict[str, object]:
    return {
        "typable": reading.typable and held is None,
        "dialog": reading.dialog.line if reading.dialog else None,
        "draft": reading.draft,
        "program": reading.program,
        "why": held or reading.why,
    }


def _picture(fixture: Fixture, reading: Reading) -> list[str]:
    """The rows up to the last written one, those of the input block marked."""
    from ..terminal import neutralise

    lines = fixture.screen().lines
    last = max((number for number, line in enumerate(lines) if line.strip()), default=0)
    last = max(last, fixture.cursor_y)
    block = reading.block
    rows = []
    for number, line in enumerate(lines[: last + 1]):
        inside = block is not None and block.top <= number <= block.bottom
        mark = ">" if inside else ("*" if number == fixture.cursor_y else " ")
        rows.append(f"{number:4}{mark}|{neutralise(line)}")
    return rows


def _words(reading: Reading, held: str | None) -> list[str]:
    from ..terminal import one_line

    block = "none that is certain"
    if reading.block is not None:
        what = f"draft {one_line(reading.block.draft, 80)!r}" if reading.block.draft else "empty"
        block = f"rows {reading.block.top} to {reading.block.bottom}, {what}"
    lines = [
        f"program  {reading.program or 'not known'}",
        f"block    {block}",
        f"dialog   {one_line(reading.dialog.line, 120) if reading.dialog else 'none'}",
        f"typable  {'yes' if reading.typable and held is None else 'no'}",
        f"why      {one_line(held or reading.why, 400)}",
    ]
    for choice in reading.dialog.choices if reading.dialog else ():
        keys = " ".join(choice.keys) or "keys not known"
        aside = "".join((", always" if choice.always else "", ", asks for words" if choice.free_text else ""))
        lines.append(f"choice   {one_line(choice.label, 80)} ({keys}{aside})")
    return lines


def _explained(options: argparse.Namespace, fixture: Fixture) -> list[str]:
    if not options.explain:
        return []
    from ..terminal import one_line
    from ..tmux.block import explain

    return ["", *(f"looked   {one_line(line, 300)}" for line in explain(fixture.screen()))]


def _save(options: argparse.Namespace, fixture: Fixture, reading: Reading) -> None:
    from ..tmux.fixture import save_fixture

    paths = save_fixture(Path(options.save), fixture, reading.program)
    if not options.json:
        say(
            f"\nSaved as {paths[0]} and {paths[1]}. Look them over for paths, names and words that are nobody's "
            "business, then pass both on."
        )
