# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A homeserver's upgrade and its roll back are the real ones here, and what they have others do only says that it was done."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from unit.playbooks.stage import ROOT, Played, Stage

SERVER = {"homeserver": {"hs": {}}}
REAL = ("tasks/upgrade.yml", "tasks/roll_back.yml", "vars", "defaults")
BEGUN = {"from": "1", "to": "2", "state": "begun"}
RESUMED = {"from": "1", "to": "2", "state": "open", "archive": "first.age"}


class Upgrade:
    """The upgrade of a homeserver on a stage."""

    def __init__(
        self, folder: Path, role: str, begin: dict[str, Any], **entries: list[dict[str, Any]]
    ) -> None:
        stubs = {
            f"{role}/upgrade_begin": [{"ansible.builtin.set_fact": begin}],
            f"{role}/backup": [{"ansible.builtin.set_fact": {"backup_made": "made.age"}}],
            f"{role}/health": [{"ansible.builtin.set_fact": {f"{role}_findings": [{"well": True, "says": ""}]}}],
            f"{role}/restore": [{"ansible.builtin.debug": {"msg": "FROM {{ backup_archive }} BY {{ backup_identity }}."}}],
            "backup/run_key": [{"ansible.builtin.set_fact": {"backup_run_identity": "/run/key"}}],
            **{f"{role}/{entry}": tasks for entry, tasks in entries.items()},
        }  # fmt: skip
        self.role = role
        self.kept = folder / "kept"
        self.kept.mkdir()
        self.stage = Stage(folder, stubs)
        own = folder / "collections/ansible_collections/mosaic/fleet/roles" / role
        for name in REAL:
            (own / name).unlink(missing_ok=True)
            (own / name).symlink_to(ROOT / "roles" / role / name)
        systemctl = folder / "bin" / "systemctl"
        systemctl.parent.mkdir()
        # A unit that runs; what is done to it is noted where the steps are.
        systemctl.write_text(
            f'#!/bin/sh\necho "systemctl $1" >>{folder}/units\n'
            f'[ "$1" != is-active ] || cat {folder}/state\n'
            '[ "$1" != show ] || printf "LoadState=loaded\\nActiveState=active\\n"\n'
        )
        systemctl.chmod(0o755)
        self.units = folder / "units"
        (folder / "state").write_text("inactive\n")

    def play(self) -> Played:
        """Upgrade it."""
        kept = ("-e", f"__{self.role}_kept_in={self.kept}")
        return self.stage.play("upgrade", SERVER, *kept, homeserver_implementation=self.role)


@pytest.fixture(autouse=True)
def own_systemctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")


def order(played: Played, *words: str) -> list[str]:
    """The words in the order in which they were first said."""
    found = {word: match.start() for word in words if (match := re.search(re.escape(word), played.text))}
    assert len(found) == len(words), (found, played.text)
    return sorted(found, key=lambda word: found[word])


@pytest.mark.skipif(os.geteuid() != 0, reason="the note of the way back is root's")
@pytest.mark.parametrize("role", ["conduit", "synapse"])
def test_nothing_is_said_that_no_archive_holds(tmp_path: Path, role: str) -> None:
    """Stopped before the archive is made, and not started by the old version after it; what takes long comes before."""
    upgrade = Upgrade(tmp_path, role, {f"{role}_upgrade": BEGUN})
    played = upgrade.play()
    slow = ["CALLED conduit obtain"] if role == "conduit" else []
    guard = "CALLED backup guard"
    steps = [
        *slow,
        guard,
        ": Stop it]",
        f"CALLED {role} backup",
        f"CALLED {role} main",
        "CALLED backup unguard",
    ]
    assert order(played, *steps) == steps
    assert played.text.count(guard) == 2, "the second is for the installation"
    assert "start" not in upgrade.units.read_text().replace("systemctl ", "").split(), "main.yml starts it"
    assert played.status == 0, played.text


@pytest.mark.parametrize("role", ["conduit", "synapse"])
def test_an_archive_that_takes_so_long_that_the_host_starts_it_again_is_no_way_back(
    tmp_path: Path, role: str
) -> None:
    """What was said since it was packed is in no archive."""
    upgrade = Upgrade(tmp_path, role, {f"{role}_upgrade": BEGUN})
    (tmp_path / "state").write_text("active\n")
    played = upgrade.play()
    assert not played.called(role, "main")
    assert "Nothing was changed. Raise backup_timeout" in " ".join(played.text.split())
    assert "hs was not upgraded, and has 1 as before." in " ".join(played.text.split())
    assert played.text.index("CALLED backup unguard") > played.text.index(": Start what was stopped")


@pytest.mark.skipif(os.geteuid() != 0, reason="the note of the way back is root's")
@pytest.mark.parametrize("role", ["conduit", "synapse"])
def test_a_roll_back_that_was_interrupted_is_begun_again_and_nothing_is_upgraded(
    tmp_path: Path, role: str
) -> None:
    """Whether the program fits its data is known again when both were put back."""
    facts = {
        f"{role}_upgrade": RESUMED | {"back": True, "why": "Interrupted."},
        f"__{role}_key": "/home/op/key",
    }
    upgrade = Upgrade(tmp_path, role, facts)
    played = upgrade.play()
    assert not played.called(role, "main")
    assert order(played, "CALLED backup unguard", ": Stop it]", "FROM first.age BY /home/op/key.")
    assert '"why": "An earlier run' in (upgrade.kept / "way_back.json").read_text()
    assert "has 1 and its data again. Interrupted." in " ".join(played.text.split())


@pytest.mark.parametrize("role", ["conduit", "synapse"])
def test_a_resumed_upgrade_that_fails_goes_back_to_the_archive_of_the_first_run(
    tmp_path: Path, role: str
) -> None:
    """By the operator's key: the first run's own is gone with it."""
    facts = {f"{role}_upgrade": RESUMED, f"__{role}_key": "/home/op/key"}
    upgrade = Upgrade(tmp_path, role, facts, main=[{"ansible.builtin.fail": {"msg": "It does not start."}}])
    played = upgrade.play()
    assert not played.called("backup", "run_key"), "what is there now is the version that nobody has proven"
    assert not played.called(role, "backup")
    assert "FROM first.age BY /home/op/key." in played.text
    assert "hs was to go from 1 to 2, and has 1 and its data again." in " ".join(played.text.split())


@pytest.mark.parametrize("role", ["conduit", "synapse"])
def test_a_resumed_roll_back_without_the_operators_key_puts_nothing_back(tmp_path: Path, role: str) -> None:
    """Not the program alone either, for its data would stay the newer one's; it says what to give."""
    facts = {f"{role}_upgrade": RESUMED, f"__{role}_key": ""}
    upgrade = Upgrade(tmp_path, role, facts, main=[{"ansible.builtin.fail": {"msg": "It does not start."}}])
    played = upgrade.play()
    assert not played.called("runtime", "keep")
    assert not played.called(role, "restore")
    assert not played.called(role, "forget_kept"), "the next run needs what was kept"
    assert "Run the upgrade again with backup_identity; nothing was put back." in " ".join(
        played.text.split()
    )
