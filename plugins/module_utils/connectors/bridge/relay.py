# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Dialogs of the pane as questions to the operator, and his answers as keys: only into the showing that was asked about.

A showing ends with the first look that does not see it, with a look that fails, and with this process: then the question
is withdrawn, and an answer that came for it is told not to have been typed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..ending import within
from ..errors import ConfigError, QueueFullError, StateError, TmuxError
from ..question_words import LONGEST_QUESTION
from ..secrets import redact_shapes
from ..store.writer import write
from ..terminal import one_line
from ..tmux.choose import choose
from ..tmux.pane import Pane
from ..tmux.pane_look import View
from ..tmux.reading import Dialog
from .asking import Asking
from .audit import Audit
from .commands.picture import shows_secret
from .counters import Counters
from .dialog_words import offered, worded
from .hooks import Hooks, as_choices, mentions
from .intake import Tell
from .progress import Progress
from .questions import DIALOG, StoredQuestion, Wanted

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
CLOSE_LOOK_SECONDS = 0.3
"""... and while an answer is awaited: what closes and opens again in between looks like one."""

AWAY_SECONDS = 5.0
"""... and while there is nothing to look at."""

STEP_SECONDS = 120.0
"""The longest that a look with all that follows takes."""

OPEN_SECONDS = 86_400.0
"""How long such a question is open at most."""

TAKEN, NOT_TAKEN = "answer taken", "answer not taken"
"""What the audit record says of an answer to a dialog, once its key was pressed or will not be."""

RESTARTED = "the bridge was restarted; what is still shown is asked anew"

AT_THE_TERMINAL = "the dialog was answered at the terminal, or its program ended"


@dataclass(frozen=True)
class _Asked:
    showing: str
    question: StoredQuestion
    dialog: Dialog
    labels: Mapping[str, str] = field(default_factory=dict)
    """The dialog's choices by the question's, where these are others."""


