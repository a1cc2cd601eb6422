# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What one play opens or stops is closed or started again by another, although every host of a group is lost in between."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.stub_fleet import StubFleet

CLOSED = "hs conduit/close_registration"


@pytest.fixture
def fleet(tmp_path: Path) -> StubFleet:
    """One host in each group: so any one that is lost is all of its group."""
    return StubFleet(tmp_path, {"homeserver": ["hs"], "tls_proxy": ["px"], "orchestrators": ["o1"]})


def test_the_stubs_come_to_a_good_end(fleet: StubFleet) -> None:
    """What is lost below is lost by the trouble and by nothing else."""
    said = fleet.run("provision")
    assert "failed=0" in said
    assert "unreachable=1" not in said
    opened = fleet.steps.index("hs conduit/open_registration")
    assert fleet.steps[opened:] == [
        "hs conduit/open_registration",
        "o1 orchestrator/register",
        CLOSED,
        "o1 orchestrator/main",
    ]
    assert fleet.steps.index("o1 orchestrator/install") < opened, "what is slow comes before"


def test_registration_is_closed_although_the_orchestrator_is_lost(fleet: StubFleet) -> None:
    said = fleet.run("provision", lost="o1 orchestrator/register")
    assert fleet.steps[-1] == CLOSED
    assert "Not all of it was done on o1" in said


def test_registration_is_closed_although_an_account_cannot_be_registered(fleet: StubFleet) -> None:
    said = fleet.run("provision", broken="o1 orchestrator/register")
    assert fleet.steps[-1] == CLOSED
    assert "Break: orchestrator/register broke" in said.rpartition("Report how it ended")[2]


def test_a_restart_that_fails_after_a_failure_hides_nothing(fleet: StubFleet) -> None:
    """What failed first is what is told at the end."""
    step = "o1 orchestrator/main"
    said = fleet.run("provision", restarting=step, broken=step)
    assert "Break: orchestrator/main broke" in said.rpartition("Report how it ended")[2]


def test_registration_that_could_be_opened_only_half_is_closed(fleet: StubFleet) -> None:
    said = fleet.run("provision", broken="hs conduit/open_registration")
    assert CLOSED in fleet.steps
    told = " ".join(said.rpartition("Report how it ended")[2].split())
    assert "The account of o1 is missing, and hs could not let it be registered: Break:" in told
    assert "o1 orchestrator/main" not in fleet.steps


@pytest.mark.parametrize("trouble", ["lost", "broken"])
@pytest.mark.parametrize("step", ["hs conduit/restore", "px tls_proxy/restore", "o1 orchestrator/restore"])
def test_the_bridge_runs_again_whichever_restore_does_not_end(
    fleet: StubFleet, trouble: str, step: str
) -> None:
    """Unless it is on the host that is lost."""
    said = fleet.run("restore", **{trouble: step})
    lost = (trouble, step[:2]) == ("lost", "o1")
    assert fleet.bridge == ("inactive" if lost else "active")
    assert fleet.guarded == lost, "the host is to start it itself, as it comes back"
    if step[:2] != "o1":
        assert "o1 orchestrator/restore" not in fleet.steps
        assert f"o1 is left as it was, because {step[:2]} could not be" in " ".join(said.split())


def test_a_bridge_that_a_killed_restore_has_stopped_runs_again_after_the_next_one(fleet: StubFleet) -> None:
    fleet.run("restore", lost="o1 orchestrator/restore")
    (fleet.folder / "lost/o1").unlink()
    assert "failed=0" in fleet.run("restore")
    assert (fleet.bridge, fleet.guarded) == ("active", False)
    assert fleet.unguarded == "", "whenever the controller had died, the host would have started it"


def test_a_bridge_that_was_stopped_by_hand_stays_so(fleet: StubFleet) -> None:
    (fleet.folder / "bridge").write_text("inactive\n")
    fleet.run("restore")
    assert (fleet.bridge, fleet.guarded) == ("inactive", False)


@pytest.mark.parametrize("step", ["o1 orchestrator/upgrade", "hs conduit/upgrade"])
def test_nothing_stays_of_an_upgrade_whose_host_is_lost(fleet: StubFleet, step: str) -> None:
    said = fleet.run("upgrade", lost=step)
    assert "could not be brought to an end" in said
    if step[:2] == "o1":
        assert fleet.steps[-2:] == ["hs conduit/roll_back", "hs conduit/forget_kept"]
    else:
        assert "o1 orchestrator/upgrade" not in fleet.steps
        assert fleet.steps[-1] == "o1 orchestrator/forget_kept"


def test_an_upgrade_that_works_stays(fleet: StubFleet) -> None:
    fleet.run("upgrade")
    assert "hs conduit/roll_back" not in fleet.steps
    assert fleet.steps[-2:] == ["hs conduit/forget_kept", "o1 orchestrator/forget_kept"]
