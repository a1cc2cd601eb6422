# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the Telegram connector behaves, where the roster has no say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from ..border import LONG_ANSWER_BYTES
from ..http_client import CA_PATH_VARIABLE
from .kind import API_URL_VARIABLE

DEFAULT_API_URL = "https://api.telegram.org"

_MIB = 1024 * 1024


@dataclass(frozen=True)
class TelegramSettings:
    """Bounds and habits; every time is in seconds, every size in bytes."""

    api_url: str = DEFAULT_API_URL
    ca_path: str | None = None
    request_timeout: float = 30.0
    health_timeout: float = 10.0
    token_doubt: float = 2.0
    """How long after a refusal of the token it is asked about once more."""

    poll_timeout: float = 30.0
    """How long Telegram may hold a poll that has nothing to say; in whole seconds there."""
    poll_grace: float = 10.0
    """How much longer we wait for its answer before the connection counts as dead."""
    stamp_every: float = 600.0
    """How often a poll is noted on the disk where nothing else is: the error of the 24 hours below."""
    updates_kept: float = 86_400.0
    """For how long Telegram keeps what nobody fetched ("Getting updates")."""
    offset_trusted: float = 6 * 86_400.0
    """Ids of updates may begin anew after a week without any ("Update"): an older one confirms nothing."""
    conflict_memory: float = 120.0
    """For how long a second poller counts as there after it was last noticed."""

    updates_bytes: int = LONG_ANSWER_BYTES
    """The longest answer to a poll that is read."""

    handler_timeout: float = 300.0
    handler_attempts: int = 5

    backoff_first: float = 1.0
    backoff_cap: float = 60.0
    send_bound: float = 45.0
    """How long one call of `send` goes on trying."""

    attachment_bytes: int = 50 * _MIB
    """The largest file that a bot may send ("Sending files")."""
    download_bytes: int = 20 * _MIB
    """The largest file that a bot may fetch ("getFile")."""
    media_store_bytes: int = 256 * _MIB
    """What received files may take together; the oldest go first."""
    media_store_files: int = 1000
    """How many of them there may be."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> TelegramSettings:
        """The defaults, with `MOSAIC_TELEGRAM_API_URL` and `MOSAIC_CA_PATH` where they are set."""
        values = os.environ if environ is None else environ
        return cls(
            api_url=values.get(API_URL_VARIABLE) or DEFAULT_API_URL,
            ca_path=values.get(CA_PATH_VARIABLE) or None,
        )
