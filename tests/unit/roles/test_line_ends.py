# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A value that was written as a block of YAML, as a vault makes it, ends with a line end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from unit.roles.alone import play

DISCORD: dict[str, Any] = {
    "orchestrator_discord_channel_id": "123456789012345678",
    "orchestrator_operators": ["123456789012345679"],
}


def test_a_token_may_end_with_a_line_end(tmp_path: Path) -> None:
    play(tmp_path, "orchestrator", "preflight_discord", **DISCORD, orchestrator_discord_token="abc.def\n")


@pytest.mark.parametrize(
    "wrong",
    [
        {"orchestrator_discord_token": "abc\ndef"},
        {"orchestrator_discord_channel_id": "123456789012345678\n"},
        {"orchestrator_operators": ["123456789012345679\n"]},
    ],
    ids=["inside a token", "after a channel", "after an operator"],
)
def test_nothing_else_may(tmp_path: Path, wrong: dict[str, Any]) -> None:
    with pytest.raises(AssertionError, match="expected to"):
        play(tmp_path, "orchestrator", "preflight_discord", **(DISCORD | wrong))