class DialogRelay:
    """Watches the pane for dialogs."""

    def __init__(
        self,
        pane: Pane,
        asking: Asking,
        tell: Tell,
        *,
        progress: Progress,
        counters: Counters,
        enabled: bool,
        always: bool,
        most_seconds: float,
        audit: Audit,
        hooks: Hooks | None = None,
    ) -> None:
        """`always` lets what allows more than this once be offered; `most_seconds` is how long a question may be open."""
        self.enabled = enabled
        self.always = always
        self.most_seconds = most_seconds
        self._pane = pane
        self._asking = asking
        self._hooks = hooks or Hooks(asking, tell)
        self._tell = tell
        self._progress = progress
        self._counters = counters
        self._audit = audit
        self._asked: _Asked | None = None
        self._seen = ""
        self._count = 0
        self._done: str = ""
        self._forgot = False
        self._trouble = ""
        self._wake = asyncio.Event()
        self._stopping = False

    def stop(self) -> None:
        """Return from `run`."""
        self._stopping = True
        self._wake.set()

    def wake(self) -> None:
        """Something may have to be seen to."""
        self._wake.set()

    def asks_about(self, subject: str) -> bool:
        """Whether the dialog about something is, or may be, a question to the operator already; then it is left to that."""
        return self._asked is not None and (not subject or mentions(self._asked.dialog, subject))

    def is_told(self) -> bool:
        """Whether the operator is asked about the dialog that is shown, by a hook or by this, or told of it."""
        told = bool(self._seen) and self._seen == self._done
        return told or self._asked is not None or self._hooks.is_waiting()

    async def run(self) -> None:
        """Relay until stopped."""
        while not self._stopping:
            self._progress.beat("relay", STEP_SECONDS)
            try:
                await self._round()
                self._trouble = ""
            except (TmuxError, StateError) as error:
                if str(error) != self._trouble:  # once: it looks on, and the session may be away for days
                    logger.info("dialogs: %s", error)
                self._trouble = str(error)
                await self._lost()
            except Exception:
                self._counters.add("unexpected", loop="relay")
                logger.exception("relaying dialogs failed unexpectedly")
                await self._lost()
            try:
                await within(self._wake.wait(), self._pause())
            except asyncio.TimeoutError:
                continue
            self._wake.clear()
        self._progress.done("relay")

    def _pause(self) -> float:
        if self._trouble:
            return AWAY_SECONDS
        return LOOK_SECONDS if self._asked is None else CLOSE_LOOK_SECONDS

    async def _round(self) -> None:
        if not self._forgot:
            await self._forget_former()
        if not self.enabled:
            await self._hooks.settle(now=True)
            await self._lost()
            return
        view = await self._pane.view()
        if self._asked is not None and view.showing != self._asked.showing:
            await self._lost()
        if self._asked is not None:
            await self._carry_out(self._asked)
        elif self._hooks.is_waiting():
            # What is shown is the hook's to ask; once it has left, it is looked at twice like any other.
            self._seen = ""
            if view.reading.dialog is not None:
                self._hooks.hold(view.reading.dialog)
            await self._hooks.settle()
            return
        elif view.reading.dialog and view.showing and view.showing == self._seen != self._done:
            # At the second look: what blinks is no question.
            await self._relay(view, view.reading.dialog)
        self._seen = view.showing
        if self._asked is not None and self._asked.labels:
            self._hooks.hold()  # a program shows the dialogs of several hooks one after the other
        await self._hooks.settle()

    async def _relay(self, view: View, dialog: Dialog) -> None:
        """Go on with the question that a hook left about this dialog, else ask one."""
        stored = self._hooks.about(dialog)
        if stored is not None:
            self._asked = _Asked(view.showing, stored, dialog, as_choices(dialog))
            return
        await self._hooks.settle(now=True)
        await self._begin(view, dialog)

    async def _forget_former(self) -> None:
        """Withdraw what an earlier run asked: whether those showings ended since, nobody knows.

        An answer that it may not have pressed is told: in the chat stands that it was given.
        """
        last = self._asking.questions.last_of(DIALOG)
        came = self._audit.course(last.id) if last is not None else set()
        if last is not None and "answered" in came and not came & {TAKEN, NOT_TAKEN}:
            # Before it is told: a disk that takes nothing has it tried again.
            await self._record(NOT_TAKEN, last)
            # Its key may have been pressed in the moment of the end.
            await self._tell(_untyped(last, RESTARTED, "may not have been taken"), None)
        for stored in self._asking.questions.open():
            if stored.asker == DIALOG:
                await self._asking.withdraw(stored, RESTARTED)
        self._hooks.recall()
        self._forgot = True

    async def _begin(self, view: View, dialog: Dialog) -> None:
        labels = offered(dialog, always=self.always)
        text = worded(dialog, labels)
        line = "it asks for a secret" if dialog.secret else one_line(redact_shapes(dialog.line), 120)
        if not labels or shows_secret(text) or len(text.encode()) > LONGEST_QUESTION:
            await self._leave(view, line)
            return
        self._count += 1
        wanted = Wanted(text, labels, False, None, min(self.most_seconds, OPEN_SECONDS))
        try:
            stored = await self._asking.ask(wanted, DIALOG, f"{view.showing}-{self._count}")
        except (QueueFullError, ConfigError) as error:
            logger.warning("a dialog is not relayed: %s", error)
            await self._leave(view, f"{line} ({error})")
            return
        self._asked = _Asked(view.showing, stored, dialog)

    async def _leave(self, view: View, line: str) -> None:
        """Tell of a dialog that is no question."""
        self._done = view.showing
        words = "The orchestrator's program shows a dialog that is answered at its terminal alone:"
        await self._tell(f"{words} {line}", None)

    async def _carry_out(self, asked: _Asked) -> None:
        """Press what was answered, once."""
        stored = self._asking.questions.get(asked.question.id) or asked.question
        if stored.state == "open":
            return
        if stored.state != "answered":
            self._asked, self._done = None, asked.showing
            return
        label = asked.labels.get(stored.answer or "", stored.answer or "")
        try:
            why = await choose(self._pane, asked.showing, label)
        except TmuxError as error:
            why = one_line(str(error)).removesuffix(".")
        self._asked, self._done = None, asked.showing
        logger.info("dialog question=%s answered: %s", stored.id, why or "taken")
        self._counters.add("dialogs_answered", taken="no" if why else "yes")
        if why:
            self._done = ""  # what stands there still is asked about anew
            await self._tell_untyped(stored, why)
        else:
            await self._record(TAKEN, stored)

    async def _lost(self) -> None:
        """The showing that was asked about has ended, or may have."""
        asked, self._asked, self._seen = self._asked, None, ""
        if asked is None:
            return
        if not await self._asking.withdraw(asked.question, AT_THE_TERMINAL):
            stored = self._asking.questions.get(asked.question.id)
            if stored is not None and stored.state == "answered":
                await self._tell_untyped(stored, AT_THE_TERMINAL)

    async def _tell_untyped(self, stored: StoredQuestion, why: str) -> None:
        await self._tell(_untyped(stored, why), None)
        await self._record(NOT_TAKEN, stored)

    async def _record(self, what: str, stored: StoredQuestion) -> None:
        await write(self._audit.record, what, stored.answered_by or "", stored.answer or "", stored.id)


def _untyped(stored: StoredQuestion, why: str, what: str = "was not taken") -> str:
    return f"{stored.id}: {one_line(stored.answer or '', 60)!r} {what}: {why}."
