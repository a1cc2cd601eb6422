# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The schemas of our files, as the steps that led to them.

`PRAGMA user_version` says up to which step a program has to know them in order to use the file, the
table `step` which ones were taken. A step that only adds what an older program passes over leaves
`user_version` alone: after a roll back the older program uses the same file, with all that is in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Step:
    """Statements that are carried out together; a step that was released is never edited.

    `breaks`: a program that does not know this step cannot use the file any more.
    """

    statements: tuple[str, ...]
    breaks: bool = False


Schema = Sequence[Step]

BRIDGE: Schema = (
    Step(
        (
            "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
            """CREATE TABLE inbox (
              id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
              sender TEXT NOT NULL, text TEXT NOT NULL, thread TEXT, ts TEXT NOT NULL,
              state TEXT NOT NULL DEFAULT 'waiting', outcome TEXT, created REAL NOT NULL)""",
            "CREATE INDEX inbox_waiting ON inbox (id) WHERE state = 'waiting'",
            """CREATE TABLE outbox (
              id INTEGER PRIMARY KEY AUTOINCREMENT, txn TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
              text TEXT NOT NULL, thread TEXT, attachments TEXT NOT NULL DEFAULT '[]', origin TEXT NOT NULL,
              state TEXT NOT NULL DEFAULT 'waiting', attempts INTEGER NOT NULL DEFAULT 0,
              first_tried REAL, next_try REAL NOT NULL DEFAULT 0, message_id TEXT, error TEXT,
              created REAL NOT NULL)""",
            "CREATE INDEX outbox_waiting ON outbox (ifnull(thread, ''), id) WHERE state = 'waiting'",
            "CREATE INDEX outbox_state ON outbox (state, id)",
        ),
        breaks=True,
    ),
    Step(("ALTER TABLE inbox ADD COLUMN entered INTEGER NOT NULL DEFAULT 0",), breaks=True),
    Step(("CREATE INDEX inbox_thread ON inbox (thread) WHERE thread IS NOT NULL",), breaks=True),
    Step(
        (
            # What a row holds of the bound in bytes, so that nobody has to read all texts to add it up.
            "ALTER TABLE inbox ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0",
            "UPDATE inbox SET bytes = length(CAST(text AS BLOB)) WHERE text != ''",
            "CREATE INDEX inbox_held ON inbox (bytes) WHERE state = 'waiting'",
            "ALTER TABLE outbox ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0",
            "UPDATE outbox SET bytes = length(CAST(text AS BLOB)) WHERE text != ''",
            "CREATE INDEX outbox_held ON outbox (state, bytes) WHERE state IN ('waiting', 'dead')",
        )
    ),
    Step(
        (
            # `former` tells the file of an earlier version that was read in, `taken` when (epoch seconds).
            "CREATE TABLE place (line TEXT PRIMARY KEY, place TEXT NOT NULL, former TEXT, taken REAL)",
            "CREATE TABLE seen (id INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL, message TEXT NOT NULL)",
            "CREATE UNIQUE INDEX seen_message ON seen (line, message)",
            "CREATE INDEX seen_order ON seen (line, id)",
        )
    ),
    # What was uploaded for events that are not sent yet, by their transaction ids.
    Step(("CREATE TABLE upload (name TEXT PRIMARY KEY, uri TEXT NOT NULL, created REAL NOT NULL)",)),
    Step(
        (
            # `key` is the asker's own name for it, `digest` what was asked, which outlives the words; `message` is
            # the id that the channel gave, `told` whether the question's message says how it ended.
            """CREATE TABLE question (
              id TEXT PRIMARY KEY, asker TEXT NOT NULL, key TEXT NOT NULL, digest TEXT NOT NULL, kind TEXT NOT NULL,
              text TEXT NOT NULL, choices TEXT NOT NULL, free_text INTEGER NOT NULL, thread TEXT,
              txn TEXT NOT NULL UNIQUE, message TEXT, created REAL NOT NULL, expires REAL NOT NULL,
              state TEXT NOT NULL DEFAULT 'open', answer TEXT, answered_by TEXT, closed REAL,
              told INTEGER NOT NULL DEFAULT 0)""",
            "CREATE UNIQUE INDEX question_key ON question (asker, key)",
            "CREATE INDEX question_open ON question (expires) WHERE state = 'open'",
            "CREATE INDEX question_untold ON question (closed) WHERE state != 'open' AND told = 0",
            "CREATE INDEX question_message ON question (message) WHERE message IS NOT NULL",
        )
    ),
    # Each entry names the head of the one before it.
    Step(
        (
            """CREATE TABLE audit (
              id INTEGER PRIMARY KEY, at TEXT NOT NULL, what TEXT NOT NULL, sender TEXT NOT NULL, about TEXT NOT NULL,
              digest TEXT NOT NULL, words TEXT NOT NULL, prev TEXT NOT NULL, head TEXT NOT NULL)""",
        )
    ),
    # `slot` counts the five minutes since 1970, `figures` is an object of JSON.
    Step(("CREATE TABLE sample (slot INTEGER PRIMARY KEY, figures TEXT NOT NULL)",)),
    Step(
        (
            # `awaiting` is since when an answer to a message is waited for (epoch seconds), NULL for none; `reminded`
            # whether the operator was told. What was told in a day at most, and when, is in `told`.
            "ALTER TABLE inbox ADD COLUMN awaiting REAL",
            "ALTER TABLE inbox ADD COLUMN reminded INTEGER NOT NULL DEFAULT 0",
            "CREATE INDEX inbox_awaiting ON inbox (awaiting) WHERE awaiting IS NOT NULL",
            "CREATE TABLE told (what TEXT PRIMARY KEY, at REAL NOT NULL)",
        )
    ),
    Step(
        (
            # The message about the work that goes on, one row at most; `tried` is when it was first sent.
            """CREATE TABLE status_message (
              txn TEXT PRIMARY KEY, kind TEXT NOT NULL, thread TEXT, began REAL NOT NULL, message TEXT, tried REAL)""",
        )
    ),
)
"""`bridge.sqlite3`: places, messages seen, inbox, outbox, questions, the audit record, the last day's figures, and what was told."""

MAILBOX: Schema = (
    Step(
        (
            # The first version kept no count, so its tables may be there.
            """CREATE TABLE IF NOT EXISTS shown (
              id INTEGER PRIMARY KEY AUTOINCREMENT, txn TEXT NOT NULL UNIQUE, text TEXT NOT NULL, thread TEXT,
              attachments TEXT NOT NULL, ts TEXT NOT NULL, printed INTEGER NOT NULL DEFAULT 0)""",
            """CREATE TABLE IF NOT EXISTS typed (
              id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL UNIQUE, text TEXT NOT NULL, thread TEXT,
              sender TEXT NOT NULL, ts TEXT NOT NULL, taken INTEGER NOT NULL DEFAULT 0)""",
        )
    ),
    Step(
        (
            # Both are looked at five times a second.
            "CREATE INDEX shown_waiting ON shown (id) WHERE printed = 0",
            "CREATE INDEX typed_waiting ON typed (id) WHERE taken = 0",
        )
    ),
)
"""`operator.sqlite3`: what the console of kind tmux shows and takes."""


def required(schema: Schema, steps: int) -> int:
    """Up to which step a program has to know a file in which the first `steps` were taken."""
    return max((number for number, step in enumerate(schema[:steps], 1) if step.breaks), default=0)
