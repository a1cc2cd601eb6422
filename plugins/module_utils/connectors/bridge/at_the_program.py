# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of a bridge that deal with the agent's program: its dialogs, its hooks and its turns, put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .hooks import Hooks
from .operations_hooks import HookOperations
from .relay import OPEN_SECONDS, DialogRelay
from .turns import Turns

if TYPE_CHECKING:
    from ..tmux.pane import Pane
    from .parts import Parts


@dataclass(frozen=True)
class AtTheProgram:
    """The parts; each question of the program's is with one of `hooks` and `relay` at a time."""

    hooks: Hooks
    relay: DialogRelay
    turns: Turns
    operations: HookOperations


def at_the_program(parts: Parts, pane: Pane) -> AtTheProgram:
    """Make them from the settings, over the queues and questions of one bridge."""
    settings = parts.settings
    hooks = Hooks(parts.asking, parts.tell)
    relay = DialogRelay(
        pane,
        parts.asking,
        parts.tell,
        progress=parts.progress,
        counters=parts.counters,
        enabled=settings.relay_dialogs,
        always=settings.relay_always,
        most_seconds=settings.question_timeout,
        audit=parts.audit,
        hooks=hooks,
    )
    turns = Turns(parts.database, parts.outbox, parts.connector.kind, settings.max_message_bytes)
    most = min(settings.question_timeout, OPEN_SECONDS)
    operations = HookOperations(hooks, turns, relay, parts.tell, most_seconds=most)
    return AtTheProgram(hooks, relay, turns, operations)
