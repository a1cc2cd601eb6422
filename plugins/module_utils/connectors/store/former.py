# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journals of versions before the store: read once, left as they are until the store has proven itself.

A roll back finds them where they were, with the place of the day they were taken over: what came since
is read again, and recognised by the inbox.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..durable import sync_directory
from ..errors import StateError

_log = logging.getLogger(__name__)

PROVEN_AFTER = 30 * 86_400.0
"""Seconds after which nobody goes back to the version before."""


def facts_of(journal: Path) -> str | None:
    """What tells whether a journal was written since; None when there is none. Raises `StateError`."""
    try:
        facts = journal.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(journal, error) from error
    return f"{facts.st_size}:{facts.st_mtime_ns}"


def entries_of(journal: Path) -> Iterator[list[Any]]:
    """The entries of a journal, oldest first, without lines that a crash spoiled; raises `StateError`."""
    try:
        with journal.open("rb") as lines:
            for line in lines:
                # A line that was not finished never counted; others may be zeros of a disk that lost power.
                with contextlib.suppress(ValueError, RecursionError):
                    entry = json.loads(line) if line.endswith(b"\n") else None
                    if isinstance(entry, list) and entry:
                        yield entry
    except OSError as error:
        raise _unreadable(journal, error) from error


def forget_if_proven(journal: Path, taken: float | None) -> None:
    """Remove a journal that was taken over (epoch seconds) so long ago that nobody goes back to it."""
    if taken is None or time.time() - taken < PROVEN_AFTER:
        return
    with contextlib.suppress(OSError):
        journal.unlink()
        sync_directory(journal.parent)
        _log.info(
            "removed %s, which the store has stood for since %d days", journal, (time.time() - taken) / 86_400
        )


def _unreadable(journal: Path, error: OSError) -> StateError:
    return StateError(
        f"The journal {journal} of the version before cannot be read: {error}. Check its owner: the messages that it "
        "knows would come again."
    )
