# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Telegram line step by step: server, login, chat, operators; nothing is sent, and nothing fetched.

Source: Bot API 8.0, "getChatMember".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from ..diagnosis import NOBODY, from_health
from ..errors import ConnectorError
from ..types import Check, ConnectorHealth
from .chat import Chat
from .errors import TelegramApiError
from .kind import KIND

_ASKED = 20
"""Operators who are looked for in the chat; of more only the list is told."""


async def diagnose(
    health: Callable[[], Awaitable[ConnectorHealth]], chat: Chat, operators: Sequence[str]
) -> AsyncIterator[Check]:
    """The four steps; what health tells is told step by step, then the operators are looked for."""
    state = await health()
    for check in from_health(state):
        yield check
    if not (state.reachable and state.authenticated):
        yield Check("operators", "skipped", "Telegram cannot be asked.")
    else:
        yield await _operators(chat, operators)


async def _operators(chat: Chat, operators: Sequence[str]) -> Check:
    if not operators:
        return NOBODY
    # The list may hold the ids of other kinds as well, so that a switch needs no other list.
    shape = KIND.operators.shape if KIND.operators else None
    own = [one for one in operators if shape is not None and shape.fits(one)]
    if not own:
        told = f"None of the operators is the number of a Telegram user: {', '.join(operators)}."
        return Check(
            "operators", "failed", told, "Names can change hands: list the number, as docs/telegram.md says."
        )
    try:
        absent = [one for one in own[:_ASKED] if not await _is_member(chat, one)]
    except ConnectorError as error:
        return Check("operators", "skipped", f"The chat's members cannot be seen: {error}")
    if absent:
        told = f"Not in the chat: {', '.join(absent)}."
        return Check("operators", "failed", told, "Add them to the group, or correct the list of operators.")
    return Check("operators", "ok", f"In the chat and listened to: {', '.join(own)}.")


async def _is_member(chat: Chat, user: str) -> bool:
    if chat.id > 0:
        return str(chat.id) == user  # a private chat has the number of its one user
    try:
        member = await chat.call("getChatMember", user_id=int(user))
    except TelegramApiError as error:
        if error.status != 400 or "chat not found" in error.said.lower():
            raise
        return False
    status = member.text("status")
    # Somebody who is restricted may be in the group, or not ("ChatMemberRestricted").
    return status not in ("left", "kicked") and (status != "restricted" or member.is_true("is_member"))
