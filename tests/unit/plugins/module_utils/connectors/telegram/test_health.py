# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What health and the diagnosis say; neither fetches what is meant for the bridge, and nobody says the token."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from fakes.discord import until
from fakes.discord_line import Inbox
from fakes.telegram import BAD_GATEWAY, TOKEN, FakeTelegram
from fakes.telegram_line import connector_on, listening
from mosaic_connectors import ConnectorConfig, OutboundMessage, create_connector
from mosaic_connectors.base import Diagnosed
from mosaic_connectors.errors import SecretError
from mosaic_connectors.secrets import looks_like_secret, redact_shapes
from mosaic_connectors.telegram.errors import TelegramTokenError
from mosaic_connectors.telegram.kind import KIND
from mosaic_connectors.types import ObstructedHealth

REVOKED = "1234567890:" + "x" * 35


async def looked(fake: FakeTelegram, **world: Any) -> Any:
    """The health of a line in a world that is changed by name."""
    for name, value in world.items():
        setattr(fake.world, name, value)
    async with connector_on(fake) as connector:
        return await connector.health()


async def test_a_line_that_is_fine_names_bot_and_chat_and_what_waits(fake: FakeTelegram) -> None:
    fake.post("unread")
    health = await looked(fake)
    assert type(health).__name__ == "ConnectorHealth"
    assert health.reachable
    assert health.authenticated
    assert "Authenticated as @mosaic_bot (1234567890), may hear and talk in fleet" in health.detail
    assert "1 update waits at Telegram, which keeps them for 24 hours" in health.detail


async def test_marks_that_the_group_does_not_allow_are_named(fake: FakeTelegram) -> None:
    """Where it says nothing of reactions all are allowed."""
    assert "not marked" not in (await looked(fake)).detail
    fake.world.chat["available_reactions"] = [{"type": "emoji", "emoji": sign} for sign in ("👀", "👌")]
    health = await looked(fake)
    assert type(health).__name__ == "ConnectorHealth"
    assert "Its marks 🤔 👎 are not among the group's reactions" in health.detail
    assert "group's settings (Reactions)" in health.detail


@pytest.mark.parametrize(
    ("world", "told"),
    [
        ({"status": "member"}, "its privacy mode is on"),
        ({"status": "kicked"}, "it is not in fleet any more"),
        ({"status": "restricted"}, "it is not in fleet any more"),
        ({"status": "member", "sees_all": True, "muted": True}, "it may not write in fleet"),
        (
            {"channel": True},
            "is expected to be a group, or the private chat of the operator, and is a channel",
        ),
        ({"away": True}, "it is not in the chat -1001234567890, or there is none of that number"),
    ],
    ids=str,
)
async def test_what_keeps_from_talking_is_told_as_an_obstacle(
    fake: FakeTelegram, world: dict[str, Any], told: str
) -> None:
    """Each by its own sentence, which says what mends it."""
    fake.world.chat["permissions"] = {"can_send_messages": not world.pop("muted", False)}
    fake.world.chat["type"] = "channel" if world.pop("channel", False) else "supergroup"
    connector = connector_on(fake)
    if world.pop("away", False):
        fake.world.chat["id"] = -100999
    for name, value in world.items():
        setattr(fake.world, name, value)
    async with connector:
        health = await connector.health()
    assert isinstance(health, ObstructedHealth)
    assert told in str(health.detail)


async def test_a_private_chat_needs_no_rights(fake: FakeTelegram) -> None:
    fake.world.chat = {"id": fake.world.operator, "type": "private", "first_name": "Ann"}
    health = await looked(fake)
    assert not isinstance(health, ObstructedHealth)
    assert "may hear and talk in Ann" in health.detail


async def test_trouble_of_telegrams_own_is_an_outage(fake: FakeTelegram) -> None:
    fake.fail("getMe", 502, BAD_GATEWAY)
    health = await looked(fake)
    assert not health.reachable
    assert "HTTP 502 and not as the Bot API does" in health.detail


