# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of the Matrix side.

RemoteError
|-- NotInRoomError               the account is not in its room and cannot join it
|-- EncryptedRoomError           the room is encrypted, so that no words go into it
`-- AnswerError
    |-- NotMatrixError           something answered, but not a Matrix homeserver
    `-- MatrixApiError           a Matrix error: `status` and `errcode`
        |-- UnknownTokenError    M_UNKNOWN_TOKEN: expired, revoked or logged out
        `-- RateLimitedError     M_LIMIT_EXCEEDED: `retry_after` seconds
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import AnswerError, Meaning, RemoteError

if TYPE_CHECKING:
    from ..border import Foreign


class NotMatrixError(AnswerError):
    """Something answered that is not a Matrix homeserver; `status` is the HTTP status of a refusal."""


class NotInRoomError(RemoteError):
    """The account is not in its room and cannot join it, for now."""


class EncryptedRoomError(RemoteError):
    """The room is encrypted, so that no words go into it."""


class MatrixApiError(AnswerError):
    """The homeserver answered with an error.

    `status` is the HTTP status, `errcode` the Matrix error code (`M_UNKNOWN` where the server
    gave none), `said` the server's own sentence as harmless words, `body` the error object (Matrix
    client-server API, "Standard error response"), which may quote a secret and is never shown.
    """

    status: int

    def __init__(
        self, message: str, *, status: int, errcode: str, said: str = "", body: Foreign | None = None
    ) -> None:
        super().__init__(message, status=status)
        self.errcode = errcode
        self.said = said
        self.body = body


class UnknownTokenError(MatrixApiError):
    """M_UNKNOWN_TOKEN: the access token is expired, revoked or logged out."""

    @property
    def meaning(self) -> Meaning:
        """Nothing more is asked with this token."""
        return Meaning.DEAD_TOKEN

    @property
    def soft_logout(self) -> bool:
        """Whether the server says that the device lives on and a new login may resume it."""
        return self.body is not None and self.body.is_true("soft_logout")


class RateLimitedError(MatrixApiError):
    """M_LIMIT_EXCEEDED: the server wants `retry_after` seconds of quiet (None: it did not say)."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        errcode: str,
        said: str = "",
        body: Foreign | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, status=status, errcode=errcode, said=said, body=body)
        self.retry_after = retry_after

    @property
    def meaning(self) -> Meaning:
        """It passes, when it is left alone for so long."""
        return Meaning.QUIET
