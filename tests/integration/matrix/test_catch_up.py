# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing lost, nothing doubled: across gaps, restarts, kills and a restored server."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from integration.matrix.people import Inbox, connector_for, new_pair
from integration.synapse import Synapse

RECEIVER = Path(__file__).with_name("receiver_process.py")


async def test_what_was_said_while_down_arrives_once_and_in_order(synapse: Synapse, tmp_path: Path) -> None:
    """300 messages sent between two runs are all received, in order, none doubled."""
    operator, bot = new_pair(synapse)
    async with connector_for(synapse, bot, operator.room_id, tmp_path) as connector:
        connector.subscribe(Inbox())
        await connector.wait_ready()
    said = [f"message {number}" for number in range(300)]
    for text in said:
        operator.say(text)
    inbox = Inbox()
    async with connector_for(synapse, bot, operator.room_id, tmp_path) as connector:
        connector.subscribe(inbox)
        await inbox.wait_for(300)
        operator.say("the last")
        await inbox.wait_for(301)
    assert inbox.texts == [*said, "the last"]


async def test_a_slow_handler_misses_nothing(synapse: Synapse, tmp_path: Path) -> None:
    """A burst of 150 while each message takes 10 ms: all arrive, in order."""
    operator, bot = new_pair(synapse)
    received: list[str] = []
    done = asyncio.Event()

    async def handler(message: object) -> None:
        await asyncio.sleep(0.01)
        received.append(message.text)  # type: ignore[attr-defined]
        if len(received) == 150:
            done.set()

    async with connector_for(synapse, bot, operator.room_id, tmp_path, timeline_limit=10) as connector:
        connector.subscribe(handler)
        await connector.wait_ready()
        said = [f"m{number}" for number in range(150)]
        await asyncio.to_thread(lambda: [operator.say(text) for text in said])
        await asyncio.wait_for(done.wait(), 30)
    assert received == said


async def test_the_first_start_ignores_what_was_said_before(synapse: Synapse, tmp_path: Path) -> None:
    """The backlog of a room is not replayed on the first start, and is when asked for."""
    operator, bot = new_pair(synapse)
    for number in range(5):
        operator.say(f"old {number}")
    inbox, all_of_it = Inbox(), Inbox()
    async with connector_for(synapse, bot, operator.room_id, tmp_path / "a") as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        operator.say("new")
        await inbox.wait_for(1)
    assert inbox.texts == ["new"]
    async with connector_for(
        synapse, bot, operator.room_id, tmp_path / "b", deliver_backlog=True
    ) as connector:
        connector.subscribe(all_of_it)
        await all_of_it.wait_for(6)
    assert all_of_it.texts == [*(f"old {number}" for number in range(5)), "new"]


async def test_a_second_first_start_does_not_replay(synapse: Synapse) -> None:
    """Synapse caches initial syncs for two minutes; a fast restart without state gets no old place from it."""
    operator, bot = new_pair(synapse)
    for round_number in range(3):
        inbox = Inbox()
        async with connector_for(synapse, bot, operator.room_id, None) as connector:
            connector.subscribe(inbox)
            await connector.wait_ready()
            operator.say(f"round {round_number}")
            await inbox.wait_for(1)
        assert inbox.texts == [f"round {round_number}"]


async def test_after_a_kill_the_very_next_message_comes(synapse: Synapse, tmp_path: Path) -> None:
    """Killed again and again in the middle of a catch-up: each message reaches the handler's file once."""
    operator, bot = new_pair(synapse)
    async with connector_for(synapse, bot, operator.room_id, tmp_path / "state") as connector:
        connector.subscribe(Inbox())
        await connector.wait_ready()
    said = [f"k{number}" for number in range(250)]
    for text in said:
        operator.say(text)
    output = tmp_path / "received"
    output.touch()
    kills = 0
    for share in (40, 110, 190, 250):
        process = await _start_receiver(synapse, bot.user_id, bot.access_token, operator.room_id, tmp_path)
        while len(set(output.read_text().splitlines())) < share:
            assert process.returncode is None, "the receiver ended by itself"
            await asyncio.sleep(0.002)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        kills += 1
    received = output.read_text().splitlines()
    assert kills == 4
    # Between the handler's return and our note of it a kill can strike: at most that one message comes again.
    assert list(dict.fromkeys(received)) == said
    assert len(received) - len(said) <= kills


@pytest.mark.fault(
    "a real Synapse is restored from a backup", "nothing old comes again, nothing new is skipped"
)
async def test_a_restored_server_is_noticed_while_running(own_synapse: Synapse, tmp_path: Path) -> None:
    """The server is put back to an older database under a running connector: nothing old comes again, new does."""
    operator, bot = new_pair(own_synapse)
    inbox = Inbox()
    async with connector_for(own_synapse, bot, operator.room_id, tmp_path / "state") as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        for number in range(3):
            operator.say(f"kept {number}")
        await inbox.wait_for(3)
        own_synapse.stop()
        backup = tmp_path / "backup.db"
        shutil.copy(own_synapse.database, backup)
        own_synapse.start()
        for number in range(30):
            operator.say(f"lost {number}")
        await inbox.wait_for(33)
        _restore(own_synapse, backup)
        operator.say("after the restore")
        await inbox.wait_for(34)
    assert inbox.texts[33:] == ["after the restore"]


async def test_a_restored_server_is_noticed_after_a_restart(own_synapse: Synapse, tmp_path: Path) -> None:
    """Restored and already past our old place while we were down: what was said since is not skipped."""
    operator, bot = new_pair(own_synapse)
    inbox = Inbox()
    async with connector_for(own_synapse, bot, operator.room_id, tmp_path / "state") as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        operator.say("kept")
        await inbox.wait_for(1)
        own_synapse.stop()
        backup = tmp_path / "backup.db"
        shutil.copy(own_synapse.database, backup)
        own_synapse.start()
        for number in range(20):
            operator.say(f"lost {number}")
        await inbox.wait_for(21)
    _restore(own_synapse, backup)
    said = [f"after {number}" for number in range(60)]
    for text in said:
        operator.say(text)
    later = Inbox()
    async with connector_for(own_synapse, bot, operator.room_id, tmp_path / "state") as connector:
        connector.subscribe(later)
        await later.wait_for(60)
        operator.say("and on")
        await later.wait_for(61)
    assert later.texts == [*said, "and on"]


def _restore(server: Synapse, backup: Path) -> None:
    server.stop()
    for name in ("homeserver.db-wal", "homeserver.db-shm"):
        (server.directory / name).unlink(missing_ok=True)
    shutil.copy(backup, server.database)
    server.start()


async def _start_receiver(
    server: Synapse, user_id: str, token: str, room_id: str, directory: Path
) -> asyncio.subprocess.Process:
    environment = {
        **os.environ,
        "MATRIX_ACCESS_TOKEN": token,
        "MOSAIC_STATE_DIR": str(directory / "state"),
    }
    return await asyncio.create_subprocess_exec(
        sys.executable,
        str(RECEIVER),
        server.url,
        user_id,
        room_id,
        str(directory / "received"),
        env=environment,
    )
