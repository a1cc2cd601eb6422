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
        |-- ResponseTooLargeError      an answer above the bound
        |-- AnswerError                an answer that is none to what was asked: `status`
        `-- ...                        those of a kind, in the `errors.py` of its package

What an error of the far side means (an outage, a refusal, a dead token, quiet asked for) it says by its `meaning`.
Every message says what was expected, what was found and what to do, and never contains a secret.
"""

from __future__ import annotations

from enum import Enum


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
    """The pane must not be typed into just now: `reason` is one word, `screen` what it shows, line by line, nothing while a secret is asked for."""

    def __init__(self, message: str, *, reason: str, screen: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.screen = screen


class Meaning(Enum):
    """What an error of the far side means to who repeats, waits or gives up."""

    OUTAGE = "outage"
    """The same request may succeed later."""
    REFUSAL = "refusal"
    """It will not, before a human changes something."""
    DEAD_TOKEN = "dead token"  # noqa: S105  # a word for what has happened
    """The credentials are not accepted any more: nothing more is asked with them."""
    QUIET = "quiet"
    """Too many requests: the far side wants to be left alone, for `retry_after` seconds."""


class RemoteError(ConnectorError):
    """The far side failed; every kind derives its own errors from this one, and says what they mean."""

    retry_after: float | None = None
    """Seconds of quiet that were asked for; None: none, or nobody said how many."""

    @property
    def meaning(self) -> Meaning:
        """What follows from it."""
        return Meaning.REFUSAL


class UnreachableError(RemoteError):
    """No connection, or no answer within the time limit."""

    @property
    def meaning(self) -> Meaning:
        """It may be there later."""
        return Meaning.OUTAGE


class TlsError(UnreachableError):
    """The server's certificate is not trusted."""

    @property
    def meaning(self) -> Meaning:
        """Somebody has to trust it, or mend it."""
        return Meaning.REFUSAL


class ResponseTooLargeError(RemoteError):
    """An answer was larger than the bound set for it."""


class AnswerError(RemoteError):
    """The far side answered, and not as it was asked; `status` is the HTTP status of a refusal, None without one."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status

    @property
    def meaning(self) -> Meaning:
        """By the status: trouble of the server's own, and refusals that say themselves that they pass, are an outage."""
        passing = self.status is None or self.status >= 500 or self.status in _PASSING
        return Meaning.OUTAGE if passing else Meaning.REFUSAL


_PASSING = (408, 425, 429)
"""Refusals that say themselves that a later try may succeed (RFC 9110, 15.5.9; RFC 8470; RFC 6585)."""
