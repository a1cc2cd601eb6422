# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Spoken messages: the words that the user's `transcribe_command` hears in them are the message, the file stays beside it.

It is done while the message is in hand and not stored yet, so that the order stays, and that a bridge which is killed in
the middle is handed the message again. A command that fails costs nobody the message.
"""

from __future__ import annotations

import hashlib
import logging
import time
from dataclasses import replace

from ..errors import StateError
from ..helpers.client import HelperAwayError, HelperError, Helpers
from ..store.writer import write
from ..terminal import one_line
from ..types import InboundMessage
from .counters import Counters
from .told import Told

logger = logging.getLogger(__name__)


class Transcriber:
    """Puts words to the recordings of a message."""

    def __init__(self, helpers: Helpers, told: Told, counters: Counters) -> None:
        self.enabled = False
        self.seconds = 60.0
        """For all recordings of one message together."""
        self.trouble: str | None = None
        """Why the last recording has no words."""
        self._helpers = helpers
        self._told = told
        self._counters = counters
        self._last: tuple[str, list[str], list[str]] = ("", [], [])

    async def with_words(self, message: InboundMessage) -> tuple[InboundMessage, list[str]]:
        """The message with its words, and why some are missing; never raises."""
        if not self.enabled or not message.recordings:
            return message, []
        # A message that could not be stored is handed over again: its words are known.
        known, words, faults = self._last
        if not message.message_id or known != message.message_id:
            words, faults = await self._hear(message)
            self._last = (message.message_id or "", words, faults)
        notes = [f"[its words are not to be had: {fault}]" for fault in faults]
        text = "\n".join([*words, *filter(None, [message.text]), *notes])
        return replace(message, text=text), faults

    async def complaint(self, faults: list[str]) -> str:
        """What the operator is told, once a day for each kind of fault; empty for nothing."""
        if not faults:
            return ""
        what = f"transcribe:{hashlib.sha256(faults[0].encode()).hexdigest()[:16]}"
        try:
            first = await write(self._told.is_first, what)
        except StateError as error:
            logger.error("that a recording has no words is not told: %s", error)  # noqa: TRY400 (it says it all)
            return ""
        if not first:
            return ""
        return f"What you said is passed on as a file, without its words: transcribe_command: {faults[0]}."

    async def _hear(self, message: InboundMessage) -> tuple[list[str], list[str]]:
        """The words of all recordings, and why some have none."""
        words, faults = [], []
        until = time.monotonic() + self.seconds
        for recording in message.recordings:
            left = until - time.monotonic()
            try:
                if left <= 0:
                    raise HelperError(f"the recordings of one message have {self.seconds:g} s together")
                words.append(await self._helpers.transcribe(recording.path, recording.mimetype, left))
                self._counted("done", None)
            except HelperError as error:
                fault = one_line(str(error), 300)
                logger.warning("transcribe_command message_id=%s: %s", message.message_id, fault)
                self._counted("away" if isinstance(error, HelperAwayError) else "failed", fault)
                faults.append(fault)
            except Exception:
                logger.exception("transcribing failed unexpectedly message_id=%s", message.message_id)
                self._counted("failed", "it failed unexpectedly; the journal says more")
                faults.append("it failed unexpectedly; the journal says more")
        return words, faults

    def _counted(self, outcome: str, trouble: str | None) -> None:
        self._counters.add("transcriptions", outcome=outcome)
        self.trouble = trouble
