# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Discord: a bot in one channel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..speech import show, whole
from ..values import Values

OPERATOR = "[0-9]{15,21}"


def channel(values: Values) -> Iterator[str]:
    """There is a channel."""
    if not whole(OPERATOR, found := values["orchestrator_discord_channel_id"]):
        yield (
            f"orchestrator_connector is discord on {values.host}, so orchestrator_discord_channel_id is expected to be the id of a channel, "
            f"15 to 21 digits in quotes, found {show(found)}."
        )


def operators(_values: Values, wrong: Sequence[str]) -> Iterator[str]:
    """People have ids of Discord."""
    if wrong:
        yield (
            f"The ids of Discord users are expected to be 15 to 21 digits, found {', '.join(wrong)} in orchestrator_operators."
        )


def token(values: Values) -> Iterator[str]:
    """The token is one; a block of a vault ends its last line, which is no part of it."""
    if not whole("[A-Za-z0-9._-]*", values["orchestrator_discord_token"].strip()):
        yield "orchestrator_discord_token is expected to hold letters, digits, dots, - and _ alone, and holds more."


def api(values: Values) -> Iterator[str]:
    """Another API is a URL, without a password."""
    if not whole(r"(https?://[^/@\s'\"]+[^@\s'\"]*)?", url := values["orchestrator_discord_api_url"]):
        yield (
            "orchestrator_discord_api_url is expected to be empty, or to begin with https:// or http:// and to hold no password, found "
            f"{show(url)}."
        )


VARIABLES = (channel, token, api)
