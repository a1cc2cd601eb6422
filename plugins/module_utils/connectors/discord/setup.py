# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Setting up kind discord: the bot's token, a channel it may talk in, operators, and a message that arrives."""

from __future__ import annotations

from dataclasses import replace

from ..errors import ConfigError, ConnectorError
from ..kind import Question
from ..secrets import Secret
from ..setup.dialogue import StoppedError, UsageError
from ..setup.questions import OPERATOR, ways_to_answer
from ..setup.steps import TEST_MESSAGE, Setup, SetupResult
from ..thirdparty import require
from ..types import DiscordConnectorConfig, OutboundMessage
from .connector import DiscordConnector
from .errors import DiscordApiError
from .kind import BOT_TOKEN, CHANNEL_ID, DISCORD_BOT_TOKEN, EXTRA, OPERATORS
from .probe import Probe
from .rest import DiscordRest
from .settings import DiscordSettings

_TEXT_CHANNEL = 0
_SERVERS_LISTED = 10
_CHANNELS_LISTED = 40
_OTHER = "other"


def unanswered(setup: Setup) -> list[Question]:
    """What has to be asked, or given."""
    present = setup.files.connector.discord if setup.files.connector else None
    known = {
        BOT_TOKEN: setup.answers.secret(BOT_TOKEN) or setup.files.credentials.get(DISCORD_BOT_TOKEN),
        CHANNEL_ID: present,
        OPERATOR: any(_is_ours(one) for one in setup.files.document.operators),
    }
    return [question for question, value in known.items() if not setup.is_answered(question, value)]


async def guide(setup: Setup) -> SetupResult:
    """Ask and check all that kind discord needs; raises `ConnectorError`."""
    require("websockets", extra=EXTRA)  # the bridge listens with it: better missed now than then
    settings = replace(DiscordSettings.from_environment(), ca_path=setup.ca_path)
    token, rest = await _bot(setup, settings)
    try:
        channel_id = await _channel(setup, rest)
        operators = await _operators(setup, rest, channel_id)
    finally:
        await rest.aclose()
    if setup.test_message:
        await setup.insist(
            lambda: _say_hello(setup, channel_id, token, settings), again="Try to send it again?"
        )
    return SetupResult(DiscordConnectorConfig(channel_id), operators, {DISCORD_BOT_TOKEN: token.reveal()})


async def _bot(setup: Setup, settings: DiscordSettings) -> tuple[Secret, DiscordRest]:
    """A token that works, and the API as its bot sees it."""
    stored = setup.files.credentials.get(DISCORD_BOT_TOKEN)
    token = setup.answers.secret(BOT_TOKEN) or (Secret(stored) if stored else None)
    while True:
        if token is None:
            token = await setup.dialogue.secret(BOT_TOKEN.prompt, missing=ways_to_answer(BOT_TOKEN))
        if token is None:
            if not setup.dialogue.interactive:
                raise UsageError(f"Nobody is asked with --yes, so {ways_to_answer(BOT_TOKEN)} is needed.")
            setup.dialogue.bad("A token is expected: the developer portal shows it under Bot, Reset Token.")
            continue
        try:
            return token, await _recognised(setup, token, settings)
        except (StoppedError, UsageError):
            raise
        except ConnectorError as error:
            if not setup.dialogue.interactive:
                raise
            setup.dialogue.bad(str(error))
            token = None


async def _recognised(setup: Setup, token: Secret, settings: DiscordSettings) -> DiscordRest:
    if any(not 32 < ord(character) < 127 for character in token.reveal()):
        raise ConfigError("A bot's token holds no white space and only plain characters. Paste it again.")
    rest = DiscordRest(token, settings)
    try:
        async with setup.dialogue.step("asking Discord whose token this is"):
            me = await rest.get_object("/users/@me")
    except BaseException:
        await rest.aclose()
        raise
    setup.dialogue.good(f"The token belongs to the bot {me.words('username')} ({me.identifier('id')})")
    return rest


