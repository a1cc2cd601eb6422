# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own settings file: everything the roster has no place for.

The roster belongs to the fleet and keeps to its schema; who may speak, where tmux listens and how
patient the bridge is stands in a YAML file of ours that the role writes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from .errors import RosterError, SettingsError
from .files import read_text
from .plain import plainly
from .secrets import looks_like_secret, shown
from .settings_rules import place, wrong_values
from .thirdparty import require

DEFAULT_SETTINGS_PATH = "/etc/mosaic/settings.yaml"
"""Read when nothing else is named; it may be absent."""

MAX_SETTINGS_BYTES = 1024 * 1024
"""A larger file is refused unread: it is no settings file."""

SETTINGS_VARIABLE = "MOSAIC_SETTINGS"
"""The environment variable that names another settings file, which then has to exist."""


@dataclass(frozen=True)
class Settings:
    """What the bridge, the tmux connector and the command line run by; every key has a default."""

    roster_path: str = "/etc/mosaic/roster.yaml"
    operators: tuple[str, ...] = ()
    """Senders whose messages reach the orchestrator, scoped to the connector; empty means nobody."""
    tmux_socket: str = "/run/mosaic-orchestrator/tmux.sock"
    session: str = "orchestrator"
    session_reader: str = "agent"
    """What reads in the session: an `agent` with an input line, a `shell`, or a `plain` reader that shows none."""
    operator_session: str = "operator"
    socket_path: str = "/run/mosaic-connector/connector.sock"
    socket_group: str | None = None
    """A group whose members may use the local socket besides root and the service's own user."""
    log_bodies: bool = False
    ca_path: str | None = None
    """A PEM file trusted for the homeserver in addition to the system's authorities."""
    inbox_limit: int = 10_000
    """Messages from the operator that may wait for the pane."""
    outbox_limit: int = 10_000
    """Messages to the operator that may wait for the channel."""
    inbox_bytes: int = 256 * 1024 * 1024
    """The same in bytes of text."""
    outbox_bytes: int = 256 * 1024 * 1024
    """The same in bytes of text, dead letters among them."""
    spool_bytes: int = 2 * 1024 * 1024 * 1024
    """What the files take that wait for the channel."""
    max_message_bytes: int = 8 * 1024 * 1024
    max_attachment_bytes: int = 50 * 1024 * 1024
    max_attempts: int = 10
    """Refusals by a channel that is up before a message becomes a dead letter; outages do not count."""
    send_timeout: float = 60.0
    """Seconds that one try of `connector.send` may take."""
    health_interval: float = 30.0
    """Seconds between two looks at the channel's health."""
    hold_interval: float = 1.0
    """Seconds between two looks at a pane that cannot be typed into."""
    stop_timeout: float = 10.0
    """Seconds that a stop waits for what is in hand."""
    dialog_patterns: tuple[str, ...] = ()
    """Further regular expressions: a line of the screen that shows a permission dialog."""
    draft_patterns: tuple[str, ...] = ()
    """Further regular expressions: an input line, its first group is the text typed there so far."""
    programs: dict[str, dict[str, str | bool | list[str]]] = field(default_factory=dict)
    """What is known of further programs in the pane, by name; see `tmux.programs.table.Program`."""
    relay_dialogs: bool = True
    """Whether a dialog in the pane is a question to the operator, whose answer is typed."""
    relay_always: bool = False
    """Whether choices that allow more than this once are offered then."""
    questions_limit: int = 100
    """Questions to the operator that may be open at a time."""
    question_timeout: float = 604800.0
    """The longest that a question may be open, in seconds."""
    receipt_marks: bool = True
    """Whether an operator's message is marked: stored, taken, not taken."""
    receipt_reads: bool = True
    """Whether the channel shows that a stored message was read, where it has that."""
    receipt_typing: bool = True
    """Whether the channel shows that somebody writes while the program works, where it has that."""
    status_message_after: float = 60.0
    """Seconds of work after which a message says that it goes on, and is edited until it ends; 0 for never."""
    audit_limit: int = 20_000
    """Entries of the audit record that are kept."""
    unanswered_after: float = 0.0
    """Seconds after which the operator is told that nobody answered a message; 0 for never."""
    quiet_hours: str | None = None
    """When he is not told so: `22:00-07:00`, by the host's time, or with a time zone, `22:00-07:00 Europe/Berlin`."""
    transcribe_command: tuple[str, ...] = ()
    """The program, and its arguments, that prints the words of a recording, whose path comes last; none for no words."""
    transcribe_timeout: float = 60.0
    """Seconds that the recordings of one message have for it together."""
    escalation_command: tuple[str, ...] = ()
    """The program, and its arguments, that is given on its standard input what the chat told in vain."""
    helpers_socket: str = "/run/mosaic-helpers.sock"
    """Where the unit listens that runs the two."""
    chat_commands: bool = True
    """Whether a message such as `!status` is a command that the bridge answers itself."""
    command_operators: dict[str, list[str]] = field(default_factory=dict)
    """Who may use a command, by its name; `all` names those who may use the others. By default every listed operator."""
    metrics_port: int | None = None
    """Port on 127.0.0.1 for Prometheus metrics; none unless given."""


