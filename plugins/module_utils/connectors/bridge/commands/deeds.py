# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands do: each returns the words of its answer. None needs the orchestrator's program to take part."""

from __future__ import annotations

import time
from collections.abc import Callable

from ...errors import TmuxError
from ...store.writer import write
from ...terminal import one_line
from ...tmux.halt import Halt
from ...tmux.hidden import asks_for_secret
from ...tmux.pane import Pane
from ...tmux.respawn import respawn
from ..inbox import Inbox, InboxEntry
from ..outbox import Outbox
from ..session import look_at_session
from .desk import Deed
from .picture import shown
from .words import KNOWN, LITERAL

LISTED = 20
"""Messages that `!queue` names; of more, only their number is told."""


class Deeds:
    """The deeds, over the parts of one bridge."""

    def __init__(
        self,
        inbox: Inbox,
        outbox: Outbox,
        pane: Pane,
        *,
        line: Callable[[], str],
        wake: Callable[[], None],
        lost: Callable[[InboxEntry], None],
        stopped: Callable[[], None],
    ) -> None:
        """`line` says in one line how channel and queues are; `wake` has the next message looked at.

        `lost` is told of a message that will not be delivered, `stopped` that the program was interrupted, by the thread
        that writes.
        """
        self._inbox = inbox
        self._outbox = outbox
        self._pane = pane
        self._line = line
        self._wake = wake
        self._lost = lost
        self._stopped = stopped

    def table(self) -> dict[str, Deed]:
        """The deeds by the names of their commands."""
        return {
            "help": self.help,
            "status": self.status,
            "screen": self.screen,
            "queue": self.queue,
            "drop": self.drop,
            "stop": self.stop,
            "restart": self.restart,
        }

    async def help(self, _rest: str) -> str:
        """What there is."""
        lines = [f"- `{known.usage}`: {known.what}" for known in KNOWN.values()]
        return "\n".join([*lines, "", f"Each is a message of its own. {LITERAL}"])

    async def status(self, _rest: str) -> str:
        """How channel, session and queues are."""
        session = await look_at_session(self._pane)
        seen = ". ".join(part.rstrip(".") for part in (session.detail, session.seen) if part)
        return f"{self._line()}\nsession {session.name}: {session.state}{f'. {seen}' if seen else ''}."

    async def screen(self, _rest: str) -> str:
        """The last lines of the screen, or why they are not shown."""
        view = await self._pane.view()
        if asks_for_secret(view):
            return "The screen is not shown: it asks for a password, a key or a code. Attach to the session to answer it."
        end = "\nThe program has ended." if view.state.dead else ""
        return f"{shown(view)}{end}"

    async def queue(self, _rest: str) -> str:
        """What waits, oldest first."""
        waiting, number = self._inbox.listing(LISTED), self._inbox.waiting()
        now = time.time()
        lines = [
            f"- #{one.id} from {one_line(one.message.sender, 60)}, {_age(now - one.created)}: {_words(one)}"
            for one in waiting
        ]
        more = [f"- and {number - len(waiting)} more"] if number > len(waiting) else []
        head = f"{number} message(s) wait for the orchestrator{':' if lines else '.'}"
        counts = self._outbox.counts()
        out = f"{counts.get('waiting', 0)} wait for the channel, {counts.get('dead', 0)} dead letter(s)."
        return "\n".join([head, *lines, *more, *([""] if lines else []), out])

    async def drop(self, rest: str) -> str:
        """Take a message back that the orchestrator's program does not have yet."""
        number = int(rest.lstrip("#"))
        async with self._pane.quiet():
            # Only now: what is being typed has come to its end.
            entry = self._inbox.get_waiting(number)
            if entry is None:
                return f"No message #{number} waits. See !queue."
            if await self._is_typed(entry):
                return (
                    f"Message #{number} cannot be taken back any more: it stands in the orchestrator's input line, or the "
                    "program has it. Attach to the session to clear the line."
                )
            dropped = await write(self._inbox.finish, entry, "dropped")
        if dropped:
            self._lost(entry)
        self._wake()
        return (
            f"Message #{number} was taken back: {_words(entry)}"
            if dropped
            else f"No message #{number} waits."
        )

    async def stop(self, _rest: str) -> str:
        """Interrupt what the program does."""
        halted = await Halt(self._pane).run()
        if halted.stopped:
            await write(self._stopped)
        return halted.sentence

    async def restart(self, _rest: str) -> str:
        """Start the program anew."""
        answer = await respawn(self._pane)
        self._wake()
        return answer

    async def _is_typed(self, entry: InboxEntry) -> bool:
        """Whether the pane says that the text went into the program that runs now; without a pane it is in none."""
        try:
            view = await self._pane.view()
        except TmuxError:
            return False
        return not view.state.dead and view.state.has_typed(entry.token)


def _words(entry: InboxEntry) -> str:
    return one_line(entry.message.text, 60).replace("`", "'")


def _age(seconds: float) -> str:
    minutes = max(int(seconds // 60), 0)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
