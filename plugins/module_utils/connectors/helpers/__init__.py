# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own commands, run beside the bridge: in a unit that has none of the channel's secrets.

The bridge asks (`client`), over a unix socket; the unit runs one command for one request (`runner`), within bounds
(`process`). What is run the unit reads from the settings itself, so that whoever may ask can have nothing else run.

A request is one line of JSON, `{"op": "transcribe", "size": 1234, "suffix": ".ogg"}`, with so many bytes behind it. The
answer is `{"begun": true}` just before the command is started, and then one line with `ok` and `text`, or with `error`.
"""

from __future__ import annotations

TRANSCRIBE = "transcribe_command"
ESCALATE = "escalation_command"
COMMANDS = {"transcribe": TRANSCRIBE, "escalate": ESCALATE}
"""What can be asked for, and the setting that names the command."""

CHECK = "check"
"""Asks which commands there are, and what is wrong with them."""

REQUEST_BYTES = 4096
"""A request's line."""

MOST_BYTES = 256 * 1024 * 1024
"""A file or words that are handed over."""

MOST_OUTPUT = 256 * 1024
"""What a command may print: words that were spoken for some hours."""

ESCALATION_SECONDS = 60.0
"""What `escalation_command` may take."""

LONGEST_TRANSCRIPTION = 120.0
"""What `transcribe_command` may take at most, whatever the settings say: other messages wait so long."""

SUFFIXES = {
    "audio/aac": ".aac",
    "audio/amr": ".amr",
    "audio/flac": ".flac",
    "audio/mp4": ".m4a",
    "audio/mpeg": ".mp3",
    "audio/ogg": ".ogg",
    "audio/opus": ".opus",
    "audio/wav": ".wav",
    "audio/webm": ".webm",
    "audio/x-m4a": ".m4a",
    "audio/x-wav": ".wav",
}
"""What the name of a file ends with, by its type: some programs look at that."""


def suffix_of(path: str, mimetype: str) -> str:
    """How the name of a copy of the file ends: one of `SUFFIXES`, or not at all."""
    plain = mimetype.partition(";")[0].strip().lower()
    if plain in SUFFIXES:
        return SUFFIXES[plain]
    return next((one for one in SUFFIXES.values() if path.lower().endswith(one)), "")
