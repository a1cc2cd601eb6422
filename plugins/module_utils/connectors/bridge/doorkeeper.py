# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may speak to the orchestrator."""

from __future__ import annotations

import logging

from .counters import Counters

logger = logging.getLogger(__name__)

REMEMBERED_SENDERS = 1_000
"""Strangers logged by name; a room full of more is counted all the same."""


class Doorkeeper:
    """Lets the listed operators through and counts everybody else."""

    def __init__(self, operators: tuple[str, ...], *, channel_vouches: bool, counters: Counters) -> None:
        self._operators = frozenset(operators)
        self._vouched = channel_vouches
        self._counters = counters
        self._logged: set[str] = set()

    def replace(self, operators: tuple[str, ...]) -> None:
        """Take another list, as a reload brings it."""
        self._operators = frozenset(operators)
        self._logged.clear()
        self.say_who()

    def say_who(self) -> None:
        """Say at start who is listened to."""
        if self._vouched:
            logger.info("operators: whoever can reach the channel, which takes this host's own rights")
        elif self._operators:
            logger.info("operators: %s", ", ".join(sorted(self._operators)))
        else:
            logger.warning(
                "operators: nobody. The list `operators` in the settings is empty, so every message is dropped"
            )

    def lists(self, sender: str) -> bool:
        """Whether this is an operator; nothing is counted."""
        return self._vouched or sender in self._operators

    def admits(self, sender: str) -> bool:
        """Whether this sender's messages reach the orchestrator."""
        if self.lists(sender):
            return True
        self._counters.add("dropped")
        if sender not in self._logged and len(self._logged) < REMEMBERED_SENDERS:
            self._logged.add(sender)
            logger.warning("dropped: %r is not in the list of operators; said once, counted always", sender)
        return False
