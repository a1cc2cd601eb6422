# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions on Discord: the choices are buttons below the message, and a press comes over the gateway.

Source: Discord API v10, "Receiving and Responding to Interactions", "Component Reference".
"""

from __future__ import annotations

import logging
from typing import Any

from ..border import Foreign
from ..buttons import pressed
from ..errors import ConnectorError
from ..times import iso_time
from ..types import InboundMessage, PartialMessage
from .rest import DiscordRest
from .snowflake import time_of

_log = logging.getLogger(__name__)

_ROW, _BUTTON, _PLAIN = 1, 2, 2
_BUTTONS_IN_A_ROW = 5
_OF_A_COMPONENT = 3
_NOTHING_TO_SHOW = 6
"""The answer to a press after which nothing is shown but the message as it is."""


def rows(buttons: tuple[tuple[str, str], ...]) -> list[dict[str, Any]]:
    """The components of a message with these buttons."""
    made = [{"type": _BUTTON, "style": _PLAIN, "label": label, "custom_id": mark} for label, mark in buttons]
    starts = range(0, len(made), _BUTTONS_IN_A_ROW)
    return [{"type": _ROW, "components": made[start : start + _BUTTONS_IN_A_ROW]} for start in starts]


def is_press(event: Foreign) -> bool:
    """Whether what waits for its turn is a pressed button, and no message."""
    return event.number("type") == _OF_A_COMPONENT and "application_id" in event and "data" in event


def read_press(rest: DiscordRest, event: Foreign, channel_id: str) -> InboundMessage | None:
    """The answer that a press gives; None for a button that is none of ours.

    Discord tells who presses that it failed unless it is acknowledged within 3 seconds: that is done for whoever is
    admitted, and an acknowledgement that comes too late costs the show alone.
    """
    number, place = event.snowflake("id"), event.identifier("channel_id")
    user = event.object("member").object("user") or event.object("user")
    sender = user.identifier("id")
    if number is None or sender is None:
        return None
    answer = pressed(
        event.object("data").identifier("custom_id"),
        sender=sender,
        ts=iso_time(time_of(number)),
        thread_id=place if place != channel_id else None,
        message_id=str(number),
    )
    if answer is None:
        return None

    async def whole() -> InboundMessage:
        try:
            await rest.request(
                "POST",
                "/interactions/{interaction}/{token}/callback",
                json={"type": _NOTHING_TO_SHOW},
                interaction=str(number),
                token=event.token("token") or "",
            )
        except ConnectorError as error:
            _log.info("a press of a button could not be acknowledged: %s", error)
        return answer

    return PartialMessage(
        answer.text, answer.sender, answer.ts, answer.thread_id, answer.message_id, rest=whole
    )
