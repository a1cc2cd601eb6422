# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind telegram is: its block of the roster, its token, its operators, its code."""

from __future__ import annotations

from ..kind import API_ADDRESS, Field, Kind, Operators, SecretQuestion, Setting, Shape

TELEGRAM_BOT_TOKEN = "TELEGRAM_BOT_TOKEN"

API_URL_VARIABLE = "MOSAIC_TELEGRAM_API_URL"
"""Names another API than Telegram's own: a Bot API server, or a server to test against."""

API_URL = Setting(API_URL_VARIABLE, API_ADDRESS)

CHAT_ID = Field(
    "chat_id",
    "TELEGRAM_CHAT_ID",
    "Chat id:",
    "number of the Telegram chat",
    "NUMBER",
    # At most 52 significant bits (Bot API, "Chat").
    shape=Shape(r"-?[1-9][0-9]{4,15}", "the number of a Telegram chat, in quotes (a group's begins with -)"),
    example="-1001234567890",
    follows="The bot has to be in that chat and to see what is written there: mosaic-connector doctor looks.",
)

BOT_TOKEN = SecretQuestion(
    "bot_token",
    TELEGRAM_BOT_TOKEN,
    "Bot token:",
    "file with the Telegram bot's token",
    "FILE",
    # Not bounded by a word in front: in an address it stands right behind `bot`.
    shapes=(r"(?<![0-9])[0-9]{6,12}:[A-Za-z0-9_-]{30,}",),
)
"""The bot's id, a colon, 35 characters."""

KIND = Kind(
    name="telegram",
    package=__package__,
    summary="a chat of Telegram, its topics as threads",
    factory=".connector:TelegramConnector.from_config",
    fields=(CHAT_ID,),
    secrets=(BOT_TOKEN,),
    environment=(API_URL,),
    operators=Operators(Shape(r"[1-9][0-9]{4,15}", "the number of a Telegram user, in quotes"), "1234567890"),
)
