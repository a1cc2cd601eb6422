# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What operators try outside of our room: an invitation is declined with a word, a message to us elsewhere is told.

No other room is joined, and nothing is said in one. What strangers do there costs a look at their name. This is a look
now and then beside the line that receives, and nothing of it keeps that line waiting.

Source: Matrix client-server API v1.11, "Syncing", "Leaving rooms" (`reason`), "User and room mentions".
"""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from ..border import LONG_ANSWER_BYTES, Foreign, in_path
from ..errors import ConnectorError, Meaning, RemoteError
from ..handover import Handover
from ..retries import Backoff, quiet_asked
from ..types import StrayMessage
from .events import Event, timestamp_of
from .http import CLIENT, MatrixHttp
from .rooms import look_up_alias, read_state_event

_log = logging.getLogger(__name__)

_MOST = 50
"""Rooms and invitations that one look goes through."""

_EVENTS = 10
"""Messages of a room that one look goes through, the newest ones."""

_LONGEST_PAUSE = 3600.0


class Elsewhere:
    """Looks at invitations, and at rooms that are not ours though we are in them."""

    def __init__(
        self,
        http: MatrixHttp,
        handover: Handover,
        *,
        home: str,
        user_id: str,
        room: Callable[[], str | None],
        interval: float,
    ) -> None:
        """`home` is our room as it is configured, `room` its id while all is well there; `interval` is in seconds."""
        self._http = http
        self._handover = handover
        self._home = home
        self._user_id = user_id
        self._room = room
        self._interval = interval
        self._since: str | None = None
        self._pending: dict[str, Foreign] = {}
        self._owed: dict[str, str] = {}
        self._unheard: list[tuple[str, Foreign]] = []

    async def run(self) -> None:
        """Look until cancelled."""
        backoff = Backoff(self._interval, max(_LONGEST_PAUSE, self._interval))
        wait = self._interval
        while True:
            await asyncio.sleep(wait)
            wait = self._interval
            try:
                await self.look()
                backoff.reset()
            except ConnectorError as error:
                wait = max(backoff.next(), min(quiet_asked(error) or 0.0, _LONGEST_PAUSE))
                _log.info("other rooms are looked at again in %.0f s: %s", wait, error)
            except Exception:
                wait = backoff.next()
                _log.exception("looking at other rooms failed unexpectedly")

    async def look(self) -> None:
        """One look; raises what a request raises, and goes on where it was the next time."""
        room = self._room()
        if room is None or not self._handover.hears_of_strays:
            # Whoever has no room of his own yet may be on the way into it by one of these invitations.
            return
        answer = await self._http.request(
            "GET",
            f"{CLIENT}/sync",
            params={
                "timeout": 0,
                "filter": _filter(room, fresh=self._since is None),
                **({"since": self._since} if self._since else {}),
            },
            limit=LONG_ANSWER_BYTES,
        )
        self._since = answer.token("next_batch")
        rooms = answer.object("rooms")
        invited, gone, joined = rooms.object("invite"), rooms.object("leave"), rooms.object("join")
        others = [name for name in joined.keys()[:_MOST] if name not in (room, self._home)]
        # Kept until it was looked at: the stream is past it from now on.
        self._unheard = [*self._unheard, *((name, joined.object(name)) for name in others)][-_MOST:]
        for name in (*gone.keys(), *joined.keys()):
            self._pending.pop(name, None)
        for name in invited.keys():  # noqa: SIM118 (foreign, and no mapping)
            invitation = invited.object(name)
            # Strangers may invite as often as they like: they take nobody's place here.
            if len(self._pending) < _MOST and self._handover.wants_to_hear_of(self._inviter(invitation)):
                self._pending[name] = invitation
        for name in list(self._pending):
            with _left_where_refused(name):
                await self._answer(name, self._pending[name], room)
            del self._pending[name]
            self._owed.pop(name, None)
        while self._unheard:
            name, said = self._unheard.pop(0)
            try:
                with _left_where_refused(name):
                    await self._listen(name, said)
            except ConnectorError:
                self._unheard.append((name, said))  # behind the others: it may fail for ever
                raise

    async def _answer(self, name: str, invitation: Foreign, room: str) -> None:
        """Decline an operator's invitation into a room that is not ours."""
        state, sender = _state_of(invitation), self._inviter(invitation)
        if sender is None:
            return
        if await self._is_ours(name, state, room):
            return
        reason = self._owed.get(name)
        if reason is None:
            # What a homeserver shows of an invitation has no time.
            stray = StrayMessage(sender, name, self._home, time.time(), can_answer=True, invitation=True)
            reason = await self._handover.hear_of(stray)
        if reason is None:
            return
        # Should this fail, the sentence is still to be said.
        self._owed[name] = reason
        body = {"reason": reason} if reason else {}
        await self._http.request("POST", f"{CLIENT}/rooms/{in_path(name)}/leave", json=body)
        del self._owed[name]
        _log.info("declined the invitation of %s into %s", sender, name)

    def _inviter(self, invitation: Foreign) -> str | None:
        for event in _state_of(invitation):
            if event.identifier("type") == "m.room.member" and event.text("state_key") == self._user_id:
                return event.identifier("sender")
        return None

    async def _is_ours(self, name: str, state: tuple[Foreign, ...], room: str) -> bool:
        """Whether it is our room, the one that its alias names by now, or one that replaces it."""
        if name in (room, self._home):
            return True
        create = next((one for one in state if one.identifier("type") == "m.room.create"), Foreign())
        if create.object("content").object("predecessor").identifier("room_id") == room:
            return True
        tombstone = await read_state_event(self._http, room, "m.room.tombstone")
        if tombstone.identifier("replacement_room") is not None:
            return True  # which one it will be is not settled yet
        if not self._home.startswith("#"):
            return False
        named = await look_up_alias(self._http, self._home)
        return named is not None and named.room_id == name

    async def _listen(self, name: str, joined: Foreign) -> None:
        """Tell of whoever talks to us in another room: by our name, or since nobody else is there."""
        events = joined.object("timeline").objects("events")
        written = {_writer(event): event for event in events}
        # What names us counts before what was said after it.
        written |= {_writer(event): event for event in events if self._names_us(event)}
        alone: bool | None = None
        for sender, event in written.items():
            if sender is None or sender == self._user_id or not self._handover.wants_to_hear_of(sender):
                continue
            if not self._names_us(event):
                alone = await self._is_private(name) if alone is None else alone
                if not alone:
                    continue
            stray = StrayMessage(sender, name, self._home, timestamp_of(event) / 1000)
            await self._handover.hear_of(stray)

    def _names_us(self, event: Event) -> bool:
        content = event.object("content")
        named = content.object("m.mentions").identifiers("user_ids")
        return self._user_id in named or self._user_id in (content.text("body") or "")

    async def _is_private(self, name: str) -> bool:
        """Whether nobody but one other is in a room."""
        path = f"{CLIENT}/rooms/{in_path(name)}/joined_members"
        answer = await self._http.request("GET", path, limit=LONG_ANSWER_BYTES)
        return len(answer.object("joined").keys()) <= 2


@contextmanager
def _left_where_refused(name: str) -> Iterator[None]:
    """Leave a room as it is where the server refuses for good: tried for ever, it would keep all the others waiting."""
    try:
        yield
    except RemoteError as error:
        if error.meaning is not Meaning.REFUSAL:
            raise
        _log.info("what is said in %s is left alone: %s", name, error)


def _writer(event: Event) -> str | None:
    return None if "state_key" in event else event.identifier("sender")


def _state_of(invitation: Foreign) -> tuple[Foreign, ...]:
    return invitation.object("invite_state").objects("events")


def _filter(room: str, *, fresh: bool) -> str:
    nothing: dict[str, Any] = {"types": []}
    timeline: dict[str, Any] = {
        "limit": _EVENTS,
        "types": ["m.room.message", "m.room.encrypted", "m.sticker"],
    }
    if fresh:
        timeline["not_types"] = [f"mosaic.nonce.{uuid4().hex}"]  # see `stream`: Synapse caches by the filter
    elsewhere = {"not_rooms": [room], "timeline": timeline, "state": nothing, "ephemeral": nothing}
    return json.dumps(
        {"room": {**elsewhere, "account_data": nothing}, "presence": nothing, "account_data": nothing}
    )
