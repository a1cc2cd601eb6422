# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own commands, as the bridge uses them: one that puts words to what was spoken, one that is a second way."""

from __future__ import annotations

from ..helpers import ESCALATE, TRANSCRIBE
from ..helpers.client import Helpers
from ..settings import Settings
from ..store.database import Database
from .counters import Counters
from .escalation import Escalation
from .progress import Progress
from .told import Told
from .transcribing import Transcriber
from .unanswered import Unanswered


class OwnCommands:
    """Both of them, over one unit that runs them."""

    def __init__(
        self,
        settings: Settings,
        kind: str,
        database: Database,
        *,
        unanswered: Unanswered,
        told: Told,
        progress: Progress,
        counters: Counters,
    ) -> None:
        """`kind` is the channel's."""
        helpers = Helpers(settings.helpers_socket)
        self.transcriber = Transcriber(helpers, told, counters)
        self.escalation = Escalation(
            database, unanswered, helpers, kind, progress=progress, counters=counters
        )
        self.take_over(settings)
        unanswered.reminded = lambda _sentence: self.escalation.wake()

    def take_over(self, settings: Settings) -> None:
        """Go by these settings from now on."""
        self.transcriber.enabled = bool(settings.transcribe_command)
        self.transcriber.seconds = settings.transcribe_timeout
        self.escalation.enabled = bool(settings.escalation_command)

    def troubles(self) -> dict[str, str | None]:
        """Why the last run of each command that is set failed; None where it did not."""
        both = (
            (TRANSCRIBE, self.transcriber.enabled, self.transcriber.trouble),
            (ESCALATE, self.escalation.enabled, self.escalation.trouble),
        )
        return {name: trouble for name, enabled, trouble in both if enabled}
