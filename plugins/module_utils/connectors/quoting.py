# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a message names another one that it answers: by its id and its first words, in one harmless line."""

from __future__ import annotations

from .terminal import one_line

LONGEST_QUOTE = 80
"""Characters of a message that are repeated where another answers it."""

_LONGEST_ID = 255


def named(message_id: str, words: str | None, author: str | None = None) -> str:
    """A message as it is named in front of its answer: `$id of @author: the first words`."""
    who = f" of {one_line(author, 100)}" if author else ""
    what = f": {one_line(words[: LONGEST_QUOTE * 4], LONGEST_QUOTE)}" if words and words.strip() else ""
    return f"{one_line(message_id, _LONGEST_ID)}{who}{what}"
