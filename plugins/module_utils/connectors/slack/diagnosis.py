# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Slack line step by step: server, login, channel, operators; nothing is sent.

Source: Slack Web API, "conversations.members".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace

from ..diagnosis import NOBODY, from_health
from ..errors import ConnectorError
from ..types import Check, ConnectorHealth
from .api import SlackApi
from .kind import OPERATORS

_UNTOLD = (
    "Whether its Interactivity is on, which the buttons of questions need, Slack tells nobody: turn it on in the app's settings "
    "(Interactivity & Shortcuts)."
)

_PAGES = 5
"""Pages of a thousand members that are looked through."""


async def diagnose(
    health: Callable[[], Awaitable[ConnectorHealth]], api: SlackApi, channel_id: str, operators: Sequence[str]
) -> AsyncIterator[Check]:
    """The four steps; what health tells is told step by step, then the operators are looked for."""
    state = await health()
    for check in from_health(state):
        yield (
            replace(check, detail=f"{check.detail} {_UNTOLD}")
            if check.name == "room" and check.state == "ok"
            else check
        )
    if not (state.reachable and state.authenticated):
        yield Check("operators", "skipped", "Slack cannot be asked.")
    else:
        yield await _operators(api, channel_id, operators)


async def _operators(api: SlackApi, channel_id: str, operators: Sequence[str]) -> Check:
    if not operators:
        return NOBODY
    # The list may hold the ids of other kinds as well, so that a switch needs no other list.
    own = [one for one in operators if OPERATORS.shape.fits(one)]
    if not own:
        fix = "Copy member ID is in the menu of each profile; a name can change hands."
        return Check(
            "operators", "failed", f"None of the operators is a Slack member id: {', '.join(operators)}.", fix
        )
    try:
        absent = await _absent(api, channel_id, own)
    except ConnectorError as error:
        return Check("operators", "skipped", f"The channel's members cannot be seen: {error}")
    if absent:
        told = f"Not in the channel: {', '.join(absent)}."
        return Check(
            "operators", "failed", told, "Invite them into the channel, or correct the list of operators."
        )
    return Check("operators", "ok", f"In the channel and listened to: {', '.join(own)}.")


async def _absent(api: SlackApi, channel_id: str, wanted: list[str]) -> list[str]:
    """Those who are not among the channel's members; none of whom it cannot be said in as many pages."""
    absent, cursor = set(wanted), None
    for _page in range(_PAGES):
        answer = await api.read("conversations.members", channel=channel_id, limit=1000, cursor=cursor)
        absent -= set(answer.identifiers("members"))
        cursor = answer.object("response_metadata").token("next_cursor")
        if not absent or cursor is None:
            return [one for one in wanted if one in absent]
    return []
