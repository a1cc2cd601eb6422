# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions on Slack: the choices are buttons in a block below the text, and a press comes by the socket.

Slack tells who presses that it failed unless its envelope is acknowledged within 3 seconds, which is done as for every
other one: once the answer is taken. Source: Slack, "Block Kit" (section, actions, button), "block_actions payload".
"""

from __future__ import annotations

from typing import Any

from ..border import Foreign
from ..buttons import pressed
from ..split import split_text
from ..times import iso_time
from ..types import InboundAnswer
from .messages import thread_of
from .stamps import number_of, time_of

SECTION_CHARACTERS = 3000


def blocks(text: str, buttons: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    """A text in mrkdwn with buttons below it."""
    sections = [
        {"type": "section", "text": {"type": "mrkdwn", "text": piece}}
        for piece in split_text(text, lambda piece: len(piece) <= SECTION_CHARACTERS)
    ]
    made = [
        {
            "type": "button",
            "action_id": mark,
            "value": mark,
            "text": {"type": "plain_text", "text": label, "emoji": False},
        }
        for label, mark in buttons
    ]
    return [*sections, {"type": "actions", "elements": made}]


def number_of_press(payload: Foreign, channel_id: str) -> int | None:
    """When a button below a message of our channel was pressed, which tells it from all others; None for anything else."""
    if payload.identifier("type") != "block_actions":
        return None
    place = payload.object("channel").identifier("id") or payload.object("container").identifier("channel_id")
    return number_of(_action(payload).identifier("action_ts")) if place == channel_id else None


def is_press(message: Foreign) -> bool:
    """Whether what waits for its turn is a pressed button, and no message."""
    return message.identifier("type") == "block_actions"


def read_press(payload: Foreign) -> InboundAnswer | None:
    """The answer that a press gives; None for a button that is none of ours."""
    action, sender = _action(payload), payload.object("user").identifier("id")
    stamp = action.identifier("action_ts")
    number = number_of(stamp)
    if sender is None or number is None:
        return None
    return pressed(
        action.identifier("value"),
        sender=sender,
        ts=iso_time(time_of(number)),
        thread_id=thread_of(payload.object("message")),
        message_id=f"press-{stamp}",
    )


def _action(payload: Foreign) -> Foreign:
    return next(iter(payload.objects("actions")), Foreign())
