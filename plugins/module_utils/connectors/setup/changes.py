# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what shall be to the three files' new texts, and to a diff of them that shows no secret."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from ..config import connector_block, parse_connector, require_complete
from ..envfile import FILE_MODE, changed_env_text
from ..roster import parse_roster, settle_connector
from ..roster.splice import splice
from ..roster.yaml_text import YamlText
from ..settings import parse_settings, settings_document
from ..types import ConnectorConfig
from .places import Files
from .writing import FileChange

_ROLE = "Managed by Ansible"


def plan(
    files: Files,
    *,
    connector: ConnectorConfig | None = None,
    settings: Mapping[str, Any] | None = None,
    credentials: Mapping[str, str | None] | None = None,
) -> list[FileChange]:
    """What has to be written, secrets first so that the roster never names what has none yet.

    What is not given stays. Raises `ConfigError` when a file would become wrong.
    """
    changes = []
    if credentials:
        before, after = changed_env_text(files.env_file, credentials)
        existed = files.env_file.exists()
        changes.append(FileChange(files.env_file, before if existed else None, after, FILE_MODE, secret=True))
    if settings:
        changes.append(FileChange(files.settings, files.settings_text, _settings_text(files, settings)))
    if connector is not None:
        changes.append(FileChange(files.roster, files.roster_text, _roster_text(files, connector)))
    return [change for change in changes if change.needed]


def _roster_text(files: Files, connector: ConnectorConfig) -> str:
    block = connector_block(connector)
    require_complete(parse_connector(block))
    text = settle_connector(files.roster_text, block, str(files.roster)) or ""
    parse_roster(text, str(files.roster)).require_complete()
    return text


def _settings_text(files: Files, settings: Mapping[str, Any]) -> str:
    text, name = files.settings_text or "---\n", str(files.settings)
    for key, value in settings.items():
        text = splice(YamlText.parse(text, name), key, value)
    parse_settings(settings_document(text, name), name)
    return text


def diff(change: FileChange) -> str:
    """The change as a unified diff; of secrets only the names."""
    if change.secret:
        names = _changed_names(change.before or "", change.after)
        return f"{change.path} (mode 0600, values not shown)\n" + "\n".join(names)
    lines = difflib.unified_diff(
        (change.before or "").splitlines(),
        change.after.splitlines(),
        f"{change.path}" if change.before is not None else "/dev/null",
        f"{change.path}",
        lineterm="",
    )
    return "\n".join(lines)


def _changed_names(before: str, after: str) -> list[str]:
    """`+NAME` and `-NAME` of the lines of an env file that differ."""
    old, new = ([line for line in text.splitlines() if "=" in line] for text in (before, after))
    gone = [f"-{line.partition('=')[0]}" for line in old if line not in new]
    came = [f"+{line.partition('=')[0]}" for line in new if line not in old]
    return gone + came


def owned_by_the_role(changes: list[FileChange]) -> list[FileChange]:
    """Those of the files that the next run of the playbook writes anew."""
    return [change for change in changes if _ROLE in (change.before or "")]
