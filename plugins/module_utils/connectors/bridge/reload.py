# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""New settings for a bridge that runs."""

from __future__ import annotations

import logging
from dataclasses import fields

from ..settings import Settings
from .from_settings import programs_of, quiet_hours_of
from .parts import Parts
from .relay import OPEN_SECONDS

logger = logging.getLogger(__name__)

RELOADABLE = frozenset(
    {
        "operators", "log_bodies", "dialog_patterns", "draft_patterns", "programs", "session_reader",
        "inbox_limit", "outbox_limit", "inbox_bytes", "outbox_bytes", "spool_bytes", "max_message_bytes",
        "max_attachment_bytes", "max_attempts", "send_timeout", "health_interval", "hold_interval", "stop_timeout",
        "questions_limit", "question_timeout", "relay_dialogs", "relay_always",
        "receipt_marks", "receipt_reads", "receipt_typing",
        "unanswered_after", "quiet_hours", "status_message_after",
        "transcribe_command", "transcribe_timeout", "escalation_command",
        "chat_commands", "command_operators", "audit_limit",
    }
)  # fmt: skip
"""The settings that a reload applies; the others need a restart."""


def apply(parts: Parts, new: Settings) -> None:
    """Give every part its new settings, and name in the log what needs a restart."""
    changed = {
        field.name
        for field in fields(Settings)
        if getattr(new, field.name) != getattr(parts.settings, field.name)
    }
    late = sorted(changed - RELOADABLE)
    if late:
        logger.warning("reload: %s changed and need(s) a restart", ", ".join(late))
    parts.settings = new
    if "operators" in changed:
        parts.intake.door.replace(new.operators)
    parts.inbox.limit, parts.outbox.limit = new.inbox_limit, new.outbox_limit
    parts.inbox.bytes_limit, parts.outbox.bytes_limit = new.inbox_bytes, new.outbox_bytes
    parts.spool.bytes_limit = new.spool_bytes
    parts.deliverer.hold_interval = new.hold_interval
    parts.deliverer.pane.programs = programs_of(new)
    parts.deliverer.pane.reader = new.session_reader
    parts.dispatcher.send_timeout, parts.dispatcher.max_attempts = new.send_timeout, new.max_attempts
    parts.asking.send_timeout = new.send_timeout
    relay = parts.program.relay
    relay.enabled, relay.always = new.relay_dialogs, new.relay_always
    relay.most_seconds = new.question_timeout
    parts.program.operations.most_seconds = min(new.question_timeout, OPEN_SECONDS)
    parts.program.turns.most_bytes = new.max_message_bytes
    parts.questions.limit = new.questions_limit
    parts.question_operations.most_seconds = new.question_timeout
    parts.question_operations.most_bytes = new.max_message_bytes
    parts.monitor.interval = new.health_interval
    parts.intake.max_message_bytes = parts.operations.max_message_bytes = new.max_message_bytes
    parts.intake.log_bodies = parts.audit.log_bodies = new.log_bodies
    parts.audit.limit = new.audit_limit
    parts.receipts.marks, parts.receipts.reads = new.receipt_marks, new.receipt_reads
    parts.typing.enabled = new.receipt_typing
    parts.status_message.after = new.status_message_after
    parts.unanswered.after = new.unanswered_after
    parts.unanswered.quiet = quiet_hours_of(new)
    parts.own_commands.take_over(new)
    parts.commands.enabled, parts.commands.allowed = new.chat_commands, new.command_operators
    parts.operations.max_attachment_bytes = new.max_attachment_bytes
    logger.info("reload: %s", ", ".join(sorted(changed & RELOADABLE)) or "nothing changed")
