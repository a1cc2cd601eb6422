# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `health` makes of a line to the operator, as connector_info found it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fakes.role_tasks import run_tasks

AROUND: dict[str, Any] = {
    "__runtime_installed": {"rc": 0},
    "__runtime_current": True,
    "__orchestrator_session": {"stdout_lines": []},
    "__orchestrator_bridge": {"stdout": ""},
    "__orchestrator_history": {"stdout": ""},
    "orchestrator_connector": "matrix",
    "orchestrator_queue_alarm": 10,
}


@pytest.mark.parametrize(
    ("up", "obstructed", "told"),
    [
        (True, False, "'well': True"),
        (True, True, "'well': False"),
        (False, False, "'well': False"),
    ],
)
def test_a_line_that_nobody_can_talk_over_is_not_well(
    tmp_path: Path, up: bool, obstructed: bool, told: str
) -> None:
    """Who was put out of the room is reachable and authenticated, and the operator hears nothing all the same."""
    line = {
        "reachable": up,
        "authenticated": up,
        "obstructed": obstructed,
        "kind": "matrix",
        "detail": "Its words.",
    }
    tell = "{{ {'well': f.well, 'says': f.says, 'do': f.do} }}"
    said = run_tasks(
        tmp_path,
        "orchestrator",
        "health.yml",
        "Keep what was found",
        tell="told | string",
        told=tell,
        f="{{ orchestrator_findings[1] }}",
        __orchestrator_line=line,
        **AROUND,
    )
    assert told in said, said
    assert "Its words." in said
    assert ("mosaic-connector doctor" in said) == obstructed
