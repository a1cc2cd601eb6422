# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind slack is: its block of the roster, its two tokens, its operators, its code."""

from __future__ import annotations

from ..kind import API_ADDRESS, Field, Kind, Operators, SecretQuestion, Setting, Shape

SLACK_APP_TOKEN = "SLACK_APP_TOKEN"
SLACK_BOT_TOKEN = "SLACK_BOT_TOKEN"

API_URL_VARIABLE = "MOSAIC_SLACK_API_URL"
"""Names another API than Slack's own: a proxy, or a server to test against."""

API_URL = Setting(API_URL_VARIABLE, API_ADDRESS)

EXTRA = "slack"

CHANNEL_ID = Field(
    "channel_id",
    "SLACK_CHANNEL_ID",
    "Channel id:",
    "id of the Slack channel",
    "ID",
    shape=Shape(r"[CGD][A-Z0-9]{7,20}", "the id of a Slack channel such as C0123456789, not its name"),
    example="C0123456789",
    follows="The app has to be in that channel: invite it there with /invite.",
)

# Keys of their own: another kind's bot has a token, too, and each has its option.
APP_TOKEN = SecretQuestion(
    "slack_app_token",
    SLACK_APP_TOKEN,
    "App-level token (xapp-…):",
    "file with the Slack app's token for socket mode",
    "FILE",
    shapes=(r"\bxapp-[0-9]-[A-Za-z0-9-]{10,}",),
)

BOT_TOKEN = SecretQuestion(
    "slack_bot_token",
    SLACK_BOT_TOKEN,
    "Bot token (xoxb-…):",
    "file with the Slack bot's token",
    "FILE",
    shapes=(r"\bxoxb-[A-Za-z0-9-]{10,}",),
)

OPERATORS = Operators(
    Shape(r"[UW][A-Z0-9]{7,20}", "the member id of a Slack user such as U0123456789"), "U0123456789"
)

KIND = Kind(
    name="slack",
    package=__package__,
    summary="a channel of a Slack workspace",
    factory=".connector:SlackConnector.from_config",
    fields=(CHANNEL_ID,),
    secrets=(APP_TOKEN, BOT_TOKEN),
    environment=(API_URL,),
    operators=OPERATORS,
    setup=".setup",
    extra=EXTRA,
)
