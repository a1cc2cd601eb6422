# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a session may be started with."""

from __future__ import annotations

from typing import Any

import pytest
from unit.plugins.plugin_utils.preflight.asked import wrong

SECRET = "sk-sesame-open-4711"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"orchestrator_environment": {"1BAD": SECRET}}, "these are not: 1BAD"),
        ({"orchestrator_environment": {"GOOD": SECRET, "BAD\nLD_PRELOAD": SECRET}}, "these are not: BAD"),
        ({"orchestrator_environment": {"KEY": [SECRET]}}, "these are not: KEY"),
        ({"orchestrator_environment": {"KEY": True}}, "these are not: KEY"),
        ({"orchestrator_environment": {"KEY": f"{SECRET}\x00"}}, "these are not: KEY"),
        ({"orchestrator_environment": SECRET}, "orchestrator_environment must be a mapping, but is a text."),
        ({"orchestrator_unit_settings": {"ExecStartPre": "/bin/sh"}}, "these are not: ExecStartPre"),
        ({"orchestrator_unit_settings": {"User": "root"}}, "these are not: User"),
        ({"orchestrator_unit_settings": {"MemoryMax": "1G\nUser=root"}}, "these are not: MemoryMax"),
        ({"orchestrator_unit_settings": {"MemoryMax": "1G\\"}}, "these are not: MemoryMax"),
        ({"orchestrator_unit_settings": {"MemoryMax\nUser": "root"}}, "these are not: MemoryMax"),
        ({"orchestrator_restart": "never"}, "must be now or later"),
    ],
)
def test_what_no_session_can_have_is_refused_and_no_value_is_shown(
    given: dict[str, Any], sentence: str
) -> None:
    (told,) = wrong("orchestrator", **given)
    assert sentence in told
    assert SECRET not in told


def test_what_a_session_can_have_is_taken() -> None:
    right = {
        "orchestrator_environment": {"A_KEY": 'a "b" $c `d` \\ e\nf', "_2": 3, "EMPTY": ""},
        "orchestrator_unit_settings": {"MemoryMax": "2G", "CPUQuota": "150%", "Nice": 5, "PrivateTmp": True},
    }
    assert wrong("orchestrator", **right) == []