def settings_path(path: str | None = None) -> Path:
    """The settings file in force: `path`, else `MOSAIC_SETTINGS`, else the default place."""
    return Path(path or os.environ.get(SETTINGS_VARIABLE) or DEFAULT_SETTINGS_PATH)


def load_settings(path: str | None = None) -> Settings:
    """Read and check the settings file.

    Raises `SettingsError` when it is unreadable or wrong, or absent though it was named.
    """
    place = settings_path(path)
    return parse_settings(read_document(place), str(place))


def read_document(place: Path) -> Any:
    """The settings file as plain data; `{}` when the default file is absent."""
    return settings_document(read_settings(place), str(place))


def read_settings(place: Path) -> str:
    """The text of the settings file, empty when the default one is absent; raises `SettingsError`."""
    if str(place) == DEFAULT_SETTINGS_PATH and not os.path.lexists(place):
        return ""
    if not os.path.lexists(place):
        raise SettingsError(
            f"The settings file {place} is expected to exist and does not. Create it, or unset {SETTINGS_VARIABLE}."
        )
    return read_text(place, "the settings file", MAX_SETTINGS_BYTES, SettingsError)


def settings_document(text: str, name: str) -> Any:
    """What the text of a settings file means, as `validate` reads it; raises `SettingsError`."""
    from .roster.yaml_text import YamlText

    try:
        return YamlText.parse(text, name).document()
    except RosterError as error:
        raise SettingsError(f"The settings file {error}", code=error.code, place=error.place) from error


def parse_settings(document: Any, origin: str = "the settings") -> Settings:
    """Validate a document and return it as `Settings`; raises `SettingsError` naming the key."""
    mistakes = settings_mistakes(document)
    if mistakes:
        first = mistakes[0]
        raise SettingsError(f"{origin}: {first}", loc=first.loc, code=first.code)
    return _validated(document)


def settings_mistakes(document: Any) -> list[SettingsError]:
    """Everything that is wrong in a settings document, each with its `loc`; empty when all is right."""
    if not isinstance(document, Mapping):
        found = type(document).__name__
        return [
            SettingsError(
                f"expected a mapping of keys, found {found}.",
                code="wrong_type",
                expected="a mapping of keys",
                found=found,
            )
        ]
    mistakes = list(_unknown_keys(document))
    known = {key: value for key, value in document.items() if key in _KEYS}
    settings = plainly(Settings, known)
    if settings is None:
        wrong = _wrong_types(known)
        mistakes += wrong
        # What is right by its type is looked at all the same, beside the defaults.
        bad = {mistake.loc[0] for mistake in wrong if mistake.loc}
        settings = _validated({key: known[key] for key in known if key not in bad})
    return mistakes + [mistake for mistake in wrong_values(settings) if mistake.loc[0] in document]


def _validated(document: Mapping[str, Any]) -> Settings:
    plain = plainly(Settings, document)
    settings: Settings = _adapter().validate_python(dict(document)) if plain is None else plain
    return settings


def _wrong_types(document: Mapping[str, Any]) -> list[SettingsError]:
    pydantic = require("pydantic")
    try:
        _adapter().validate_python(document)
    except pydantic.ValidationError as error:
        return [_explain(one) for one in error.errors()]
    return []


def _adapter() -> Any:
    shape: Any = Settings
    shape.__pydantic_config__ = {"extra": "forbid"}
    return require("pydantic").TypeAdapter(shape)


def _unknown_keys(document: Mapping[Any, Any]) -> Iterator[SettingsError]:
    for key in document:
        if key not in _KEYS:
            close = get_close_matches(str(key), _KEYS, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known keys: {', '.join(_KEYS)}."
            name = shown(key) if looks_like_secret(str(key)) else str(key)
            yield SettingsError(
                f"{name} is not a known key. {hint}",
                loc=(str(key),),
                code="unknown_key",
                expected=f"one of {', '.join(_KEYS)}",
                found=name,
                nearest=close[0] if close else None,
            )


def _explain(error: Mapping[str, Any]) -> SettingsError:
    loc = tuple(str(part) for part in error["loc"])
    expected = _EXPECTED.get(error["type"].partition("_")[0])
    said = f"{place(loc)} is expected to be {expected}" if expected else f"{place(loc)}: {error['msg']}"
    found = shown(error["input"])
    return SettingsError(
        f"{said}, found {found}. Correct it.",
        loc=loc,
        code="wrong_type",
        expected=expected or error["msg"],
        found=found,
    )


_KEYS = tuple(field.name for field in fields(Settings))

_EXPECTED = {
    "string": "text in quotes",
    "int": "a whole number",
    "float": "a number of seconds",
    "bool": "true or false",
    "tuple": "a list",
}
"""pydantic's types of errors, by their first word, in ours."""
