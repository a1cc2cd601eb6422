# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether what stands in an input block is a text of ours, and how a text is typed so that it arrives as written."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from enum import Enum
from functools import lru_cache

SHOWN_LETTERS = 16
"""How much of a draft has to agree with a text to be taken for a part of it: one letter is nobody's."""

CARET_TAB = "^I"
"""How prompt_toolkit shows a tab that was pasted."""

_PASTE_SIGN = re.compile(r"\[?\(?\s*past(?:ed|e)\b[^\[\]]*\d[^\[\]]*\]", re.IGNORECASE)
"""`[Pasted text #1 +60 lines]`, `[Pasted Content 8192 chars]`: how programs show a large paste. The bare word is
anybody's: `paste the log here`."""

_COUNTED = re.compile(r"(\d+) (char|line)", re.IGNORECASE)

_SIGNED_LETTERS = 100
"""How long a text in one line is at least that a program shows by a sign."""

_ODD_LETTERS = 12
"""How many letters a program draws at most for one that it cannot show."""

_ALIKE_LETTERS = 8
"""How much of a text's begin or end makes a draft look like a changed form of it."""

_AROUND_A_SIGN = "[]().…"
"""What stands between a sign and the words in front of it: `[the text begins so... Pasted +60 lines]`."""

_COMPLETED = re.compile(r"(?:(?:^|\s)[@$/#:][^\s]*|\\)\Z")
"""An end that an input block may complete or continue when Enter comes: a mention, a command, a backslash."""


_RUNS = re.compile(r"([^\x21-\x7e]*)([\x21-\x7e]+|\Z)")


class Standing(Enum):
    """How a draft and a text belong together."""

    WHOLE = "whole"
    """The draft is the text, or the program's sign for it."""
    END = "end"
    """The draft is the text's end, which a small box shows of it, or all of it with odd letters drawn otherwise: what
    shows the end has the rest."""
    PART = "part"
    """The draft is a piece without the end: as far as the text has come, or all that a program takes of one."""
    MIXED = "mixed"
    """The draft holds the text and more: somebody else typed as well."""
    ABSENT = "absent"


def typed_form(text: str, blank_after: str = "", tab: str = "\t") -> str:
    """`text` as it is typed: without the line feeds at its end, and closed with a blank where its end invites.

    A completion that Enter would accept (`@READ` becoming `@README.md`) ends at the blank, and so does a backslash
    that would turn Enter into a line feed. Agent programs cut the blank off again or hand it on; both are exact.
    `blank_after` is what the program's table knows beside the general rule, as a pattern, and `tab` what is typed for
    a tab.
    """
    text = text.rstrip("\n").replace("\t", tab)
    invites = _COMPLETED.search(text) or (blank_after and re.search(blank_after, text))
    return f"{text} " if invites else text


def standing(text: str, draft: str | None, *, scrolled: bool = False, roomy: bool = False) -> Standing:
    """What of `text` stands in `draft`, blanks and line breaks aside: a block wraps as it likes.

    `scrolled` says that it may begin above what the block shows, `roomy` that the block has room for more of a line.
    """
    ours, theirs = letters(text), letters(draft or "")
    if not theirs:
        return Standing.ABSENT
    if "\t" in text and CARET_TAB in theirs:
        ours = letters(text.replace("\t", CARET_TAB))
    if theirs == ours:
        return Standing.WHOLE
    piece = _piece(ours, theirs, scrolled=scrolled, roomy=roomy)
    if piece is not Standing.ABSENT:
        return piece
    return Standing.MIXED if ours and ours in theirs else _by_signs(text, draft or "")


def _piece(ours: str, theirs: str, *, scrolled: bool, roomy: bool) -> Standing:
    """Which piece of a text a draft is: only its end says that the program has all of it."""
    if len(theirs) < min(len(ours), SHOWN_LETTERS):
        return Standing.ABSENT
    begins = ours.startswith(theirs)
    if ours.endswith(theirs) and (scrolled or not begins):
        return Standing.PART if roomy else Standing.END
    if begins or (scrolled and theirs in ours):
        return Standing.PART
    alike = ours[:SHOWN_LETTERS] == theirs[:SHOWN_LETTERS] and ours[-4:] == theirs[-4:]
    if alike and len(ours) > SHOWN_LETTERS and ours not in theirs and _drawn_otherwise(ours, theirs):
        return Standing.END
    return Standing.ABSENT


def _drawn_otherwise(ours: str, theirs: str) -> bool:
    """Whether all plain letters are there, and only the others (an emoji, a script) are drawn in other signs.

    Any other difference was made by somebody: `staging` for `production` in the middle of a text.
    """
    place = 0
    for odd, plain in _RUNS.findall(ours):
        furthest = place + len(odd) * _ODD_LETTERS
        if not plain:
            return len(theirs) <= furthest
        found = theirs.find(plain, place, furthest + len(plain))
        if found < 0:
            return False
        place = found + len(plain)
    return place == len(theirs)


def resembles(text: str, draft: str) -> bool:
    """Whether a draft may be a changed form of `text`: then nobody can say that the text is gone."""
    ours, theirs = letters(text).casefold(), letters(draft).casefold()
    some = min(_ALIKE_LETTERS, len(ours))
    return bool(theirs) and (ours[:some] == theirs[:some] or ours[-some:] == theirs[-some:])


def _by_signs(text: str, draft: str) -> Standing:
    """A large paste is shown as a sign, whole or behind the words in front of it."""
    large = "\n" in text or len(text) >= _SIGNED_LETTERS
    if not large or not _PASTE_SIGN.search(draft) or _PASTE_SIGN.search(text):
        return Standing.ABSENT
    rest = letters(_PASTE_SIGN.sub("", draft)).strip(_AROUND_A_SIGN)
    if not letters(text).strip(_AROUND_A_SIGN).startswith(rest):
        return Standing.MIXED
    # A sign that counts less than there is is of a paste that is coming still, or was cut. Lines are counted in many ways.
    counted = _COUNTED.findall(draft)
    letters_told = sum(int(number) for number, unit in counted if unit.lower() == "char")
    lines_told = sum(int(number) for number, unit in counted if unit.lower() == "line")
    few = 0 < letters_told < 0.9 * (len(text) - len(rest))
    return Standing.PART if few or 0 < lines_told < 0.9 * text.count("\n") - 2 else Standing.WHOLE


def digest(text: str) -> str:
    """What a text is known by afterwards, blanks and line breaks aside."""
    return hashlib.sha256(letters(text).encode("utf-8", "replace")).hexdigest()[:32]


@lru_cache(maxsize=4)  # a large text is compared at every look
def letters(text: str) -> str:
    """What is compared: no blanks, no zero-width signs, one normal form."""
    normal = unicodedata.normalize("NFC", text)
    return "".join(
        one
        for one in normal
        if not one.isspace() and unicodedata.category(one) not in ("Cf", "Cc", "Mn", "Me")
    )
