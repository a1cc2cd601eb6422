# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector validate`: is what a human wrote right; nothing is contacted."""

from __future__ import annotations

import argparse

from .common import add_json_argument, add_roster_arguments, connector_config, make_connector, report

EXAMPLES = """\
examples:
  mosaic-connector validate
  mosaic-connector validate --roster ./roster.yaml --settings ./settings.yaml --no-secrets
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    add_roster_arguments(parser)
    parser.add_argument("--no-secrets", action="store_true", help="do not ask whether the secrets are there")
    parser.add_argument(
        "--settings-only", action="store_true", help="check the settings alone, without a roster"
    )
    add_json_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Check; returns 0 when the bridge could start, 78 with one sentence when not."""
    import asyncio

    from ..errors import ConnectorError
    from ..registry import resolve_connector_kind
    from ..settings import load_settings

    try:
        settings = load_settings()
        if options.settings_only:
            report(options, {"valid": True}, "valid: the settings")
            return 0
        kind = resolve_connector_kind(connector_config(options, settings))
        if not options.no_secrets:
            asyncio.run(_make_and_close(options))
    except ConnectorError as error:
        if not options.json:
            raise
        report(options, {"valid": False, "error": str(error)}, "")
        return 78
    who = ", ".join(settings.operators) or "nobody (the list of operators is empty)"
    report(
        options,
        {"valid": True, "kind": kind, "operators": list(settings.operators)},
        f"valid: kind {kind}, operators: {who}",
    )
    return 0


async def _make_and_close(options: argparse.Namespace) -> None:
    from ..settings import load_settings

    await make_connector(options, load_settings()).aclose()
