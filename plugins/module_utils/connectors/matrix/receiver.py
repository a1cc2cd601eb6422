# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The loop that receives: poll, fill the gap, hand over, and only then move on.

Nothing the server answers makes it spin, end, or skip: an error waits and tries the same place
again, a revoked token ends it with that error, and the position moves only past what was handled.
"""

from __future__ import annotations

import asyncio
import logging
import time

from ..border import token
from ..errors import ConnectorError
from ..receiving import PersistentReceiver, together
from ..retries import Backoff
from .answers import is_fatal
from .delivery import Delivery
from .elsewhere import Elsewhere
from .entry import began_at, enter_room, follow_upgrade
from .errors import MatrixApiError, NotInRoomError
from .history import History
from .http import MatrixHttp
from .place import MatrixPlace
from .recovery import is_lost
from .settings import MatrixSettings
from .stream import Batch, poll, went_back

_log = logging.getLogger(__name__)

_IDLE_CAP = 2.0


class Receiver(PersistentReceiver):
    """Receives one room's messages, from where its place stands."""

    def __init__(
        self,
        http: MatrixHttp,
        *,
        room: str,
        user_id: str,
        place: MatrixPlace,
        delivery: Delivery,
        settings: MatrixSettings,
    ) -> None:
        super().__init__(settings)
        self._http = http
        self._configured_room = room
        self._user_id = user_id
        self._place = place
        self._delivery = delivery
        self._settings = settings
        self._idle = Backoff(0.05, _IDLE_CAP)
        self._shut_out = self._moving = False
        self.joined_now = False
        """Whether it was in this run that we came into our room."""
        self.room_id: str | None = None
        """The room we are in, once we are."""
        self._history = History(http, settings, place, delivery)
        self._polled = 0.0
        self._elsewhere = Elsewhere(
            http,
            delivery.handover,
            home=room,
            user_id=user_id,
            room=self._settled_in,
            interval=settings.elsewhere_interval,
        )

    async def run(self) -> None:
        """Receive until stopped or cancelled; raises only what ends the line for good."""
        if self._delivery.handover.hears_of_strays:
            await together(self._keep_on(), self._elsewhere.run())
        else:
            await self._keep_on()

    def _settled_in(self) -> str | None:
        """Our room, unless we are about to leave it for another."""
        return None if self._shut_out or self._moving or not self.ready.is_set() else self.room_id

    def _is_over(self) -> bool:
        return self._delivery.handover.stopping

    def _is_fatal(self, error: ConnectorError) -> bool:
        return is_fatal(error)

    def notes(self) -> list[str]:
        """What a human ought to know: sentences, none when all is well."""
        unread = self._delivery.unreadable
        passed_over = (
            f"{unread} message{'s' if unread > 1 else ''} could not be read: the journal says which."
        )
        told = (
            self.trouble,
            self._history.gap,
            *self._delivery.handover.notes(),
            passed_over if unread else None,
        )
        return [note for note in told if note]

    @property
    def last_contact(self) -> float:
        """When the server last answered, in seconds since the epoch; 0 before the first time."""
        return max(self._polled, self._history.last_contact)

    def _pause_after(self, error: ConnectorError) -> float:
        wait = super()._pause_after(error)
        return min(wait, self._settings.join_cap) if isinstance(error, NotInRoomError) else wait

    async def _step(self) -> bool:
        """One round; False when it ought to be slow to the next."""
        room_id = self.room_id or await self._enter()
        if self._place.adopting == room_id:
            await self._read_new_room(room_id)
        since = self._place.since
        if since is None:
            await self._begin(room_id)
            return True
        self.ready.set()
        if token(since) is None:
            return await self._find_place(room_id, "our place in the server's stream cannot be asked for")
        started = time.monotonic()
        try:
            batch = await poll(self._http, self._settings, room_id, since, at_once=self._moving)
        except MatrixApiError as error:
            if error.status != 400:
                raise
            return await self._find_place(room_id, f"the server refused our place in its stream: {error}")
        self._polled = time.time()
        if went_back(since, batch.next_batch):
            return await self._find_place(room_id, "the server's stream is shorter than our place in it")
        fresh = await self._take(batch, room_id, since)
        await self._pace(fresh, time.monotonic() - started)
        return True

    async def _pace(self, fresh: int, took: float) -> None:
        """Keep a server that answers at once without news from being asked in a circle.

        Conduit does so once after every event, so the first wait is short.
        """
        if fresh or took >= 1.0:
            self._idle.reset()
        else:
            await asyncio.sleep(self._idle.next())

    async def _enter(self) -> str:
        entry = await enter_room(self._http, self._configured_room, self._user_id)
        room_id, place = entry.room_id, self._place
        if place.room in entry.replaced and place.adopting is None:
            # First what was still said in the old room, then the move.
            room_id, self._moving = place.room, True
        elif place.last_room == room_id and await is_lost(self._http, room_id, place.last_event):
            await self._find_place(room_id, "the server does not know the event we had last")
        # Only now: had the look at our place failed, the next round has to repeat it.
        self.room_id, self._shut_out = room_id, entry.shut_out
        self.joined_now = self.joined_now or entry.joined_now
        return room_id

    async def _begin(self, room_id: str) -> None:
        """The very first start: take the present as our place, or the invitation that made us come."""
        batch = await poll(self._http, self._settings, room_id, None)
        begin = began_at(batch.events, self._user_id) if self.joined_now else len(batch.events)
        self._polled = time.time()
        if self._settings.deliver_backlog:
            await self._history.read_on(room_id, None, None)
            with self._delivery.handover.catching_up():
                await self._delivery.take(batch.events, room_id)
        else:
            # Known but not handed over: they are what a later recovery can hold on to.
            self._delivery.skip(batch.events[:begin], room_id)
            # What was said after the invitation was said to us, though we came a little later.
            await self._delivery.take(batch.events[begin:], room_id)
        await self._place.commit(batch.next_batch, room_id)
        self.ready.set()

    async def _take(self, batch: Batch, room_id: str, since: str) -> int:
        fresh = 0
        if batch.limited and batch.prev_batch is not None:
            fresh += await self._history.fill(batch, room_id, since)
        fresh += await self._delivery.take(batch.events, room_id)
        await self._place.commit(batch.next_batch, room_id)
        if batch.left or batch.invited:
            _log.warning("we are no longer in %s; waiting for an invitation", room_id)
            self.look_for_room()
        elif (
            self._shut_out
            or self._moving
            or any(event.identifier("type") == "m.room.tombstone" for event in batch.events)
        ):
            await self._move(room_id)
        return fresh

    def look_for_room(self) -> None:
        """We are not in our room any more: enter it again before the next poll."""
        self.room_id = None
        self.ready.clear()

    async def _find_place(self, room_id: str, why: str) -> bool:
        """Heal a lost place; always answers False, so that a server that keeps at it is not hammered."""
        _log.warning("finding our place again: %s", why)
        await self._history.take_recovered(room_id, commit=True)
        return False

    async def _move(self, room_id: str) -> None:
        self._moving = False
        try:
            successor = await follow_upgrade(self._http, room_id, self._user_id)
        except NotInRoomError as error:
            # We stay, and ask again after every poll until we are invited.
            self.trouble, self._shut_out = str(error), True
            return
        self._shut_out = False
        if successor is not None:
            await self._place.adopt(successor)
            self.room_id = successor

    async def _read_new_room(self, room_id: str) -> None:
        """Read the room that replaced ours from its beginning: what was said there was said to us."""
        await self._history.read_on(room_id, self._place.filled, None)
        if self._place.since is not None:
            await self._place.commit(self._place.since, room_id)
