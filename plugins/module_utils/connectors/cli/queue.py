# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outbox from the command line: asked of the bridge, or of its file while the bridge is away."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..bridge.client import BridgeRefusedError, BridgeUnavailableError, call
from ..errors import ConfigError, StateError
from .common import add_json_argument, add_socket_argument, report, socket_path, state_place
from .spinner import Spinner

if TYPE_CHECKING:
    from ..bridge.instance import SingleInstance


def ask(options: argparse.Namespace, request: dict[str, Any]) -> dict[str, Any]:
    """The bridge's answer to an operation on the outbox; raises `StateError` when neither can be had."""
    try:
        with Spinner("asking the bridge"):
            return call(socket_path(options), request, patience=0.0)
    except BridgeRefusedError as error:
        raise StateError(f"The bridge refuses: {error}") from error
    except BridgeUnavailableError as error:
        if isinstance(error.__cause__, PermissionError):
            raise
    return _ask_file(options, request)


def _ask_file(options: argparse.Namespace, request: dict[str, Any]) -> dict[str, Any]:
    from ..bridge.audit import entries_of
    from ..bridge.operations import describe_entry
    from ..bridge.outbox import Outbox
    from ..bridge.samples import history_of, slot_at
    from ..bridge.spool import Spool
    from ..store.database import FILE_NAME, Database

    path = state_place() / FILE_NAME
    try:
        present = path.exists()
    except PermissionError:
        present = False
    if not present:
        raise StateError(
            f"No bridge runs, and there is no state at {path} that could be read. Run it as root?"
        )
    changes = request["op"] not in ("outbox", "audit", "history")
    claim = _claim(options, path.parent) if changes else None
    database = Database(path)
    try:
        if request["op"] == "audit":
            return {"entries": entries_of(database, request["after"], request["most"])}
        if request["op"] == "history":
            return history_of(database, slot_at(time.time()))
        outbox = Outbox(database, limit=1)
        if request["op"] == "outbox":
            states = ("waiting", "dead", "sent", "dropped") if request["all"] else ("waiting", "dead")
            return {"entries": [describe_entry(entry) for entry in outbox.listing(states)]}
        if request["op"] == "retry":
            return {"count": outbox.retry(request["id"])}
        # The files that were attached go with their messages.
        return {"count": outbox.drop(request["id"], forget=Spool(path.parent).discard)}
    finally:
        database.close()
        if claim is not None:
            claim.release()


def _claim(options: argparse.Namespace, directory: Path) -> SingleInstance | None:
    """Keep a bridge from starting meanwhile; raises `StateError` where one runs that was not asked."""
    from ..bridge.instance import SingleInstance

    if not (directory / "bridge.lock").exists():
        return None  # no bridge has run here, and root's file would keep the first one out
    try:
        return SingleInstance(directory)
    except ConfigError as error:
        raise StateError(
            f"A bridge runs on {directory}, and not at the socket {socket_path(options)}: its outbox is changed "
            "by asking it alone. Name its socket by --socket."
        ) from error


def add_settling_arguments(parser: argparse.ArgumentParser) -> None:
    """Which: one entry by its number, or all dead letters; and the options of all who ask the bridge."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("id", nargs="?", type=int, metavar="ID", help="the number that `outbox` shows")
    which.add_argument("--all", action="store_true", help="all dead letters")
    add_socket_argument(parser)
    add_json_argument(parser)


def settle(options: argparse.Namespace, op: str, done: str) -> int:
    """Retry or drop what the options name, and say how many; returns 1 when there was nothing to change."""
    count = ask(options, {"op": op, "id": options.id})["count"]
    words = f"{count} message(s) {done}"
    if not count:
        words = "There are no dead letters." if options.all else f"No message {options.id} can be {done}."
        words += " What there is: mosaic-connector outbox"
    report(options, {"count": count}, words)
    return 0 if count else 1