async def _channel(setup: Setup, rest: DiscordRest) -> str:
    present = setup.files.connector.discord if setup.files.connector else None

    async def check(value: str) -> str:
        if not CHANNEL_ID.shape.fits(value):
            raise ConfigError(
                f"A channel id is expected to be 15 to 21 digits, found {value!r}. Switch Developer Mode on "
                "in Discord (Settings, Advanced); Copy Channel ID is then in the channel's menu."
            )
        async with setup.dialogue.step("looking at the channel"):
            finding = await Probe(rest, value).inspect()
        if finding.trouble is not None:
            raise ConfigError(f"The bot cannot work in that channel: {finding.trouble}")
        setup.dialogue.good(f"The bot may talk in #{finding.channel}")
        for note in finding.notes:
            setup.dialogue.note(note)
        return value

    async def ask(default: str | None) -> str:
        return await _pick_channel(setup, rest, default)

    return await setup.settle(CHANNEL_ID, check, present=present.channel_id if present else None, ask=ask)


async def _pick_channel(setup: Setup, rest: DiscordRest, default: str | None) -> str:
    """Choose among the channels there are, by arrow keys; or name one."""
    missing = ways_to_answer(CHANNEL_ID)
    channels: dict[str, str] = {}
    if setup.dialogue.interactive:
        try:
            async with setup.dialogue.step("looking which channels there are"):
                channels = await _text_channels(rest)
        except ConnectorError as error:
            setup.dialogue.note(f"The channels cannot be listed: {error}")
    if channels:
        choice = await setup.dialogue.choose(
            "Which channel?", {**channels, _OTHER: "another one, by its id"}, default, missing=missing
        )
        if choice != _OTHER:
            return choice
    return await setup.dialogue.text(CHANNEL_ID.prompt, default, missing=missing)


async def _text_channels(rest: DiscordRest) -> dict[str, str]:
    found: dict[str, str] = {}
    for guild in (await rest.get_list("/users/@me/guilds", limit=200))[:_SERVERS_LISTED]:
        for channel in await rest.get_list("/guilds/{guild}/channels", guild=guild.identifier("id") or ""):
            channel_id = channel.identifier("id")
            if channel_id and channel.number("type") == _TEXT_CHANNEL and len(found) < _CHANNELS_LISTED:
                found[channel_id] = f"#{channel.words('name')} ({guild.words('name')})"
    return found


async def _operators(setup: Setup, rest: DiscordRest, channel_id: str) -> tuple[str, ...]:
    where = await rest.get_object("/channels/{channel}", channel=channel_id)
    guild_id = where.identifier("guild_id") or ""

    async def check(name: str) -> None:
        if not OPERATORS.shape.fits(name):
            raise ConfigError(
                f"A Discord user id is expected to be 15 to 21 digits, found {name!r}. With Developer Mode on, "
                "Copy User ID is in the menu of each member."
            )
        try:
            async with setup.dialogue.step(f"looking for {name}"):
                member = await rest.get_object("/guilds/{guild}/members/{user}", guild=guild_id, user=name)
        except DiscordApiError as error:
            if error.status != 404:
                raise
            setup.dialogue.note(f"{name} is no member of this server yet.")
        else:
            who = member.object("user").words("username") or name
            setup.dialogue.good(f"The operator {name} is {who}")

    return await setup.operators(check, belongs=_is_ours, prompt="Operators (their Discord user ids):")


def _is_ours(operator: str) -> bool:
    return OPERATORS.shape.fits(operator)


async def _say_hello(setup: Setup, channel_id: str, token: Secret, settings: DiscordSettings) -> None:
    async with DiscordConnector(channel_id=channel_id, token=token, settings=settings) as connector:
        async with setup.dialogue.step("sending a test message"):
            result = await connector.send(OutboundMessage(TEST_MESSAGE))
        if not result.delivered:
            raise ConnectorError(f"The test message was not taken: {result.error}")
    setup.dialogue.good("A test message is in the channel")
