# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector audit`: who said, asked, answered and commanded what, and whether the record is whole."""

from __future__ import annotations

import argparse
import subprocess
from typing import Any

from ..bridge.audit_chain import announced, chain_faults, journal_faults
from ..errors import StateError
from ..terminal import one_line
from .common import add_json_argument, add_socket_argument, report
from .queue import ask

EXAMPLES = """\
examples:
  mosaic-connector audit
  sudo mosaic-connector audit --verify
  sudo mosaic-connector audit --json | jq '.entries[] | select(.what == "command")'

--verify looks whether the entries follow each other unchanged, and whether the heads in the journal are theirs; it
ends with 1 where they are not.
"""

UNIT = "mosaic-connector.service"
JOURNAL_SECONDS = 120.0
_PAGE = 500


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    parser.add_argument("--verify", action="store_true", help="look whether the record is whole, and say so")
    add_socket_argument(parser)
    add_json_argument(parser)


def run(options: argparse.Namespace) -> int:
    """List the entries, or verify them; 1 when something is wrong with them. Raises `StateError`."""
    if not options.verify:
        entries = _entries(options)
        report(options, {"entries": entries}, _table(entries))
        return 0
    # The journal first: what the bridge adds meanwhile is then in the record, and not ahead of it.
    heads, unread = _journal()
    entries = _entries(options)
    faults = [*chain_faults(entries), *journal_faults(entries, heads)]
    document = {"entries": len(entries), "faults": faults, "heads": len(heads), "journal": unread or "read"}
    report(options, document, _verdict(entries, faults, heads, unread))
    return 1 if faults else 0


def _entries(options: argparse.Namespace) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    while True:
        after = entries[-1]["id"] if entries else 0
        page = ask(options, {"op": "audit", "after": after, "most": _PAGE})["entries"]
        entries += page
        if len(page) < _PAGE:
            return entries
        if page[-1]["id"] <= after:
            raise StateError("The bridge gives the same entries again and again. Restart it.")


def _journal() -> tuple[list[tuple[int, str]], str]:
    """The heads in the journal, and why it was not read; only what the bridge's own unit wrote counts."""
    command = ("journalctl", "--no-pager", "--quiet", "--output=cat", f"_SYSTEMD_UNIT={UNIT}")
    try:
        done = subprocess.run(  # noqa: S603  # pylint: disable=ansible-bad-function
            command, capture_output=True, text=True, timeout=JOURNAL_SECONDS, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return [], f"journalctl cannot be run: {one_line(str(error))}"
    if done.returncode != 0:
        return [], f"journalctl says: {one_line(done.stderr) or f'status {done.returncode}'}"
    heads = announced(done.stdout.splitlines())
    return heads, "" if heads else "it shows no head of this record; root sees all of it"


def _table(entries: list[dict[str, Any]]) -> str:
    if not entries:
        return "Nothing is recorded yet."
    lines = [f"{'ID':>6}  {'AT':25}{'WHAT':19}{'SENDER':26}{'ABOUT':26}DIGEST OR WORDS"]
    for one in entries:
        about, sender = one_line(one["about"], 25), one_line(one["sender"], 25)
        words = one_line(one["words"], 200) or one["digest"][:16]
        lines.append(
            f"{one['id']:>6}  {one['at']:25}{one_line(one['what'], 18):19}{sender:26}{about:26}{words}"
        )
    return "\n".join(lines)


def _verdict(
    entries: list[dict[str, Any]], faults: list[str], heads: list[tuple[int, str]], unread: str
) -> str:
    span = f"{entries[0]['id']} to {entries[-1]['id']}" if entries else "none"
    lines = [
        f"entries  {span}",
        f"journal  {f'not compared: {unread}' if unread else f'{len(heads)} heads compared'}",
    ]
    verdict = "NOT whole" if faults else "whole in itself, and not compared" if unread else "whole"
    return "\n".join([*lines, *(f"wrong    {fault}" for fault in faults), f"verdict  {verdict}"])
