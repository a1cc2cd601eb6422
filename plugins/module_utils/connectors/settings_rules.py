# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the values in our settings file may be, beside their types."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING

from .errors import ConfigError, SettingsError
from .helpers import ESCALATE, LONGEST_TRANSCRIPTION, TRANSCRIBE
from .quiet_hours import QuietHours
from .secrets import looks_like_secret, shown

if TYPE_CHECKING:
    from .settings import Settings

MOST = 2**40
"""The largest number of messages, bytes or attempts: what no host has is a slip of the pen."""

LONGEST_QUESTION = 31_536_000.0
"""A year in seconds: what is open for longer was forgotten."""

LONGEST_UNANSWERED = 604_800.0
"""A week in seconds."""

READERS = ("agent", "shell", "plain")
"""What the session may run; only in a session that is said to run a shell is one typed into."""

_COUNTS = (
    "inbox_limit", "outbox_limit", "inbox_bytes", "outbox_bytes", "spool_bytes",
    "max_message_bytes", "max_attachment_bytes", "max_attempts", "audit_limit", "questions_limit",
)  # fmt: skip


def wrong_values(settings: Settings) -> Iterator[SettingsError]:
    """What is wrong in settings whose types are right, key by key."""
    for name in _COUNTS:
        if not 1 <= getattr(settings, name) <= MOST:
            yield _wrong(name, f"1 to {MOST}", getattr(settings, name))
    for name in ("send_timeout", "health_interval", "hold_interval", "stop_timeout"):
        if not 0.01 <= getattr(settings, name) <= 3600:
            yield _wrong(name, "between 0.01 and 3600 seconds", getattr(settings, name))
    if not 1 <= settings.question_timeout <= LONGEST_QUESTION:
        yield _wrong(
            "question_timeout", f"between 1 and {LONGEST_QUESTION:g} seconds", settings.question_timeout
        )
    yield from _wrong_reminders(settings)
    yield from _wrong_helpers(settings)
    if settings.metrics_port is not None and not 1 <= settings.metrics_port <= 65535:
        yield _wrong("metrics_port", "1 to 65535", settings.metrics_port)
    if settings.session_reader not in READERS:
        yield _wrong("session_reader", f"one of {', '.join(READERS)}", settings.session_reader)
    for name in ("session", "operator_session"):
        if not re.fullmatch(r"[A-Za-z0-9_-]+", getattr(settings, name)):
            allowed = "letters, digits, - and _ (tmux takes the rest for syntax)"
            yield _wrong(name, allowed, getattr(settings, name))
    for name in ("dialog_patterns", "draft_patterns"):
        for index, pattern in enumerate(getattr(settings, name)):
            yield from _wrong_patterns(name, (name, str(index)), pattern)
    yield from _wrong_programs(settings.programs)
    yield from _wrong_commands(settings.command_operators)


def _wrong_reminders(settings: Settings) -> Iterator[SettingsError]:
    """What is wrong in when the operator is reminded."""
    if settings.unanswered_after and not 30 <= settings.unanswered_after <= LONGEST_UNANSWERED:
        yield _wrong(
            "unanswered_after",
            f"0 for never, or between 30 and {LONGEST_UNANSWERED:g} seconds",
            settings.unanswered_after,
        )
    if settings.status_message_after and not 1 <= settings.status_message_after <= 86_400:
        yield _wrong(
            "status_message_after",
            "0 for never, or between 1 and 86400 seconds",
            settings.status_message_after,
        )
    if settings.quiet_hours is not None:
        try:
            QuietHours.parse(settings.quiet_hours)
        except ConfigError as error:
            yield _wrong("quiet_hours", str(error), settings.quiet_hours)


def _wrong_helpers(settings: Settings) -> Iterator[SettingsError]:
    """What is wrong in the user's own commands."""
    if not 1 <= settings.transcribe_timeout <= LONGEST_TRANSCRIPTION:
        yield _wrong(
            "transcribe_timeout",
            f"between 1 and {LONGEST_TRANSCRIPTION:g} seconds",
            settings.transcribe_timeout,
        )
    if not settings.helpers_socket.startswith("/"):
        yield _wrong("helpers_socket", "an absolute path", settings.helpers_socket)
    for name in (TRANSCRIBE, ESCALATE):
        for index, word in enumerate(getattr(settings, name)):
            if looks_like_secret(word):
                expected = "no secret, which others see in a list of processes, but a variable of /etc/mosaic/helpers.env"
            elif "\0" in word or not (word or index):
                expected = "a program and its arguments, one a word"
            else:
                continue
            yield SettingsError(
                f"{name}.{index} is expected to be {expected}, found {shown(word)}. Correct it.",
                loc=(name, str(index)),
                code="wrong_value",
                expected=expected,
                found=shown(word),
            )


def _wrong_programs(programs: Mapping[str, Mapping[str, object]]) -> Iterator[SettingsError]:
    """What is wrong in the tables of programs; what may stand there the tables themselves say."""
    from .tmux.programs import FIELDS

    words = {list: "a list of regular expressions", str: "text in quotes", bool: "true or false"}
    for name, said in programs.items():
        for key, value in said.items():
            loc = ("programs", name, key)
            kind = FIELDS.get(key)
            if kind is None:
                close = get_close_matches(key, FIELDS, n=1)
                hint = f"Did you mean {close[0]!r}?" if close else f"Known keys: {', '.join(FIELDS)}."
                yield SettingsError(f"{place(loc)} is not a known key. {hint}", loc=loc, code="unknown_key")
            elif not isinstance(value, kind):
                yield SettingsError(
                    f"{place(loc)} must be {words[kind]}, but is {shown(value)}. Correct it.",
                    loc=loc,
                    code="wrong_value",
                    expected=words[kind],
                    found=shown(value),
                )
            elif key not in ("popup_key", "shell_key", "stop_keys"):
                yield from _wrong_patterns(place(loc), loc, value)


def _wrong_commands(operators: Mapping[str, object]) -> Iterator[SettingsError]:
    """Commands that there are not: whoever restricts one by a slip of the pen restricts none."""
    from .bridge.commands.words import EVERY_OTHER, KNOWN

    known = (*KNOWN, EVERY_OTHER)
    for name in operators:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"There are: {', '.join(known)}."
            loc = ("command_operators", name)
            yield SettingsError(f"{place(loc)} is no command. {hint}", loc=loc, code="unknown_key")


def place(loc: tuple[str, ...]) -> str:
    """A key as a sentence names it, without what looks like a credential."""
    return ".".join("(a key)" if looks_like_secret(part) else part for part in loc)


def _wrong_patterns(name: str, loc: tuple[str, ...], value: object) -> Iterator[SettingsError]:
    """What of a pattern, or of a list of them, is no regular expression."""
    for pattern in value if isinstance(value, (list, tuple)) else [value] if isinstance(value, str) else []:
        try:
            re.compile(pattern)
        except re.error as error:
            yield SettingsError(
                f"{name}: {shown(pattern)} is no regular expression: {error}. Correct it.",
                loc=loc,
                code="wrong_value",
                expected="a regular expression",
                found=shown(pattern),
            )


def _wrong(name: str, expected: str, found: object) -> SettingsError:
    return SettingsError(
        f"{name} is expected to be {expected}, found {shown(found)}.",
        loc=(name,),
        code="wrong_value",
        expected=expected,
        found=shown(found),
    )
