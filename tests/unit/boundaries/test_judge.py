# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What counts as left over on a host, and as the same."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

PAYLOAD = "/tmp/ansible_ansible.builtin.systemd_service_payload_e21lgpjh"


@pytest.fixture(scope="module")
def judge() -> Any:
    """It is run as a program, whose modules lie beside it."""
    here = str(Path(__file__).resolve().parents[2] / "boundaries")
    sys.path.insert(0, here)
    yield importlib.import_module("boundaries.judge")
    sys.path.remove(here)


def look(**files: dict[str, Any]) -> dict[str, Any]:
    return {"a": {"files": files, "units": {}, "server": {}}}


@pytest.mark.parametrize("path", [PAYLOAD, f"{PAYLOAD}/module.zip", "/root/.ansible/tmp/x/AnsiballZ_stat.py"])
def test_what_ansible_s_own_leave_when_they_are_killed_counts_only_with_a_secret_in_it(
    judge: Any, path: str
) -> None:
    file = {"kind": "file", "mode": "0600", "owner": "root:root", "digest": "0"}
    assert judge.differences(look(), look(**{path: file})) == []
    assert judge.differences(look(), look(**{path: {**file, "secret": True}})) == [
        f"a: {path} is left over, and holds a secret"
    ]


def test_anything_else_that_is_left_over_counts(judge: Any) -> None:
    file = {"kind": "file", "mode": "0600", "owner": "root:root", "digest": "0"}
    for path in ("/tmp/ansible_note", "/etc/mosaic/new", f"{PAYLOAD.replace('ansible_', 'mosaic_')}"):
        assert judge.differences(look(), look(**{path: file})) == [f"a: {path} is left over"]


def test_a_run_that_goes_on_past_midnight_finds_the_same_accounts(judge: Any, tmp_path: Path) -> None:
    looks = []
    for day, lock in (("20786", "!"), ("20787", "!"), ("20787", "*")):
        (tmp_path / day).write_text(f"root:{lock}:20780:0:99999:7:::\nmosaic:{lock}:{day}::::::\n")
        looks.append(sys.modules["look"].look_at(tmp_path / day)["digest"])
    assert looks[0] == looks[1] != looks[2]