async def examined(fake: FakeTelegram, *operators: str) -> list[str]:
    async with connector_on(fake) as connector:
        assert isinstance(connector, Diagnosed)
        return [
            f"{check.name} {check.state}: {check.detail}" async for check in connector.diagnose(operators)
        ]


async def test_a_diagnosis_goes_to_the_operators_and_fetches_nothing(fake: FakeTelegram) -> None:
    """The bridge would lose what a diagnosis fetched, and be thrown out by it."""
    member = str(fake.world.operator)
    assert [line.partition(":")[0] for line in await examined(fake, member)] == [
        "server ok",
        "login ok",
        "room ok",
        "operators ok",
    ]
    assert (await examined(fake, member, "99999"))[-1] == "operators failed: Not in the chat: 99999."
    assert (
        "None of the operators is the number of a Telegram user: @bob" in (await examined(fake, "@bob"))[-1]
    )
    fake.world.member = {"status": "restricted", "is_member": False}
    assert (await examined(fake, member))[-1] == f"operators failed: Not in the chat: {member}."
    assert (await examined(fake))[-1].startswith("operators failed: The list of operators is empty")
    assert not fake.of("getUpdates")


async def test_a_dead_token_ends_the_line_after_it_was_asked_twice(fake: FakeTelegram) -> None:
    """A refusal that passes does not; and no sentence of either has the token in it."""
    inbox = Inbox()
    async with listening(fake, inbox, poll_timeout=0.0) as connector:
        fake.fail("getUpdates", 401, {"ok": False, "error_code": 401, "description": f"no {TOKEN} here"})
        fake.post("still there")
        await inbox.holds("still there")
        fake.world.token = REVOKED
        error = await connector.wait_stopped()
        health = await connector.health()
    assert isinstance(error, TelegramTokenError)
    assert (health.reachable, health.authenticated) == (True, False)
    assert TOKEN not in f"{error} {health.detail}"


async def test_the_token_is_in_no_log_and_no_error(
    fake: FakeTelegram, caplog: pytest.LogCaptureFixture
) -> None:
    """It stands in every address, which the HTTP client's own loggers say, and tracebacks too."""
    caplog.set_level(logging.DEBUG)
    fake.world.files["f"] = b"abc"
    inbox = Inbox()
    async with listening(fake, inbox, send_bound=0.5) as connector:
        await connector.send(OutboundMessage("a"))
        for order in ({"cut": "before"}, {"status": 302, "body": f"/bot{TOKEN}/x"}):
            fake.fail("getUpdates|getMe", times=2, **order)  # type: ignore[arg-type]
            said = str((await connector.health()).detail)
            assert TOKEN not in said
        fake.post("b")
        await inbox.holds("b")
        await fake.stop()
        failed = await connector.send(OutboundMessage("c"))
        await until(lambda: connector._receiver is not None and connector._receiver.trouble)
    assert "POST http" in caplog.text
    assert "/bot***/sendMessage" in caplog.text
    assert TOKEN not in caplog.text + str(failed.error)
    assert TOKEN[11:] not in caplog.text + str(failed.error)


@pytest.mark.parametrize("token", ["two words", "1234567890:abc/../getMe", "no-number:abc", "123:ü"])
def test_what_is_no_token_is_refused_before_it_stands_in_an_address(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELEGRAM_BOT_TOKEN", token)
    config = ConnectorConfig("telegram", others={"telegram": KIND.block(chat_id="-1001234567890")})
    with pytest.raises(SecretError) as found:
        create_connector(config)
    assert token not in str(found.value)


def test_a_token_is_recognised_wherever_it_is_pasted() -> None:
    """Also in the address of a request."""
    assert looks_like_secret(TOKEN)
    assert TOKEN not in redact_shapes(f"https://api.telegram.org/bot{TOKEN}/getMe")
    assert not looks_like_secret("-1001234567890")
