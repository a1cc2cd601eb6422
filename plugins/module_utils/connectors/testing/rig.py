# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The far side of a connector, as the rules play it."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..base import OrchestratorConnector


class Rig(ABC):
    """A channel with an operator at its other end; made anew for every rule."""

    has_threads = False
    """Whether `thread_id` goes both ways."""

    keeps_missed = True
    """Whether what the operator said while no connector ran is delivered to the next one."""

    can_be_cut = True
    """Whether `cut` and `mend` work."""

    @abstractmethod
    async def connector(self) -> OrchestratorConnector:
        """A new connector on this channel; each has the state the one before left behind."""

    @abstractmethod
    async def operator_says(self, text: str, thread_id: str | None = None) -> str | None:
        """Say something as the operator; returns the message's id where the channel gives one."""

    @abstractmethod
    async def operator_sees(self) -> list[str]:
        """The texts that connectors sent, in the order the operator sees them."""

    async def thread_of(self, text: str) -> str | None:
        """The thread in which the operator sees `text`."""
        raise NotImplementedError(f"a rig with has_threads has to say in which thread {text!r} is")

    async def cut(self) -> None:
        """Make the far side unreachable."""
        raise NotImplementedError("a rig with can_be_cut has to cut its line")

    async def mend(self) -> None:
        """Make the far side reachable again."""
        raise NotImplementedError("a rig with can_be_cut has to mend its line")

    async def aclose(self) -> None:
        """Clean up; called after every rule."""
        return
