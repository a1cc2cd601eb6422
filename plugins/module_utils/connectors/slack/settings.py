# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the Slack connector behaves, where the roster has no say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from ..http_client import CA_PATH_VARIABLE
from .kind import API_URL_VARIABLE

DEFAULT_API_URL = "https://slack.com/api"


@dataclass(frozen=True)
class SlackSettings:
    """Bounds and habits; every time is in seconds, every size in bytes."""

    api_url: str = DEFAULT_API_URL
    ca_path: str | None = None
    request_timeout: float = 30.0
    health_timeout: float = 10.0
    token_doubt: float = 2.0
    """How long after a refusal of a token it is asked about once more."""
    frame_bytes: int = 16 * 1024 * 1024
    """What is read of one envelope."""

    hello_timeout: float = 20.0
    """How long a new socket may take to greet."""
    ping_every: float = 20.0
    """Between two pings of ours, each of which is answered within as long: else the socket is half open."""
    linger: float = 60.0
    """How long a socket that Slack wants to be replaced is kept beside the next one, at most."""
    settled_after: float = 30.0
    """A socket that lived so long is no failure when it ends: the next is opened without a wait."""
    waiting_events: int = 1000
    """Messages held while the handler is busy; beyond it they are read from the history later."""

    history_overlap: float = 900.0
    """How far before the last message the history is read again: Slack repeats an event that was not acknowledged
    after a minute and after five, so that an earlier one may still be under way."""
    history_messages: int = 10_000
    """Missed messages that are handed over after one outage at most; the rest is given up, and said so."""
    thread_messages: int = 1000
    """How many of the channel's latest messages are looked through for threads with missed replies."""
    threads_read: int = 50
    """Threads further back that are asked for replies: the last ones in which an operator wrote, each a request."""
    history_patience: float = 600.0
    """For how long one page of what was missed is waited for while Slack limits us."""

    recheck: float = 300.0
    """How often the history is looked at while nothing comes: an app without event subscriptions hears nothing."""
    surely_heard: float = 60.0
    """After how long a message ought to have come by an open socket."""

    handler_timeout: float = 300.0
    handler_attempts: int = 5

    download_bytes: int = 20 * 1024 * 1024
    files_timeout: float = 75.0
    """What the files of one message may take together: less than the bridge waits for them."""
    media_store_bytes: int = 256 * 1024 * 1024
    media_store_files: int = 1000
    upload_bytes: int = 1024 * 1024 * 1024
    """The largest file that Slack takes."""
    share_settles: float = 3.0
    """How long Slack may take to show files that it was told to share: its answer comes before the message does."""

    backoff_first: float = 1.0
    backoff_cap: float = 60.0
    refused_wait: float = 300.0
    """Between two tries of a socket that Slack refuses until a human changes something."""
    send_bound: float = 45.0
    """How long one call of `send` goes on trying."""
    lookup_messages: int = 2000
    """How much of the history since the first try is searched for a message that may have been sent before."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> SlackSettings:
        """The defaults, with `MOSAIC_SLACK_API_URL` and `MOSAIC_CA_PATH` where they are set."""
        values = os.environ if environ is None else environ
        return cls(
            api_url=values.get(API_URL_VARIABLE) or DEFAULT_API_URL,
            ca_path=values.get(CA_PATH_VARIABLE) or None,
        )
