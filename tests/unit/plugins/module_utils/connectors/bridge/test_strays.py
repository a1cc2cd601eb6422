# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Operators who talk elsewhere: one sentence a day for each place, over restarts, and none for strangers."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import pytest
from mosaic_connectors.bridge import told as telling
from mosaic_connectors.bridge.counters import Counters
from mosaic_connectors.bridge.doorkeeper import Doorkeeper
from mosaic_connectors.bridge.strays import Strays
from mosaic_connectors.bridge.told import DAY, MOST_A_DAY, Told
from mosaic_connectors.store.database import FILE_NAME, Database
from mosaic_connectors.types import StrayMessage

ANN = "@ann:test"


def stray(
    place: str = "!x", sender: str = ANN, ago: float = 0.0, *, can_answer: bool = False
) -> StrayMessage:
    return StrayMessage(sender, place, "#fleet:test", time.time() - ago, can_answer)


class Bridge:
    def __init__(self, directory: Path | None = None) -> None:
        self.said: list[str] = []
        counters = Counters()
        door = Doorkeeper((ANN,), channel_vouches=False, counters=counters)
        told = Told(Database(directory / FILE_NAME if directory else None))
        self.strays = Strays("matrix", door, told, self.tell, counters)

    async def tell(self, text: str, _thread: str | None) -> None:
        self.said.append(text)


async def test_an_operator_is_told_once_a_day_and_place_though_the_bridge_is_restarted(
    tmp_path: Path,
) -> None:
    """There where it can be said to him alone, else in our room; never with his words."""
    first = Bridge(tmp_path)
    assert await first.strays.hear(stray()) == ""
    assert len(first.said) == 1
    assert ANN in first.said[0]
    again = Bridge(tmp_path)
    assert await again.strays.hear(stray()) == ""
    sentence = await again.strays.hear(stray("!dm", can_answer=True))
    assert sentence is not None
    assert "#fleet:test" in sentence
    assert await again.strays.hear(stray("!dm", can_answer=True)) == ""
    assert again.said == []


async def test_a_stranger_and_what_is_old_are_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was told of yesterday is not told again today; a new try is."""
    bridge = Bridge()
    assert await bridge.strays.hear(stray(sender="@eve:test", can_answer=True)) is None
    await bridge.strays.hear(stray(ago=DAY + 60))
    assert bridge.said == []
    await bridge.strays.hear(stray())
    begun = time.time()
    monkeypatch.setattr(telling.time, "time", lambda: begun + DAY + 1)
    await bridge.strays.hear(StrayMessage(ANN, "!x", "#fleet:test", begun - 60))
    assert len(bridge.said) == 1
    await bridge.strays.hear(StrayMessage(ANN, "!x", "#fleet:test", begun + DAY))
    assert len(bridge.said) == 2


async def test_so_many_places_a_day_are_told_and_no_more() -> None:
    bridge = Bridge()
    for number in range(MOST_A_DAY + 5):
        await bridge.strays.hear(stray(f"!{number}"))
    assert len(bridge.said) == MOST_A_DAY


async def test_every_declined_invitation_has_its_reason() -> None:
    """Also the second one of a day: it is said to who invites, and only as often as he does."""
    bridge = Bridge()
    invitation = StrayMessage(ANN, "!x", "#fleet:test", time.time(), can_answer=True, invitation=True)
    reasons = [await bridge.strays.hear(invitation) for _time in range(MOST_A_DAY + 5)]
    assert {reason is not None and "#fleet:test" in reason for reason in reasons} == {True}
    assert await bridge.strays.hear(replace(invitation, sender="@eve:test")) is None


async def test_what_could_not_be_said_there_is_told_at_home_once() -> None:
    bridge = Bridge()
    assert await bridge.strays.hear(stray("!dm", can_answer=True))
    for _time in range(2):
        assert await bridge.strays.hear(stray("!dm")) == ""
    assert len(bridge.said) == 1
