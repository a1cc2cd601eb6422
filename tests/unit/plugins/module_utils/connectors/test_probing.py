# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the errors of a look say about the line: a monitor wakes somebody for one, and not for the other."""

from __future__ import annotations

import asyncio

import pytest
from mosaic_connectors.discord.errors import DiscordApiError, DiscordLimitError, NotDiscordError
from mosaic_connectors.errors import AnswerError, ConnectorError, SecretError, TlsError, UnreachableError
from mosaic_connectors.probing import health_within
from mosaic_connectors.slack.errors import NotSlackError, SlackApiError, SlackTokenError
from mosaic_connectors.telegram.errors import NotTelegramError, TelegramApiError, TelegramTokenError
from mosaic_connectors.types import ConnectorHealth

DOWN, TOKEN_DEAD, UP = (False, False), (True, False), (True, True)


@pytest.mark.parametrize(
    ("error", "refusal", "expected"),
    [
        (DiscordLimitError("told", status=429), DiscordApiError, UP),
        (DiscordApiError("told", status=403), DiscordApiError, UP),
        (DiscordApiError("told", status=502), DiscordApiError, DOWN),
        (SlackApiError("told", status=200, code="missing_scope"), SlackApiError, UP),
        (SlackApiError("told", status=200, code="internal_error"), SlackApiError, DOWN),
        (SlackTokenError("told", status=200, code="invalid_auth"), SlackApiError, TOKEN_DEAD),
        (TelegramTokenError("told", status=404), TelegramApiError, TOKEN_DEAD),
        (NotDiscordError("told", status=403), DiscordApiError, DOWN),
        (NotSlackError("told", status=403), SlackApiError, DOWN),
        (NotTelegramError("told", status=403), TelegramApiError, DOWN),
        (UnreachableError("told"), SlackApiError, DOWN),
        (TlsError("told"), SlackApiError, DOWN),
        (SecretError("told"), SlackApiError, DOWN),
    ],
)
async def test_a_proxy_that_refuses_is_down_and_a_far_side_that_does_is_up(
    error: ConnectorError, refusal: type[AnswerError], expected: tuple[bool, bool]
) -> None:
    """Only the far side's own dead token counts against the token."""

    async def look() -> ConnectorHealth:
        raise error

    health = await health_within(10, look(), "It", refusal)
    assert (health.reachable, health.authenticated, health.detail) == (*expected, "told")


async def test_a_far_side_that_is_silent_is_down() -> None:
    """A look has its time, and the sentence names who did not answer."""

    async def look() -> ConnectorHealth:
        await asyncio.Event().wait()
        raise AssertionError

    health = await health_within(0.01, look(), "Slack", SlackApiError)
    assert health == ConnectorHealth(False, False, detail="Slack did not answer within 0.01 seconds.")
