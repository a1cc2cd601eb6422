# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that can go wrong, as one tree.

    ConnectorError
    |-- ConnectorNotImplementedError   no factory is registered for a kind
    |-- MissingLibraryError            an optional library is not installed
    |-- ConfigError                    what a human wrote is wrong
    |   |-- RosterError                ... in the roster
    |   |-- SettingsError              ... in our own settings file
    |   |-- AttachmentError            ... an attachment that cannot be sent
    |   `-- SecretError                ... in the environment or an env file
    |-- StateError                     our own state on disk cannot be read or written
    |   `-- QueueFullError             ... as many messages wait as may wait
    |-- TmuxError                      the tmux server, a session or a pane did not do as told
    |   |-- TmuxMissingError           ... tmux is not installed
    |   |-- TmuxServerError            ... no server answers on the socket
    |   |-- TmuxTargetError            ... the server has no such session or pane
    |   `-- PaneHeldError              ... the pane must not be typed into just now
    `-- RemoteError                    the far side
        |-- UnreachableError           no connection, or no answer in time
        |   `-- TlsError               the certificate is not trusted
        |-- NotMatrixError             something answered, but not a Matrix homeserver
        |-- ResponseTooLargeError      an answer above the bound
        |-- NotInRoomError             the account is not in its room and cannot join it
        |-- MatrixApiError             a Matrix error: `status` and `errcode`
        |   |-- UnknownTokenError      M_UNKNOWN_TOKEN: expired, revoked or logged out
        |   `-- RateLimitedError       M_LIMIT_EXCEEDED: `retry_after` seconds
        |-- NotDiscordError            something answered, but not Discord's API
        |-- GatewayRefusedError        Discord's gateway ended a connection: `code`
        `-- DiscordApiError            an error of Discord's API: `status` and `code`
            |-- DiscordTokenError      the bot's token is refused
            `-- DiscordLimitError      too many requests: `retry_after` seconds

Every message says what was expected, what was found and what to do, and never contains a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .border import Foreign


class ConnectorError(Exception):
    """The root: whoever catches this catches all that this library raises on purpose."""


class ConnectorNotImplementedError(ConnectorError):
    """No factory is registered for the requested `kind`."""

    def __init__(self, kind: str) -> None:
        super().__init__(
            f"Connector {kind!r} is not implemented yet: no factory is registered for it. "
            f"Register one with register_connector({kind!r}, factory), "
            "or name a kind that is registered."
        )
        self.kind = kind


class MissingLibraryError(ConnectorError):
    """A third-party `library` is needed and not installed."""

    def __init__(self, library: str, *, extra: str | None = None, cause: str | None = None) -> None:
        package = f"mosaic-connectors[{extra}]" if extra else library
        why = f" ({cause})" if cause else ""
        super().__init__(
            f"The Python library {library!r} is needed and could not be imported{why}. "
            f"Install it with: pip install '{package}'"
        )
        self.library = library


class ConfigError(ConnectorError):
    """Something a human wrote is wrong.

    Where it is known, `loc` is the path to it, as keys, and `place` its line and column, from 1;
    `code` says for programs what is wrong, and `expected`, `found` and `nearest` (the valid word
    that may have been meant) are the parts of the sentence.
    """

    def __init__(
        self,
        message: str,
        *,
        loc: tuple[str, ...] = (),
        code: str = "invalid",
        place: tuple[int, int] | None = None,
        expected: str | None = None,
        found: str | None = None,
        nearest: str | None = None,
    ) -> None:
        super().__init__(message)
        self.loc = loc
        self.code = code
        self.place = place
        self.expected = expected
        self.found = found
        self.nearest = nearest


class AttachmentError(ConfigError):
    """An attachment that cannot be sent, whatever the server says: missing, unreadable, too large."""


class RosterError(ConfigError):
    """The roster cannot be read, or its `connector` block is wrong."""


class SettingsError(ConfigError):
    """Our own settings file is wrong."""


class SecretError(ConfigError):
    """A secret is missing, malformed, or its file is readable by others."""


class StateError(ConnectorError):
    """Our own state on disk cannot be read or written."""


class QueueFullError(StateError):
    """As many messages wait as may wait; nothing was accepted."""


class TmuxError(ConnectorError):
    """The tmux server, a session or a pane did not do as told."""


class TmuxMissingError(TmuxError):
    """tmux is not installed, or not on the PATH."""


class TmuxServerError(TmuxError):
    """No tmux server answers on the socket, or it may not be used by this user."""


class TmuxTargetError(TmuxError):
    """The tmux server runs and has no such session, window or pane."""


class PaneHeldError(TmuxError):
    """The pane must not be typed into just now: `reason` is one word, `screen` what it shows."""

    def __init__(self, message: str, *, reason: str, screen: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.screen = screen


class RemoteError(ConnectorError):
    """The far side failed."""


class UnreachableError(RemoteError):
    """No connection, or no answer within the time limit."""


class TlsError(UnreachableError):
    """The server's certificate is not trusted."""


class NotMatrixError(RemoteError):
    """Something answered that is not a Matrix homeserver; `status` is the HTTP status of a refusal."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class ResponseTooLargeError(RemoteError):
    """An answer was larger than the bound set for it."""


class NotInRoomError(RemoteError):
    """The account is not in its room and cannot join it, for now."""


class MatrixApiError(RemoteError):
    """The homeserver answered with an error.

    `status` is the HTTP status, `errcode` the Matrix error code (`M_UNKNOWN` where the server
    gave none), `said` the server's own sentence as harmless words, `body` the error object (Matrix
    client-server API, "Standard error response"), which may quote a secret and is never shown.
    """

    def __init__(
        self, message: str, *, status: int, errcode: str, said: str = "", body: Foreign | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.errcode = errcode
        self.said = said
        self.body = body


class UnknownTokenError(MatrixApiError):
    """M_UNKNOWN_TOKEN: the access token is expired, revoked or logged out."""

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


class NotDiscordError(RemoteError):
    """Something answered that is not Discord's API; `status` is the HTTP status of a refusal."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


class GatewayRefusedError(RemoteError):
    """Discord's gateway ended a connection or would not begin one.

    `code` is the close code (Discord API, "Gateway Close Event Codes"), None when there was none.
    """

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class DiscordApiError(RemoteError):
    """Discord answered with an error.

    `status` is the HTTP status, `code` Discord's own number, 0 where it gave none (Discord API,
    "JSON Error Codes").
    """

    def __init__(self, message: str, *, status: int, code: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class DiscordTokenError(DiscordApiError):
    """The bot's token is not, or no longer, accepted."""


class DiscordLimitError(DiscordApiError):
    """Too many requests: Discord wants `retry_after` seconds of quiet (None: it did not say)."""

    def __init__(self, message: str, *, status: int, code: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message, status=status, code=code)
        self.retry_after = retry_after
