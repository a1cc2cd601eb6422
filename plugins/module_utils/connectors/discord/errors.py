# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of Discord's side.

RemoteError
|-- GatewayRefusedError          the gateway ended a connection: `code`
`-- AnswerError
    |-- NotDiscordError          something answered, but not Discord's API
    `-- DiscordApiError          an error of the API: `status` and `code`
        |-- DiscordTokenError    the bot's token is refused
        `-- DiscordLimitError    too many requests: `retry_after` seconds
"""

from __future__ import annotations

from ..errors import AnswerError, Meaning, RemoteError


class NotDiscordError(AnswerError):
    """Something answered that is not Discord's API; `status` is the HTTP status of a refusal."""


class GatewayRefusedError(RemoteError):
    """Discord's gateway ended a connection or would not begin one.

    `code` is the close code (Discord API, "Gateway Close Event Codes"), None when there was none.
    """

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class DiscordApiError(AnswerError):
    """Discord answered with an error.

    `status` is the HTTP status, `code` Discord's own number, 0 where it gave none (Discord API,
    "JSON Error Codes").
    """

    status: int

    def __init__(self, message: str, *, status: int, code: int = 0) -> None:
        super().__init__(message, status=status)
        self.code = code


class DiscordTokenError(DiscordApiError):
    """The bot's token is not, or no longer, accepted."""

    @property
    def meaning(self) -> Meaning:
        """Nothing more is asked with this token."""
        return Meaning.DEAD_TOKEN


class DiscordLimitError(DiscordApiError):
    """Too many requests: Discord wants `retry_after` seconds of quiet (None: it did not say)."""

    def __init__(self, message: str, *, status: int, code: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message, status=status, code=code)
        self.retry_after = retry_after

    @property
    def meaning(self) -> Meaning:
        """It passes, when it is left alone for so long."""
        return Meaning.QUIET
