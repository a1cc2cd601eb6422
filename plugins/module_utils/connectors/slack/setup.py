# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Setting up kind slack: two tokens, a channel the app may talk in, operators, and a message that arrives."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from ..errors import ConfigError, ConnectorError
from ..kind import Question, SecretQuestion
from ..secrets import Secret
from ..setup.dialogue import StoppedError, UsageError
from ..setup.questions import OPERATOR, ways_to_answer
from ..setup.steps import TEST_MESSAGE, Setup, SetupResult
from ..thirdparty import require
from ..types import OutboundMessage
from .api import SlackApi
from .connector import SlackConnector
from .errors import SlackApiError
from .kind import APP_TOKEN, BOT_TOKEN, CHANNEL_ID, EXTRA, KIND, OPERATORS, SLACK_APP_TOKEN, SLACK_BOT_TOKEN
from .probe import Probe
from .settings import SlackSettings

_CHANNELS_LISTED = 40
_OTHER = "other"


def unanswered(setup: Setup) -> list[Question]:
    """What has to be asked, or given."""
    known = {
        APP_TOKEN: setup.answers.secret(APP_TOKEN) or setup.files.credentials.get(SLACK_APP_TOKEN),
        BOT_TOKEN: setup.answers.secret(BOT_TOKEN) or setup.files.credentials.get(SLACK_BOT_TOKEN),
        CHANNEL_ID: _present(setup),
        OPERATOR: any(map(_is_ours, setup.files.document.operators)),
    }
    return [question for question, value in known.items() if not setup.is_answered(question, value)]


async def guide(setup: Setup) -> SetupResult:
    """Ask and check all that kind slack needs; raises `ConnectorError`."""
    require("websockets", extra=EXTRA)  # the bridge listens with it: better missed now than then
    settings = replace(SlackSettings.from_environment(), ca_path=setup.ca_path)
    app = await _api(setup, APP_TOKEN, settings, _gives_sockets)
    try:
        bot = await _api(setup, BOT_TOKEN, settings, _is_a_bots)
        try:
            channel_id = await _channel(setup, bot, app)
            operators = await _operators(setup, bot)
        finally:
            await bot.aclose()
    finally:
        await app.aclose()
    if setup.test_message:
        connector = SlackConnector(
            channel_id=channel_id, app_token=app.token, bot_token=bot.token, settings=settings
        )
        async with connector:
            await setup.insist(lambda: _say_hello(setup, connector), again="Try to send it again?")
    tokens: dict[str, str | None] = {one.variable: one.token.reveal() for one in (app, bot)}
    return SetupResult(KIND.block(channel_id=channel_id), operators, tokens)


def _present(setup: Setup) -> str | None:
    block = setup.files.connector.block(KIND.name) if setup.files.connector else None
    return None if block is None else str(block.channel_id)


async def _api(
    setup: Setup,
    question: SecretQuestion,
    settings: SlackSettings,
    check: Callable[[Setup, SlackApi], Awaitable[None]],
) -> SlackApi:
    """A token that works, and the API as it sees it."""
    stored = setup.files.credentials.get(question.variable)
    token = setup.answers.secret(question) or (Secret(stored) if stored else None)
    while True:
        if token is None:
            token = await setup.dialogue.secret(question.prompt, missing=ways_to_answer(question))
        if token is None:
            if not setup.dialogue.interactive:
                raise UsageError(f"Nobody is asked with --yes, so {ways_to_answer(question)} is needed.")
            setup.dialogue.bad("A token is expected: the app's settings show both, see docs/slack.md.")
            continue
        api = SlackApi(token, question.variable, settings)
        try:
            await check(setup, api)
        except BaseException as error:
            await api.aclose()
            told = isinstance(error, ConnectorError) and not isinstance(error, (StoppedError, UsageError))
            if not (told and setup.dialogue.interactive):
                raise
            setup.dialogue.bad(str(error))
            token = None
        else:
            return api


