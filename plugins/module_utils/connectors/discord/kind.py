# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind discord is: its block of the roster, its token, its operators, its code."""

from __future__ import annotations

from ..kind import API_ADDRESS, Field, Kind, Operators, SecretQuestion, Setting, Shape
from ..types import DiscordConnectorConfig

DISCORD_BOT_TOKEN = "DISCORD_BOT_TOKEN"

API_URL_VARIABLE = "MOSAIC_DISCORD_API_URL"
"""Names another API than Discord's own: a proxy, or a server to test against."""

API_URL = Setting(API_URL_VARIABLE, API_ADDRESS)

EXTRA = "discord"

CHANNEL_ID = Field(
    "channel_id",
    "DISCORD_CHANNEL_ID",
    "Channel id:",
    "number of the Discord channel",
    "NUMBER",
    shape=Shape(r"[0-9]{15,21}", "the number of a Discord channel, 15 to 21 digits in quotes"),
    example="1234567890123456789",
    follows="The bot has to be able to talk there: mosaic-connector doctor looks.",
)

BOT_TOKEN = SecretQuestion(
    "bot_token",
    DISCORD_BOT_TOKEN,
    "Bot token:",
    "file with the Discord bot's token",
    "FILE",
    shapes=(r"\b[MNO][A-Za-z0-9_-]{22,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,}",),
)
"""Three parts in base64: the bot's id, a time, a signature."""

OPERATORS = Operators(
    Shape(r"[0-9]{15,21}", "the number of a Discord user, 15 to 21 digits in quotes"), "2345678901234567890"
)

KIND = Kind(
    name="discord",
    package=__package__,
    summary="a channel of a Discord server",
    factory=".connector:DiscordConnector.from_config",
    fields=(CHANNEL_ID,),
    shape=DiscordConnectorConfig,
    secrets=(BOT_TOKEN,),
    environment=(API_URL,),
    operators=OPERATORS,
    setup=".setup",
    extra=EXTRA,
)
