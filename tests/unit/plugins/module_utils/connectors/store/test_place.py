# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a connector is: kept with what it has done, taken over from the versions before, given back to them."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from pathlib import Path

import pytest
from mosaic_connectors.discord.place import DiscordPlace
from mosaic_connectors.errors import StateError
from mosaic_connectors.matrix.place import MatrixPlace
from mosaic_connectors.store.database import FILE_NAME, Database
from mosaic_connectors.store.former import PROVEN_AFTER
from mosaic_connectors.store.place import SEEN_KEPT
from mosaic_connectors.store.writer import submit

LINE = "matrix-528a728d791c2ea2"


def opened(directory: Path | None) -> MatrixPlace:
    place = MatrixPlace(directory, "@bot:fake.test", "!room:fake.test")
    place.open()
    return place


def closed(place: MatrixPlace | DiscordPlace) -> None:
    place.close()
    submit(lambda: None).result()


def journal(directory: Path, *entries: list[object], line: str = LINE) -> Path:
    path = directory / f"{line}.journal"
    with path.open("ab") as file:
        file.write(b"".join(json.dumps(entry).encode() + b"\n" for entry in entries))
    return path


async def test_a_place_and_what_was_done_come_back(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.note("$1", 5, "!r")
    await first.commit("s1", "!r")
    first.note("$2", 7, "!r")  # not kept by itself, but by the end
    closed(first)
    second = opened(tmp_path)
    assert (second.since, second.room, second.last_event, second.last_ts) == ("s1", "!r", "$2", 7)
    assert second.is_done("$1")
    assert second.is_done("$2")
    assert not second.is_done("$3")
    closed(second)


async def test_every_step_of_a_move_comes_back(tmp_path: Path) -> None:
    first = opened(tmp_path)
    await first.commit("s1", "!old")
    await first.adopt("!new")
    await first.filled_to("t5")
    closed(first)
    second = opened(tmp_path)
    assert (second.adopting, second.filled) == ("!new", "t5")
    await second.commit("s1", "!new")
    assert (second.adopting, second.filled, second.room) == (None, None, "!new")
    closed(second)


def test_a_line_belongs_to_one_process_at_a_time(tmp_path: Path) -> None:
    first = opened(tmp_path)
    with pytest.raises(StateError, match="in use by another process"):
        opened(tmp_path)
    closed(first)
    closed(opened(tmp_path))


def test_a_directory_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="cannot be used"):
        opened(tmp_path / "file")


async def test_in_memory_everything_works_and_nothing_is_stored() -> None:
    place = opened(None)
    place.note("$1", 1, "!r")
    await place.commit("s1", "!r")
    assert place.is_done("$1")
    closed(place)


@pytest.mark.parametrize("name", ["$" + "x" * 4_000_000, "$\ud800", "$" + "é" * 200])
async def test_an_id_of_any_length_takes_a_few_bytes(tmp_path: Path, name: str) -> None:
    place = opened(tmp_path)
    place.note("$0", 1, "!r")
    place._remember(name)
    await place.keep()
    closed(place)
    again = opened(tmp_path)
    assert again.is_done(name)
    closed(again)
    assert (tmp_path / FILE_NAME).stat().st_size < 200_000


async def test_the_oldest_ids_are_forgotten_in_memory_and_on_the_disk(tmp_path: Path) -> None:
    place = DiscordPlace(tmp_path, "1")
    place.open()
    for number in range(SEEN_KEPT + 700):
        place.note(number)
        if number % 7 == 0:
            await place.keep()
    closed(place)
    kept = Database(tmp_path / FILE_NAME).rows("SELECT count(*), min(CAST(message AS INTEGER)) FROM seen")[0]
    assert SEEN_KEPT <= kept[0] < SEEN_KEPT + 700
    again = DiscordPlace(tmp_path, "1")
    again.open()
    assert again.is_done(SEEN_KEPT + 699)
    assert not again.is_done(0)
    closed(again)


