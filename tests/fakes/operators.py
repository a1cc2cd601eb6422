# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A handler that knows one operator, and says where to talk; to be mixed into the inbox of a channel's test."""

from __future__ import annotations

from typing import Any

from mosaic_connectors.types import InboundMessage, StrayMessage


class KnowsOperator:
    """What a handler hears of who talks elsewhere."""

    def __init__(self, operator: str, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.operator = operator
        self.strays: list[StrayMessage] = []
        self.edits: list[InboundMessage] = []

    def is_operator(self, sender: str) -> bool:
        """Whether it is the one."""
        return sender == self.operator

    async def stray(self, stray: StrayMessage) -> str | None:
        """Remember it; what is to be answered there."""
        self.strays.append(stray)
        return f"talk in {stray.home}" if stray.can_answer else ""

    async def edited(self, message: InboundMessage) -> None:
        """Remember it."""
        self.edits.append(message)
