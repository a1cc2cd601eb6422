# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a set of files and directories becomes, as Ansible shows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ._host_files import Step


def differences(steps: Iterable[Step]) -> list[Mapping[str, Any]]:
    """What a run changes or would change, as Ansible's diffs; never a secret."""
    return [part for step in steps if step.needed for part in _difference(step)]


def _difference(step: Step) -> Iterable[Mapping[str, Any]]:
    wanted, found = step.wanted, step.found
    headers = {"before_header": str(wanted.path), "after_header": str(wanted.path)}
    before: dict[str, Any] = {"state": found.kind or "absent"}
    after: dict[str, Any] = {"state": "file" if wanted.state == "present" else wanted.state}
    if wanted.state != "absent":
        asked = wanted.attributes()
        before.update({name: found.attributes[name] for name in asked if name in found.attributes})
        after.update(asked)
    if step.needs_content and wanted.secret:
        before["content"], after["content"] = "what was there (not shown)", "what was given (not shown)"
    if before != after:
        yield {"before": before, "after": after, **headers}
    # What a file held that is removed is not shown: it may have been secret.
    if not wanted.secret and step.needs_content:
        texts = (_text(found.content), _text(wanted.content))
        if texts[0] != texts[1]:
            yield {"before": texts[0], "after": texts[1], **headers}


def _text(content: bytes | None) -> str:
    return (content or b"").decode("utf-8", "replace")
