# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our own settings file: everything the roster has no place for.

The roster belongs to the fleet and keeps to its schema; who may speak, where tmux listens and how
patient the bridge is stands in a YAML file of ours that the role writes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from .errors import SettingsError
from .thirdparty import require

DEFAULT_SETTINGS_PATH = "/etc/mosaic/settings.yaml"
"""Read when nothing else is named; it may be absent."""

SETTINGS_VARIABLE = "MOSAIC_SETTINGS"
"""The environment variable that names another settings file, which then has to exist."""


READERS = ("agent", "shell", "plain")
"""What the session may run; only in a session that is said to run a shell is one typed into."""


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
    try:
        text = place.read_text(encoding="utf-8")
    except FileNotFoundError:
        if str(place) == DEFAULT_SETTINGS_PATH:
            return {}
        raise SettingsError(
            f"The settings file {place} is expected to exist and does not. Create it, or unset {SETTINGS_VARIABLE}."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"The settings file {place} cannot be read: {error}.") from error
    yaml = require("yaml")
    try:
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" near line {mark.line + 1}" if mark else ""
        raise SettingsError(
            f"The settings file {place} is expected to be YAML and is not{where}.",
            code="syntax",
            place=(mark.line + 1, mark.column + 1) if mark else None,
        ) from error
    return {} if document is None else document


def parse_settings(document: Any, origin: str = "the settings") -> Settings:
    """Validate a document and return it as `Settings`; raises `SettingsError` naming the key."""
    mistakes = settings_mistakes(document)
    if mistakes:
        first = mistakes[0]
        raise SettingsError(f"{origin}: {first}", loc=first.loc, code=first.code)
    settings: Settings = _adapter().validate_python(dict(document))
    return settings


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
    pydantic = require("pydantic")
    try:
        settings: Settings = _adapter().validate_python(known)
    except pydantic.ValidationError as error:
        wrong = [_explain(one) for one in error.errors()]
        mistakes += wrong
        # What is right by its type is looked at all the same, beside the defaults.
        bad = {mistake.loc[0] for mistake in wrong if mistake.loc}
        settings = _adapter().validate_python({key: known[key] for key in known if key not in bad})
    return mistakes + [mistake for mistake in _wrong_values(settings) if mistake.loc[0] in document]


def _adapter() -> Any:
    shape: Any = Settings
    shape.__pydantic_config__ = {"extra": "forbid"}
    return require("pydantic").TypeAdapter(shape)


def _unknown_keys(document: Mapping[Any, Any]) -> Iterator[SettingsError]:
    for key in document:
        if key not in _KEYS:
            close = get_close_matches(str(key), _KEYS, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known keys: {', '.join(_KEYS)}."
            yield SettingsError(
                f"{key} is not a known key. {hint}",
                loc=(str(key),),
                code="unknown_key",
                expected=f"one of {', '.join(_KEYS)}",
                found=str(key),
                nearest=close[0] if close else None,
            )


def _explain(error: Mapping[str, Any]) -> SettingsError:
    loc = tuple(str(part) for part in error["loc"])
    expected = _EXPECTED.get(error["type"].partition("_")[0])
    said = f"{'.'.join(loc)} is expected to be {expected}" if expected else f"{'.'.join(loc)}: {error['msg']}"
    found = repr(error["input"])[:80]
    return SettingsError(
        f"{said}, found {found}. Correct it.",
        loc=loc,
        code="wrong_type",
        expected=expected or error["msg"],
        found=found,
    )


def _wrong_values(settings: Settings) -> Iterator[SettingsError]:
    for name in ("inbox_limit", "outbox_limit", "max_message_bytes", "max_attachment_bytes", "max_attempts"):
        if getattr(settings, name) < 1:
            yield _wrong(name, "1 or more", getattr(settings, name))
    for name in ("send_timeout", "health_interval", "hold_interval", "stop_timeout"):
        if not 0.01 <= getattr(settings, name) <= 3600:
            yield _wrong(name, "between 0.01 and 3600 seconds", getattr(settings, name))
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
                yield SettingsError(
                    f"programs.{name}.{key} is not a known key. {hint}", loc=loc, code="unknown_key"
                )
            elif not isinstance(value, kind):
                yield SettingsError(
                    f"programs.{name}.{key} must be {words[kind]}, but is {value!r:.80}. Correct it.",
                    loc=loc,
                    code="wrong_value",
                    expected=words[kind],
                    found=repr(value)[:80],
                )
            elif key not in ("popup_key", "shell_key"):
                yield from _wrong_patterns(".".join(loc), loc, value)


def _wrong_patterns(name: str, loc: tuple[str, ...], value: object) -> Iterator[SettingsError]:
    """What of a pattern, or of a list of them, is no regular expression."""
    for pattern in value if isinstance(value, (list, tuple)) else [value] if isinstance(value, str) else []:
        try:
            re.compile(pattern)
        except re.error as error:
            yield SettingsError(
                f"{name}: {pattern!r} is no regular expression: {error}. Correct it.",
                loc=loc,
                code="wrong_value",
                expected="a regular expression",
                found=repr(pattern),
            )


def _wrong(name: str, expected: str, found: object) -> SettingsError:
    return SettingsError(
        f"{name} is expected to be {expected}, found {found!r}.",
        loc=(name,),
        code="wrong_value",
        expected=expected,
        found=repr(found),
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
