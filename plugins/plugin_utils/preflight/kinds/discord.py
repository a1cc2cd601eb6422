# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Discord: a bot in one channel."""

from __future__ import annotations

from collections.abc import Callable, Iterator

FIELDS = {"channel_id": ("orchestrator_discord_channel_id",)}
ENVIRONMENT = {
    "DISCORD_BOT_TOKEN": "orchestrator_discord_token",
    "MOSAIC_DISCORD_API_URL": "orchestrator_discord_api_url",
}
RULES: tuple[Callable[..., Iterator[str]], ...] = ()
