# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the Discord connector behaves, where the roster has no say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from ..http_client import CA_PATH_VARIABLE
from .kind import API_URL_VARIABLE

DEFAULT_API_URL = "https://discord.com/api/v10"


@dataclass(frozen=True)
class DiscordSettings:
    """Bounds and habits; every time is in seconds, every size in bytes."""

    api_url: str = DEFAULT_API_URL
    ca_path: str | None = None
    request_timeout: float = 30.0
    health_timeout: float = 10.0
    token_doubt: float = 2.0
    """How long after a refusal of the token it is asked about once more."""
    response_bytes: int = 16 * 1024 * 1024
    """What is read of one event of the gateway."""

    hello_timeout: float = 20.0
    """How long the gateway may take to greet, and then to answer an identify or a resume."""
    settled_after: float = 30.0
    """A connection that lived so long is no failure when it ends: the next begins without a wait."""
    identify_reserve: int = 20
    """Session starts left over for a human: Discord resets the token of a bot that uses up its 1000 a day."""
    identify_gap: float = 5.0
    """The least time between two session starts, which Discord demands."""
    waiting_events: int = 1000
    """Messages held while the handler is busy; beyond it they are read from the history later."""

    history_overlap: float = 10.0
    """How far before the last message the history is read again: ids of one moment come in any order."""
    history_messages: int = 10_000
    """Missed messages that are handed over after one outage at most; the rest is given up, and said so."""
    archived_pages: int = 5
    """Pages of archived threads that are looked through for missed messages (100 threads each)."""

    handler_timeout: float = 300.0
    handler_attempts: int = 5

    download_bytes: int = 20 * 1024 * 1024
    """The largest received file that is stored."""
    files_timeout: float = 75.0
    """What the files of one message may take together: less than the bridge waits for them."""
    media_store_bytes: int = 256 * 1024 * 1024
    """What received files may take together; the oldest go first."""
    media_store_files: int = 1000
    """How many of them there may be."""

    backoff_first: float = 1.0
    backoff_cap: float = 60.0
    refused_wait: float = 300.0
    """Between two tries of a session that Discord refuses until a human changes something."""
    send_bound: float = 45.0
    """How long one call of `send` goes on trying."""
    nonce_memory: float = 60.0
    """For how long Discord surely remembers a nonce (it says: a few minutes)."""
    lookup_messages: int = 5000
    """How much of the history since the first try is searched for a message that may have been sent before."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> DiscordSettings:
        """The defaults, with `MOSAIC_DISCORD_API_URL` and `MOSAIC_CA_PATH` where they are set."""
        values = os.environ if environ is None else environ
        return cls(
            api_url=values.get(API_URL_VARIABLE) or DEFAULT_API_URL,
            ca_path=values.get(CA_PATH_VARIABLE) or None,
        )
