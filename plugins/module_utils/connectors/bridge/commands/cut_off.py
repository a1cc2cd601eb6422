# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that the end of an earlier run cut off: never carried out twice, but told, as nobody knows what came of them."""

from __future__ import annotations

import time
from collections.abc import Callable

from ...store.database import Database
from ...store.writer import write
from ...times import iso_time
from ..audit_chain import digest_of
from ..intake import Tell
from .words import KNOWN

CUT_OFF = "command cut off"
"""What the audit record says of it."""

_DAY = 86_400.0
"""Older ones are of no interest any more, in seconds."""

_BEGUN = (
    "SELECT at, about, audit.sender, digest, thread FROM audit JOIN inbox ON event = ? || ':' || about"
    " WHERE what = 'command' AND at > ? AND about NOT IN (SELECT about FROM audit WHERE what LIKE 'command %')"
    " ORDER BY audit.id"
)


async def tell_cut_off(
    database: Database, kind: str, *, tell: Tell, record: Callable[[str, str, str, str], None]
) -> None:
    """Tell of every command of `kind`'s channel that was stored as done, and of whose end nothing is known; once.

    `record` as in `Audit`. Raises `StateError`.
    """
    for row in database.rows(_BEGUN, (kind, iso_time(time.time() - _DAY))):
        name = next((f"!{one}" for one in KNOWN if digest_of(f"!{one}") == row["digest"]), "a command")
        await write(record, CUT_OFF, row["sender"], name, row["about"])
        await tell(
            f"What came of {name}, sent at {row['at'][11:16]} UTC, is not known: the bridge was restarted in the middle "
            "of it. It is not repeated: look with !status, and send it again if it is still wanted.",
            row["thread"],
        )
