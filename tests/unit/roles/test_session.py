# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role orchestrator makes of the environment and the limits of its session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from unit.roles.alone import play

SECRET = "sk-sesame-open-4711"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"orchestrator_environment": {"1BAD": SECRET}}, "these are not: 1BAD"),
        ({"orchestrator_environment": {"GOOD": SECRET, "BAD\nLD_PRELOAD": SECRET}}, "these are not: BAD"),
        ({"orchestrator_environment": {"KEY": [SECRET]}}, "these are not: KEY"),
        ({"orchestrator_environment": {"KEY": True}}, "these are not: KEY"),
        ({"orchestrator_environment": {"KEY": f"{SECRET}\x00"}}, "these are not: KEY"),
        ({"orchestrator_environment": SECRET}, "it is none"),
        ({"orchestrator_unit_settings": {"ExecStartPre": "/bin/sh"}}, "these are not: ExecStartPre"),
        ({"orchestrator_unit_settings": {"User": "root"}}, "these are not: User"),
        ({"orchestrator_unit_settings": {"MemoryMax": "1G\nUser=root"}}, "these are not: MemoryMax"),
        ({"orchestrator_unit_settings": {"MemoryMax": "1G\\"}}, "these are not: MemoryMax"),
        ({"orchestrator_unit_settings": {"MemoryMax\nUser": "root"}}, "these are not: MemoryMax"),
        ({"orchestrator_restart": "never"}, "must be now or later"),
    ],
)
def test_what_no_session_can_have_is_refused_and_no_value_is_shown(
    tmp_path: Path, wrong: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(AssertionError) as refused:
        play(tmp_path, "orchestrator", "preflight_session", **wrong)
    assert sentence in " ".join(str(refused.value).split())
    assert SECRET not in str(refused.value)


def test_what_a_session_can_have_is_taken(tmp_path: Path) -> None:
    play(
        tmp_path,
        "orchestrator",
        "preflight_session",
        orchestrator_environment={"A_KEY": 'a "b" $c `d` \\ e\nf', "_2": 3, "EMPTY": ""},
        orchestrator_unit_settings={"MemoryMax": "2G", "CPUQuota": "150%", "Nice": 5, "PrivateTmp": True},
    )
