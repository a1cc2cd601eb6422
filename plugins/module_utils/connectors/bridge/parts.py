# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bridge is made of: every part made from the settings, and put together with the others."""

from __future__ import annotations

import logging
import uuid
from pathlib import Path

from ..base import OrchestratorConnector
from ..base import Receipts as GivesReceipts
from ..errors import StateError
from ..settings import Settings
from ..store.database import FILE_NAME, Database
from ..store.writer import write_within
from ..tmux.command import Tmux
from ..tmux.pane import Outcome, Pane
from ..types import InboundMessage, Mark, OutboundMessage
from .answering import Answering
from .asking import Asking
from .at_the_program import at_the_program
from .audit import Audit
from .commands.deeds import Deeds
from .commands.desk import CommandDesk
from .counters import Counters
from .deliver import Deliverer
from .dispatch import Dispatcher
from .doorkeeper import Doorkeeper
from .from_settings import programs_of, quiet_hours_of
from .gauges import ailment, read_figures, read_gauges
from .inbox import Inbox, InboxEntry
from .instance import SingleInstance
from .intake import Intake
from .metrics import MetricsServer
from .monitor import Monitor
from .notify import Notifier
from .operations import Operations
from .operations_questions import QuestionOperations
from .outbox import BRIDGE_ORIGIN, Outbox
from .own_commands import OwnCommands
from .progress import Progress
from .questions import Questions
from .receipts import Receipts
from .recent import RecentErrors
from .samples import Samples
from .server import LocalServer
from .spool import Spool
from .status_message import StatusMessage
from .strays import Strays
from .told import Told
from .typing_notice import TypingNotice
from .unanswered import Unanswered

logger = logging.getLogger(__name__)

NOTICE_SECONDS = 20.0
"""How long the disk may take to store a notice before it is sent unstored."""