@pytest.mark.fault("the disk refuses to keep our place", "kept with the next one")
async def test_what_the_disk_refused_is_kept_with_the_next(tmp_path: Path) -> None:
    place = opened(tmp_path)
    await place.commit("s1", "!r")
    with sqlite3.connect(tmp_path / FILE_NAME) as administrator:
        administrator.execute(
            "CREATE TRIGGER full BEFORE INSERT ON seen BEGIN SELECT raise(ABORT, 'disk full'); END"
        )
    place.note("$1", 1, "!r")
    with pytest.raises(StateError, match="disk full"):
        await place.keep()
    assert place.is_done("$1"), "this process does not repeat itself"
    with sqlite3.connect(tmp_path / FILE_NAME) as administrator:
        administrator.execute("DROP TRIGGER full")
    await place.commit("s2", "!r")
    closed(place)
    again = opened(tmp_path)
    assert again.is_done("$1")
    closed(again)


def test_a_sender_from_the_year_9999_does_not_make_all_that_follows_old() -> None:
    place = opened(None)
    place.note("$1", 253_370_764_800_000, "!r")
    assert place.last_ts < (time.time() + 7200) * 1000


def test_the_journal_of_the_version_before_is_taken_over_and_left_alone(tmp_path: Path) -> None:
    path = journal(tmp_path, ["e", "$1", 5, "!r"], ["s", "s1", "!r"], ["e", "$2", 6, "!r"], ["f", "t1"])
    with path.open("ab") as file:
        file.write(b'\0\0\n["e", "$3", 7, "!r"]\n["e", "$torn')
    before = path.read_bytes(), path.stat().st_mtime_ns
    place = opened(tmp_path)
    assert (place.since, place.filled, place.last_event) == ("s1", "t1", "$3")
    assert all(place.is_done(one) for one in ("$1", "$2", "$3"))
    closed(place)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_the_journal_of_a_channel_is_taken_over(tmp_path: Path) -> None:
    journal(tmp_path, ["f", 100], ["d", 200], ["d", "no number"], [], line="discord-77")
    place = DiscordPlace(tmp_path, "77")
    place.open()
    assert (place.floor, place.position) == (100, 200)
    assert place.is_done(200)
    closed(place)


async def test_a_journal_is_taken_over_once(tmp_path: Path) -> None:
    journal(tmp_path, ["s", "s1", "!r"])
    place = opened(tmp_path)
    await place.commit("s2", "!r")
    closed(place)
    again = opened(tmp_path)
    assert again.since == "s2"
    closed(again)


async def test_after_a_roll_back_and_a_new_upgrade_the_later_place_counts(tmp_path: Path) -> None:
    """The version before goes on in its journal; what was done under either version stays done."""
    journal(tmp_path, ["e", "$1", 1, "!r"], ["s", "s1", "!r"])
    place = opened(tmp_path)
    place.note("$2", 2, "!r")
    await place.commit("s2", "!r")
    closed(place)
    journal(tmp_path, ["e", "$2", 2, "!r"], ["e", "$3", 3, "!r"], ["s", "s3", "!r"])  # rolled back meanwhile
    again = opened(tmp_path)
    assert again.since == "s3"
    assert all(again.is_done(one) for one in ("$1", "$2", "$3"))
    closed(again)


def test_a_journal_goes_when_nobody_goes_back_to_it_any_more(tmp_path: Path) -> None:
    path = journal(tmp_path, ["s", "s1", "!r"])
    closed(opened(tmp_path))
    closed(opened(tmp_path))
    assert path.exists()
    with sqlite3.connect(tmp_path / FILE_NAME) as database:
        database.execute("UPDATE place SET taken = taken - ?", (PROVEN_AFTER,))
    closed(opened(tmp_path))
    assert not path.exists()
    again = opened(tmp_path)
    assert again.since == "s1"
    closed(again)


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_journal_that_cannot_be_read_is_said_before_anything_is_received(tmp_path: Path) -> None:
    journal(tmp_path, ["s", "s1", "!r"]).chmod(0)
    with pytest.raises(StateError, match="would come again"):
        opened(tmp_path)
