# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of Slack's side.

RemoteError
|-- SocketRefusedError           Slack gives no socket until a human changes something
`-- AnswerError
    |-- NotSlackError            something answered, but not Slack's API
    `-- SlackApiError            an error of the API: `status`, `code` and, for a scope, `needed`
        |-- SlackTokenError      a token is refused
        `-- SlackLimitError      too many requests: `retry_after` seconds
"""

from __future__ import annotations

from ..errors import AnswerError, Meaning, RemoteError

_TROUBLE = ("internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org")
"""Errors of the API that mean trouble of Slack's own, though the HTTP status is 200."""

TOKEN_ERRORS = ("invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired")
"""Errors that say that a token is not, or no longer, good."""


class NotSlackError(AnswerError):
    """Something answered that is not Slack's API; `status` is the HTTP status of a refusal."""


class SocketRefusedError(RemoteError):
    """Slack gives no socket: socket mode is off."""


class SlackApiError(AnswerError):
    """Slack answered with an error.

    `status` is the HTTP status, 200 as a rule, and `code` Slack's own word (Slack Web API, "Errors" of each
    method), empty where it gave none; `needed` are the scopes that it misses.
    """

    status: int

    def __init__(self, message: str, *, status: int, code: str = "", needed: str = "") -> None:
        super().__init__(message, status=status)
        self.code = code
        self.needed = needed

    @property
    def meaning(self) -> Meaning:
        """By Slack's word where there is one, since its HTTP status says nothing then."""
        if self.code:
            return Meaning.OUTAGE if self.code in _TROUBLE else Meaning.REFUSAL
        return super().meaning


class SlackTokenError(SlackApiError):
    """A token is not, or no longer, accepted."""

    @property
    def meaning(self) -> Meaning:
        """Nothing more is asked with this token."""
        return Meaning.DEAD_TOKEN


class SlackLimitError(SlackApiError):
    """Too many requests: Slack wants `retry_after` seconds of quiet (None: it did not say)."""

    def __init__(
        self, message: str, *, status: int, code: str = "", retry_after: float | None = None
    ) -> None:
        super().__init__(message, status=status, code=code)
        self.retry_after = retry_after

    @property
    def meaning(self) -> Meaning:
        """It passes, when it is left alone for so long."""
        return Meaning.QUIET