class Parts:
    """One connector, one pane, one inbox, one outbox, and what moves messages between them."""

    def __init__(self, settings: Settings, connector: OrchestratorConnector, state_dir: Path | None) -> None:
        """Put the parts together; raises `StateError` or `ConfigError`."""
        self.settings = settings
        self.connector = connector
        self.notifier = Notifier()
        self.progress = Progress()
        self.counters = Counters()
        self.recent = RecentErrors()
        self.claim = SingleInstance(state_dir)
        self.database = Database(state_dir / FILE_NAME if state_dir else None)
        if state_dir is None:
            logger.warning(
                "no state directory (MOSAIC_STATE_DIR, STATE_DIRECTORY): nothing survives a restart"
            )
        self.inbox = Inbox(self.database, settings.inbox_limit, settings.inbox_bytes)
        self.audit = Audit(self.database, limit=settings.audit_limit, log_bodies=settings.log_bodies)
        self.outbox = Outbox(self.database, settings.outbox_limit, settings.outbox_bytes, self.audit.record)
        door = Doorkeeper(
            settings.operators, channel_vouches=connector.vouches_for_senders, counters=self.counters
        )
        pane = Pane(
            Tmux(settings.tmux_socket),
            settings.session,
            programs_of(settings),
            reader=settings.session_reader,
        )
        self.monitor = Monitor(connector, self.notifier, self.progress, settings.health_interval)
        self.monitor.status_suffix = self._queues
        self.deliverer = Deliverer(
            self.inbox,
            pane,
            self.tell,
            progress=self.progress,
            counters=self.counters,
            hold_interval=settings.hold_interval,
        )
        self.questions = Questions(
            self.database, self.outbox, settings.questions_limit, record=self.audit.record
        )
        giver = connector.receipts if isinstance(connector, GivesReceipts) else None
        self.receipts = Receipts(
            giver,
            progress=self.progress,
            counters=self.counters,
            answers_wait=lambda: self.outbox.counts().get("waiting", 0) > 0,
            marks=settings.receipt_marks,
            reads=settings.receipt_reads,
        )
        self.typing = TypingNotice(giver, pane, progress=self.progress, enabled=settings.receipt_typing)
        self.status_message = StatusMessage(
            connector,
            pane,
            self.database,
            answers_wait=lambda: self.outbox.counts().get("waiting", 0) > 0,
            progress=self.progress,
            counters=self.counters,
            after=settings.status_message_after,
            send_timeout=settings.send_timeout,
        )
        self.deliverer.delivered = self._delivered
        self.spool = Spool(state_dir, settings.spool_bytes, self.outbox.attachments)
        self.dispatcher = Dispatcher(
            self.outbox,
            connector,
            self.spool,
            self.monitor.check,
            progress=self.progress,
            counters=self.counters,
            send_timeout=settings.send_timeout,
            max_attempts=settings.max_attempts,
            questions=self.questions,
        )
        self.asking = Asking(
            self.questions,
            Answering(self.database, self.questions, self.inbox, self.outbox, self.audit.record),
            self.outbox,
            connector,
            wake_dispatcher=self.dispatcher.wake,
            progress=self.progress,
            counters=self.counters,
            send_timeout=settings.send_timeout,
        )
        self.asking.wait_sent = self.dispatcher.wait_settled
        self.program = at_the_program(self, pane)
        self.deliverer.asked = self.program.relay.is_told
        self.deliverer.entering = self._entering
        self.unanswered = Unanswered(
            self.database,
            self.outbox,
            connector.kind,
            wake_dispatcher=self.dispatcher.wake,
            progress=self.progress,
            counters=self.counters,
            after=settings.unanswered_after,
            quiet=quiet_hours_of(settings),
        )
        told = Told(self.database)
        self.own_commands = OwnCommands(
            settings,
            connector.kind,
            self.database,
            unanswered=self.unanswered,
            told=told,
            progress=self.progress,
            counters=self.counters,
        )
        self.question_operations = QuestionOperations(
            self.asking, most_seconds=settings.question_timeout, most_bytes=settings.max_message_bytes
        )
        # What waits need not wait out a pause that the outage made long.
        self.monitor.came_up = self.dispatcher.wake
        self.samples = Samples(self.database, lambda: read_figures(self), progress=self.progress)
        self.operations = Operations(
            kind=connector.kind,
            inbox=self.inbox,
            outbox=self.outbox,
            deliverer=self.deliverer,
            dispatcher=self.dispatcher,
            monitor=self.monitor,
            counters=self.counters,
            spool=self.spool,
            recent=self.recent,
            audit=self.audit,
            questions=self.questions,
            samples=self.samples,
            hooks=self.program.hooks,
            helpers=self.own_commands.troubles,
            max_message_bytes=settings.max_message_bytes,
            max_attachment_bytes=settings.max_attachment_bytes,
        )
        self.intake = Intake(
            connector.kind,
            self.inbox,
            door,
            tell=self.tell,
            accepted=self._accepted,
            counters=self.counters,
            max_message_bytes=settings.max_message_bytes,
            log_bodies=settings.log_bodies,
            asking=self.asking,
            audit=self.audit,
            told=told,
            transcriber=self.own_commands.transcriber,
        )
        self.intake.strays = Strays(connector.kind, door, told, self.tell, self.counters).hear
        self.commands = CommandDesk(
            Deeds(
                self.inbox,
                self.outbox,
                pane,
                line=self.monitor.status,
                wake=self.deliverer.wake,
                lost=lambda entry: self._mark(entry, Mark.LOST),
                stopped=self._stopped,
            ).table(),
            settle=self.intake.settle,
            tell=self.tell,
            counters=self.counters,
            record=self.audit.record,
            enabled=settings.chat_commands,
            allowed=settings.command_operators,
        )
        self.intake.lost = lambda message: self.receipts.note(message, Mark.LOST)
        self.commands.publish = self.operations.publish
        self.intake.takers.append(self.commands.take)
        self.intake.literal = self.commands.literal
        self.server = LocalServer(
            Path(settings.socket_path),
            settings.socket_group,
            # JSON spells a control character with six bytes; ordinary text stays as it is.
            settings.max_message_bytes * 2 + 65_536,
            {
                **self.operations.table(),
                **self.question_operations.table(),
                **self.program.operations.table(),
            },
        )
        self.metrics = MetricsServer(settings.metrics_port, self._exposition, lambda: ailment(self))

    async def tell(self, text: str, thread_id: str | None = None) -> None:
        """Put a notice of our own into the outbox; what cannot be stored is at least tried to be said."""
        message = OutboundMessage(text, thread_id)
        try:
            await write_within(
                NOTICE_SECONDS,
                self.outbox.accept,
                self.connector.kind,
                message,
                uuid.uuid4().hex,
                BRIDGE_ORIGIN,
            )
        except StateError as error:
            logger.error("a notice could not be stored: %s", error)  # noqa: TRY400 (the sentence says it all)
            await self.dispatcher.say_unstored(message)
        self.dispatcher.wake()

    def _entering(self, entry: InboxEntry) -> None:
        """Remember, before Enter is pressed, that the program may have the message, and that it is owed an answer."""
        with self.database.transaction():
            self.inbox.entering(entry)
            self.program.turns.begin(entry.message.thread_id)

    def _stopped(self) -> None:
        """The operator has stopped what the program did: he waits for no word about it."""
        with self.database.transaction():
            self.inbox.expect_no_answer()
            self.program.turns.close()

    def _delivered(self, entry: InboxEntry, outcome: Outcome) -> None:
        self._mark(entry, Mark.TAKEN if outcome is Outcome.SUBMITTED else Mark.UNVERIFIED)
        self.typing.begin(entry.message.thread_id)
        self.status_message.begin(entry.message.thread_id)

    def _mark(self, entry: InboxEntry, mark: Mark) -> None:
        # Of another kind's channel this one knows no message.
        if entry.kind == self.connector.kind:
            self.receipts.note(entry.message, mark)

    def _accepted(self, message: InboundMessage) -> None:
        self.program.operations.spoken()
        self.receipts.note(message, Mark.STORED)
        self.operations.publish(message)
        self.deliverer.wake()

    def _queues(self) -> str:
        counts = self.outbox.counts()
        dead = f", {counts['dead']} dead letter(s)" if counts.get("dead") else ""
        reason = self.deliverer.holding or ("the disk" if self.intake.holding else None)
        held = f" (held: {reason})" if reason else ""
        return f"; waiting: {self.inbox.waiting()} in{held}, {counts.get('waiting', 0)} out{dead}"

    def _exposition(self) -> str:
        return self.counters.exposition(read_gauges(self))
