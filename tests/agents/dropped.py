# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A program that empties its input line and forgets what stood there."""

from __future__ import annotations

import contextlib
import sqlite3

from .bench import Bench
from .verdict import Kind, Verdict, failed, together

DROPPED_SECONDS = 10.0
"""How long a text has to arrive all the same, once the database is free again."""


async def dropped(bench: Bench) -> Verdict:
    """A text that the program drops is never called submitted; the next one arrives."""
    first = await bench.send("before its database is locked")
    message = bench.message("while its database is locked")
    place = bench.session.home / bench.program.database
    with contextlib.closing(sqlite3.connect(place, timeout=30, isolation_level=None)) as database:
        database.execute("BEGIN EXCLUSIVE")
        delivery = await bench.submit(message)
    arrived = await bench.arrived(message, DROPPED_SECONDS)
    if delivery.outcome != "unverified" and not arrived:
        return failed(f"{delivery.outcome}, and the program dropped it")
    verdicts = [first, await bench.send("when its database is free")]
    if arrived:
        return together([*verdicts, await bench.verdict(message, delivery)])
    worst = together(verdicts)
    return Verdict(Kind.HELD, "dropped by the program, and told as unverified") if worst.clean else worst
