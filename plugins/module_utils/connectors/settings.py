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
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from .errors import SettingsError
from .thirdparty import require

DEFAULT_SETTINGS_PATH = "/etc/mosaic/settings.yaml"
"""Read when nothing else is named; it may be absent."""

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
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        where = f" near line {line + 1}" if line is not None else ""
        raise SettingsError(f"The settings file {place} is expected to be YAML and is not{where}.") from error
    return {} if document is None else document


def parse_settings(document: Any, origin: str = "the settings") -> Settings:
    """Validate a document and return it as `Settings`; raises `SettingsError` naming the key."""
    if not isinstance(document, Mapping):
        raise SettingsError(f"{origin}: expected a mapping of keys, found {type(document).__name__}.")
    _refuse_unknown(document, origin)
    pydantic = require("pydantic")
    shape: Any = Settings
    shape.__pydantic_config__ = {"extra": "forbid"}
    try:
        settings: Settings = pydantic.TypeAdapter(Settings).validate_python(dict(document))
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SettingsError(
            f"{origin}: {key}: {first['msg']}, found {first['input']!r}. Correct it."
        ) from error
    _check_values(settings, origin)
    return settings


def _refuse_unknown(document: Mapping[Any, Any], origin: str) -> None:
    known = [field.name for field in fields(Settings)]
    for key in document:
        if key not in known:
            close = get_close_matches(str(key), known, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known keys: {', '.join(known)}."
            raise SettingsError(f"{origin}: {key} is not a known key. {hint}")


def _check_values(settings: Settings, origin: str) -> None:
    for name in ("inbox_limit", "outbox_limit", "max_message_bytes", "max_attachment_bytes", "max_attempts"):
        if getattr(settings, name) < 1:
            raise SettingsError(
                f"{origin}: {name} is expected to be 1 or more, found {getattr(settings, name)}."
            )
    for name in ("send_timeout", "health_interval", "hold_interval", "stop_timeout"):
        if not 0.01 <= getattr(settings, name) <= 3600:
            raise SettingsError(
                f"{origin}: {name} is expected to be between 0.01 and 3600 seconds, found {getattr(settings, name)}."
            )
    if settings.metrics_port is not None and not 1 <= settings.metrics_port <= 65535:
        raise SettingsError(
            f"{origin}: metrics_port is expected to be 1 to 65535, found {settings.metrics_port}."
        )
    for name in ("dialog_patterns", "draft_patterns"):
        for pattern in getattr(settings, name):
            try:
                re.compile(pattern)
            except re.error as error:
                raise SettingsError(
                    f"{origin}: {name}: {pattern!r} is no regular expression: {error}."
                ) from error
    for name in ("session", "operator_session"):
        if not re.fullmatch(r"[A-Za-z0-9_-]+", getattr(settings, name)):
            raise SettingsError(
                f"{origin}: {name} is expected to be letters, digits, - and _ (tmux takes the rest for syntax), "
                f"found {getattr(settings, name)!r}."
            )
