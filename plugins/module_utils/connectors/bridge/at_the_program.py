# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a bridge that deal with the agent's program: its dialogs, its hooks and its turns, put together."""

from __future__ import annotations

from dataclasses import dataclass

from ..settings import Settings
from ..store.database import Database
from ..tmux.pane import Pane
from .asking import Asking
from .audit import Audit
from .counters import Counters
from .hooks import Hooks
from .intake import Tell
from .operations_hooks import HookOperations
from .outbox import Outbox
from .progress import Progress
from .relay import OPEN_SECONDS, DialogRelay
from .turns import Turns


@dataclass(frozen=True)
class AtTheProgram:
    """The parts; each question of the program's is with one of `hooks` and `relay` at a time."""

    hooks: Hooks
    relay: DialogRelay
    turns: Turns
    operations: HookOperations


def at_the_program(
    settings: Settings,
    kind: str,
    *,
    database: Database,
    outbox: Outbox,
    pane: Pane,
    asking: Asking,
    tell: Tell,
    progress: Progress,
    counters: Counters,
    audit: Audit,
) -> AtTheProgram:
    """Make them from the settings, for a channel of this kind."""
    hooks = Hooks(asking, tell)
    relay = DialogRelay(
        pane,
        asking,
        tell,
        progress=progress,
        counters=counters,
        enabled=settings.relay_dialogs,
        always=settings.relay_always,
        most_seconds=settings.question_timeout,
        audit=audit,
        hooks=hooks,
    )
    turns = Turns(database, outbox, kind, settings.max_message_bytes)
    operations = HookOperations(
        hooks, turns, relay, tell, most_seconds=min(settings.question_timeout, OPEN_SECONDS)
    )
    return AtTheProgram(hooks, relay, turns, operations)
