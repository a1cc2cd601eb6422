# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the bridge is at this moment, in figures: what `/metrics` and `/healthz` say."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..types import ObstructedHealth
from .monitor import UP, describe

if TYPE_CHECKING:
    from .parts import Parts

STARTED = time.time()


def read_gauges(parts: Parts) -> dict[str, float]:
    """Every gauge of `series.GAUGES`; raises `StateError` when the queues cannot be read."""
    counts, health = parts.outbox.counts(), parts.monitor.health
    since = [one.held_since for one in (parts.deliverer, parts.intake) if one.holding is not None]
    questions, unanswered = parts.questions.open(), parts.unanswered.waiting()
    return {
        "up": float(health.reachable and health.authenticated),
        "ready": float(parts.monitor.ready),
        "obstructed": float(isinstance(health, ObstructedHealth)),
        "last_contact_timestamp_seconds": parts.monitor.last_contact,
        "start_timestamp_seconds": STARTED,
        "inbox_waiting": float(parts.inbox.waiting()),
        "inbox_oldest_timestamp_seconds": parts.inbox.oldest() or 0.0,
        "inbox_held": float(bool(since)),
        "inbox_held_since_timestamp_seconds": min(since, default=0.0),
        "unanswered": float(unanswered.count if unanswered else 0),
        "unanswered_oldest_timestamp_seconds": unanswered.since if unanswered else 0.0,
        "outbox_waiting": float(counts.get("waiting", 0)),
        "outbox_oldest_timestamp_seconds": parts.outbox.oldest() or 0.0,
        "outbox_dead": float(counts.get("dead", 0)),
        "questions_open": float(len(questions)),
        "questions_oldest_timestamp_seconds": min((one.created for one in questions), default=0.0),
    }


def read_figures(parts: Parts) -> dict[str, int]:
    """What is kept of each five minutes, by the names of `samples.FIGURES`; raises `StateError` as `read_gauges` does."""
    gauges = read_gauges(parts)
    return {
        "up": int(gauges["up"]),
        "held": int(gauges["inbox_held"]),
        "inbox": int(gauges["inbox_waiting"]),
        "outbox": int(gauges["outbox_waiting"]),
        "questions": int(gauges["questions_open"]),
        "received": parts.counters.total("received"),
        "sent": parts.counters.total("sent"),
    }


def ailment(parts: Parts) -> str | None:
    """Why the bridge is not well, in a few words that tell nobody anything secret; None when it is.

    A held inbox is none: the bridge does what it should, and waits for a human.
    """
    stuck = parts.progress.stuck()
    if stuck:
        return f"no progress in: {', '.join(stuck)}"
    state = describe(parts.monitor.health)
    if state != UP:
        return f"the channel is {state}"
    return None if parts.monitor.ready else "not ready yet"