async def _gives_sockets(setup: Setup, api: SlackApi) -> None:
    async with setup.dialogue.step("asking Slack for a socket"):
        await api.call("apps.connections.open")
    setup.dialogue.good("The app-level token opens sockets")


async def _is_a_bots(setup: Setup, api: SlackApi) -> None:
    async with setup.dialogue.step("asking Slack whose token this is"):
        me = await api.call("auth.test")
    if me.identifier("bot_id") is None:
        raise ConfigError("That token is a user's. Use the Bot User OAuth Token, which begins with xoxb-.")
    whose = f"{me.words('user')} ({me.identifier('user_id')}) in {me.words('team')}"
    setup.dialogue.good(f"The bot token belongs to {whose}")


async def _channel(setup: Setup, bot: SlackApi, app: SlackApi) -> str:
    async def check(value: str) -> str:
        if not CHANNEL_ID.shape.fits(value):
            raise ConfigError(
                f"channel_id is expected to be {CHANNEL_ID.shape.words}, found {value!r}. It stands at the end of the "
                "channel's details."
            )
        async with setup.dialogue.step("looking at the channel"):
            # The app's token was just looked at.
            finding = await Probe(bot, app, value, lambda: True).inspect()
        if finding.trouble is not None:
            raise ConfigError(f"The app cannot work in that channel: {finding.trouble}")
        setup.dialogue.good(f"The app may talk in {finding.channel}")
        for note in finding.notes:
            setup.dialogue.note(note)
        return value

    async def ask(default: str | None) -> str:
        return await _pick_channel(setup, bot, default)

    return await setup.settle(CHANNEL_ID, check, present=_present(setup), ask=ask)


async def _pick_channel(setup: Setup, bot: SlackApi, default: str | None) -> str:
    """Choose among the channels the app is in, by arrow keys; or name one."""
    missing = ways_to_answer(CHANNEL_ID)
    channels: dict[str, str] = {}
    if setup.dialogue.interactive:
        try:
            async with setup.dialogue.step("looking which channels the app is in"):
                answer = await bot.read(
                    "users.conversations",
                    types="public_channel,private_channel",
                    exclude_archived="true",
                    limit=_CHANNELS_LISTED,
                )
            channels = {
                one.identifier("id") or "": f"#{one.words('name')}" for one in answer.objects("channels")
            }
        except ConnectorError as error:
            setup.dialogue.note(f"The channels cannot be listed: {error}")
    if channels:
        others = {**channels, _OTHER: "another one, by its id"}
        choice = await setup.dialogue.choose("Which channel?", others, default, missing=missing)
        if choice != _OTHER:
            return choice
    return await setup.dialogue.text(CHANNEL_ID.prompt, default, missing=missing)


async def _operators(setup: Setup, bot: SlackApi) -> tuple[str, ...]:
    async def check(name: str) -> None:
        if not _is_ours(name):
            raise ConfigError(
                f"An operator is expected to be {OPERATORS.shape.words}, found {name!r}. Copy member ID is in the menu "
                "of each profile."
            )
        try:
            async with setup.dialogue.step(f"looking for {name}"):
                user = (await bot.read("users.info", user=name)).object("user")
        except SlackApiError as error:
            if error.code == "user_not_found":
                raise ConfigError(
                    f"The workspace has no member {name}. Correct the list of operators."
                ) from error
            if error.code != "missing_scope":
                raise
            setup.dialogue.note(f"Whether {name} is a member cannot be seen without the scope users:read.")
        else:
            setup.dialogue.good(f"The operator {name} is {user.words('name') or name}")

    return await setup.operators(check, belongs=_is_ours, prompt="Operators (their Slack member ids):")


def _is_ours(operator: str) -> bool:
    return OPERATORS.shape.fits(operator)


async def _say_hello(setup: Setup, connector: SlackConnector) -> None:
    async with setup.dialogue.step("sending a test message"):
        result = await connector.send(OutboundMessage(TEST_MESSAGE))
    if not result.delivered:
        raise ConnectorError(f"The test message was not taken: {result.error}")
    setup.dialogue.good("A test message is in the channel")
