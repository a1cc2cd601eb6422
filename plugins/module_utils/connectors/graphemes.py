# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters as a reader sees them, which may be several to a computer."""

from __future__ import annotations

import unicodedata


def starts_character(text: str, position: int, since: int = 0) -> bool:
    """Whether a character, as a reader sees it, begins at `position` (> `since`, where one begins).

    Marks, selectors, skin tones, tags, what a joiner joins, the second half of a flag, and the vowels and ends of
    Hangul syllables belong to what stands before them (Unicode Standard Annex 29, without its rarer rules).
    """
    before, after = text[position - 1], text[position]
    if after < "\u0300":  # the common case; a lone CR belongs to its LF, no other of these to anything
        return before != "\u200d" and (before, after) != ("\r", "\n")
    if before == "\u200d" or _continues(after):
        return False
    if _is_flag_half(before) and _is_flag_half(after):
        run = position
        while run > since and _is_flag_half(text[run - 1]):
            run -= 1
        return (position - run) % 2 == 0
    leading = "\u1100" <= before <= "\u115f"
    return not (leading and ("\u1100" <= after <= "\u115f" or "\uac00" <= after <= "\ud7a3"))


def _continues(character: str) -> bool:
    return (
        unicodedata.category(character)[0] == "M"
        or character in "\u200c\u200d\u0e33\u0eb3\uff9e\uff9f"
        or "\u1160" <= character <= "\u11ff"
        or "\ud7b0" <= character <= "\ud7fb"
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
