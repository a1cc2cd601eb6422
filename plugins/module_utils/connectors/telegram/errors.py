# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of Telegram's side.

AnswerError
|-- NotTelegramError             something answered, but not the Bot API
`-- TelegramApiError             an error of the API: `status`
    |-- TelegramTokenError       the bot's token is refused
    |-- TelegramConflictError    another program gets the bot's messages: `webhook`
    |-- TelegramLimitError       too many requests: `retry_after` seconds
    `-- TelegramMigratedError    the group is a supergroup now: `successor`
"""

from __future__ import annotations

from ..errors import AnswerError, Meaning


class NotTelegramError(AnswerError):
    """Something answered that is not the Bot API; `status` is the HTTP status of a refusal."""


class TelegramApiError(AnswerError):
    """Telegram answered with an error; `status` is its `error_code`, `said` what it said, made harmless."""

    status: int

    def __init__(self, message: str, *, status: int, said: str = "") -> None:
        super().__init__(message, status=status)
        self.said = said


class TelegramTokenError(TelegramApiError):
    """The bot's token is not, or no longer, accepted."""

    @property
    def meaning(self) -> Meaning:
        """Nothing more is asked with this token."""
        return Meaning.DEAD_TOKEN


class TelegramConflictError(TelegramApiError):
    """Another program gets what is written to the bot: by a `webhook`, or by polling too."""

    def __init__(self, message: str, *, webhook: bool) -> None:
        super().__init__(message, status=409)
        self.webhook = webhook

    @property
    def meaning(self) -> Meaning:
        """It passes when the other one is stopped."""
        return Meaning.OUTAGE


class TelegramLimitError(TelegramApiError):
    """Too many requests: Telegram wants `retry_after` seconds of quiet (None: it did not say)."""

    def __init__(self, message: str, *, retry_after: float | None) -> None:
        super().__init__(message, status=429)
        self.retry_after = retry_after

    @property
    def meaning(self) -> Meaning:
        """It passes, when it is left alone for so long."""
        return Meaning.QUIET


class TelegramMigratedError(TelegramApiError):
    """The group became a supergroup, which has the number `successor`."""

    def __init__(self, message: str, *, status: int, successor: int) -> None:
        super().__init__(message, status=status)
        self.successor = successor
