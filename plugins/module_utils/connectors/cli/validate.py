# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector validate`: is what a human wrote right; nothing is contacted."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any

from ..terminal import neutralise, one_line, paint, show, wants_colour
from .common import (
    CREDENTIALS_UNSEEN,
    add_json_argument,
    add_roster_arguments,
    credentials_unseen,
    make_connector,
    run_quietly,
    say,
    say_json,
)

if TYPE_CHECKING:
    from ..mistakes import Mistake
    from ..settings import Settings
    from ..types import ConnectorConfig

EXAMPLES = """\
examples:
  mosaic-connector validate                       all that the bridge of this host would start with
  mosaic-connector validate ./roster.yaml         this one file, wherever it will be used
  mosaic-connector validate ./roster.json --json
  mosaic-connector validate --settings-only --settings ./settings.yaml

Every mistake is told, as FILE:LINE:COLUMN: error: what was expected, what was found. Status 0 means that
there is none (warnings may be there), 78 that there is one, and 2 that the command was called wrongly.
With --json: {"valid", "kind", "operators", "mistakes": [{"file", "line", "column", "path", "code",
"severity", "message", "expected", "found", "nearest"}]}; the codes are in docs/roster.md.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    parser.add_argument(
        "file", nargs="?", metavar="ROSTER", help="check this file alone: no settings, no secrets"
    )
    add_roster_arguments(parser)
    parser.add_argument("--no-secrets", action="store_true", help="do not ask whether the secrets are there")
    parser.add_argument(
        "--settings-only", action="store_true", help="check the settings alone, without a roster"
    )
    add_json_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Check; returns 0 when the bridge could start, 78 with every mistake when not, 2 for wrong usage."""
    if options.file and (options.roster or options.settings_only):
        show(
            sys.stderr,
            "mosaic-connector validate: ROSTER is checked alone: leave --roster or --settings-only out",
        )
        return 2
    from ..settings import Settings

    settings, mistakes = (Settings(), []) if options.file else _check_settings()
    kind: str | None = None
    who = ", ".join(settings.operators) or "nobody (the list of operators is empty)"
    if not options.settings_only:
        kind, config, found = _check_roster(options.file or options.roster or settings.roster_path)
        mistakes += found
        if kind is not None and not options.file:
            mistakes += _check_operators(settings, config)
        # What the secrets are asked for has to be known first.
        if not (options.file or options.no_secrets or _errors(mistakes)):
            found, vouched = _check_secrets(options, settings)
            mistakes += found
            who = "whoever can reach the channel, which takes this host's own rights" if vouched else who
    _tell(options, mistakes, kind, list(settings.operators), who)
    return 78 if _errors(mistakes) else 0


def _check_settings() -> tuple[Settings, list[Mistake]]:
    from ..errors import ConfigError
    from ..mistakes import mistake_of, mistakes_in_settings
    from ..settings import Settings, load_settings, read_settings, settings_path

    place = settings_path()
    try:
        mistakes = mistakes_in_settings(read_settings(place), str(place))
        return (Settings() if _errors(mistakes) else load_settings()), mistakes
    except ConfigError as error:
        # Said by the one who reads it, in the words that the bridge would use.
        return Settings(), [mistake_of(str(place), error)]


def _check_operators(settings: Settings, config: ConnectorConfig | None) -> list[Mistake]:
    from ..mistakes import mistakes_in_operators
    from ..settings import read_settings, settings_path

    place = settings_path()
    named = settings.operators
    return mistakes_in_operators(read_settings(place), str(place), named, config) if named else []


def _check_roster(path: str) -> tuple[str | None, ConnectorConfig | None, list[Mistake]]:
    """The kind (None: unknown, since there are errors), the connector's block, and the mistakes."""
    from ..errors import ConfigError
    from ..mistakes import mistake_of, mistakes_in_roster
    from ..registry import resolve_connector_kind
    from ..roster import parse_roster, read_roster

    try:
        text = read_roster(path)
        mistakes = mistakes_in_roster(text, path)
        if _errors(mistakes):
            return None, None, mistakes
        config = parse_roster(text, path).connector
        return resolve_connector_kind(config), config, mistakes
    except ConfigError as error:
        return None, None, [mistake_of(path, error)]


def _check_secrets(options: argparse.Namespace, settings: Settings) -> tuple[list[Mistake], bool]:
    """Make the connector, which asks for its secrets and connects to nothing; and whether it vouches for senders."""
    from ..errors import ConnectorError
    from ..mistakes import Mistake

    async def make_and_close() -> bool:
        async with make_connector(options, settings) as connector:
            return connector.vouches_for_senders

    place = options.env_file or "the environment"
    try:
        return [], run_quietly(make_and_close())
    except ConnectorError as error:
        unseen = credentials_unseen(options)
        if unseen:
            message = CREDENTIALS_UNSEEN.format(path=unseen)
            return [Mistake(unseen, None, None, "", "unseen", "warning", message)], False
        return [Mistake(place, None, None, "", "secret_missing", "error", str(error))], False


def _errors(mistakes: list[Mistake]) -> list[Mistake]:
    return [mistake for mistake in mistakes if mistake.severity == "error"]


def _tell(
    options: argparse.Namespace, mistakes: list[Mistake], kind: str | None, operators: list[str], who: str
) -> None:
    from dataclasses import asdict

    valid = not _errors(mistakes)
    if options.json:
        document: dict[str, Any] = {"valid": valid, "mistakes": [asdict(mistake) for mistake in mistakes]}
        if not options.settings_only:
            document |= {"kind": kind, "operators": operators}
        say_json(document)
        return
    colour = wants_colour(sys.stderr)
    for mistake in mistakes:
        show(sys.stderr, _line(mistake, colour))
    if valid:
        say(_verdict(options, kind, who))
    else:
        count = len(_errors(mistakes))
        show(sys.stderr, f"mosaic-connector validate: {count} error{'s' if count > 1 else ''}")


def _line(mistake: Mistake, colour: bool) -> str:
    place = ":".join(str(part) for part in (mistake.file, mistake.line, mistake.column) if part is not None)
    mood = "bad" if mistake.severity == "error" else "warn"
    words = " ".join(neutralise(mistake.message).split())
    return f"{paint(one_line(place), 'bold', colour)}: {paint(mistake.severity, mood, colour)}: {words}"


def _verdict(options: argparse.Namespace, kind: str | None, who: str) -> str:
    if options.settings_only:
        return "valid: the settings"
    if options.file:
        return f"valid: kind {kind}"
    return f"valid: kind {kind}, operators: {who}"
