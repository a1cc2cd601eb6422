# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last 24 hours in figures: taken by the bridge itself, bounded, and shown by `history`."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest
from fakes.homeserver import FakeHomeserver
from fakes.matrix import connector_on, eventually
from mosaic_connectors.bridge import samples
from mosaic_connectors.bridge.client import call
from mosaic_connectors.bridge.progress import Progress
from mosaic_connectors.bridge.samples import EVERY, FIGURES, KEPT, Samples, slot_at
from mosaic_connectors.bridge.service import Bridge
from mosaic_connectors.cli.main import main
from mosaic_connectors.settings import Settings
from mosaic_connectors.store.database import FILE_NAME, Database

WELL = {**dict.fromkeys(FIGURES, 0), "up": 1}


class Day:
    """Samples with a clock and figures of our own."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.now = 1_800_000_000.0
        self.figures = dict(WELL)
        self.samples = Samples(
            database, lambda: dict(self.figures), progress=Progress(), clock=lambda: self.now
        )

    async def pass_by(self, slots: int = 1, **figures: int) -> None:
        self.now += slots * EVERY
        self.figures.update(figures)
        await self.samples.take()

    def figure(self, name: str) -> list[int | None]:
        values: list[int | None] = self.samples.history()["figures"][name]
        return values

    def rows(self) -> int:
        return int(self.database.rows("SELECT count(*) FROM sample")[0][0])


@pytest.fixture
def day() -> Day:
    return Day(Database(None))


async def test_what_waits_is_as_it_was_and_what_moves_is_the_difference(day: Day) -> None:
    await day.pass_by(inbox=2, received=5)
    await day.pass_by(inbox=0, received=9, up=0)
    assert day.figure("inbox") == [None] * (KEPT - 2) + [2, 0]
    assert day.figure("received")[-2:] == [5, 4]
    assert day.figure("up")[-2:] == [1, 0]


async def test_where_the_bridge_did_not_run_there_is_no_sample(day: Day) -> None:
    await day.pass_by(sent=1)
    await day.pass_by(3, sent=2)
    day.now += EVERY
    assert day.figure("sent")[-5:] == [1, None, None, 1, None]


async def test_there_are_never_more_rows_than_a_day_has(day: Day, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the clock was wrong for a while, or is put back."""
    monkeypatch.setattr(samples, "KEPT", 4)
    for _slot in range(10):
        await day.pass_by()
    await day.pass_by(1_000_000)
    assert day.rows() == 1
    await day.pass_by(-1_000_000, inbox=7)
    assert (day.rows(), day.figure("inbox")) == (1, [None, None, None, 7])


def test_a_timer_that_comes_early_takes_no_sample_twice() -> None:
    assert slot_at(3 * EVERY - 0.01) == slot_at(3 * EVERY + 200) == 3


async def test_nonsense_in_the_file_is_no_sample(day: Day) -> None:
    """The agent runs as the bridge's user, and may write there."""
    await day.pass_by(1, inbox=1)
    for back, stored in enumerate(('{"inbox": "<script>"}', "no json", "[1]", '{"inbox": 1e999}'), 1):
        day.database.change("INSERT INTO sample VALUES (?, ?)", (slot_at(day.now) - back, stored))
    assert day.figure("inbox")[-5:] == [None, None, None, None, 1]


async def test_the_bridge_takes_them_and_tells_them_at_its_socket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the file tells the same once the bridge is away."""
    monkeypatch.setattr(samples, "EVERY", 2)
    settings = Settings(socket_path=str(tmp_path / "s"), tmux_socket=str(tmp_path / "t"), health_interval=0.2)
    bridge = Bridge(settings, connector_on(FakeHomeserver(), state_dir=tmp_path), tmp_path)
    running = asyncio.ensure_future(bridge.run())
    await eventually(lambda: 1 in bridge.samples.history()["figures"]["up"])
    answer = await asyncio.to_thread(call, settings.socket_path, {"op": "history"}, patience=0.0)
    assert 1 in answer["figures"]["up"]
    bridge._stop.set()
    assert await running == 0
    monkeypatch.setenv("MOSAIC_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("MOSAIC_SOCKET", settings.socket_path)
    assert main(["history", "--json"]) == 0
    assert 1 in json.loads(capsys.readouterr().out)["figures"]["up"]


def test_history_shows_a_character_for_half_an_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)  # or five minutes might be over in the middle
    database = Database(tmp_path / FILE_NAME)
    last = slot_at(now)
    for back, (up, inbox) in enumerate([(1, 0), (0, 8), (1, 4)]):
        figures = {**WELL, "up": up, "inbox": inbox}
        database.change("INSERT INTO sample VALUES (?, ?)", (last - 6 * back, json.dumps(figures)))
    database.close()
    monkeypatch.setenv("MOSAIC_STATE_DIR", str(tmp_path))
    monkeypatch.setenv("MOSAIC_SOCKET", str(tmp_path / "away.sock"))
    assert main(["history"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0] == f"channel up  {'·' * 45}█▁█  most 1, last 1"
    assert shown[2] == f"waiting in  {'·' * 45}▄█▁  most 8, last 0"
    assert shown[-1].endswith("Z")
