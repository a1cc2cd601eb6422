# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What says that a screen is modal: footers that name the keys of a dialog, questions, pagers, editors."""

from __future__ import annotations

import re

from .areas import Area
from .block import Found
from .reading import InputBlock
from .screen import Screen

_ESCAPE = re.compile(
    r"(?i)(?<!\()\besc(?:ape)?\b\]?[\s:·=]*(?:to\s+)?"
    r"(?:cancel|close|go back|back|exit(?! (?:shell|bash|plan|mode))|dismiss|quit|return|abort|deny|reject|skip)\b"
)
_LEAVE = re.compile(
    r"(?i)\(?(?:use|press|hit)?\s*enter (?:to )?(?:select|confirm|close|continue|choose|save)\b"
    r"|\benter (?:to )?submit (?:the |your )?(?:answers?|code|key|all)\b"
    r"|^\s*\W{0,2}q(?: to)? (?:close|quit)\b|\bspace(?:bar)? (?:to )?(?:toggle|select)\b"
    r"|[↑↓⇅]\S*\s+(?:to )?(?:navigate|select|browse|move|choose)\b|\b(?:arrow keys|arrows) (?:to )?(?:navigate|select|move)"
    r"|\(use arrow keys\)|^\s*press q to (?:exit|quit|close)\b"
)
_QUESTION = re.compile(
    r"(?i)[\[(](?:y(?:es)?/n(?:o)?(?:/[^)\]]*)?|n/y)[\])]|\(y\)es/\(n\)o"
    r"|press (?:enter|return|any key) to (?:continue|confirm|proceed)"
)
_SECRET = re.compile(
    r"(?i)\b(?:password|passphrase|passcode|pin|verification code|one-time (?:code|password)|otp|2fa|mfa|api[ _-]?key"
    r"|(?:access |auth |secret )?token|secret|username|user name|login)\b[^:?>]{0,80}[:?>]\s*[*•●]*\s*$"
)
_WANTED = re.compile(
    r"(?i)\b(?:enter|paste|type|provide|input)\b.{0,40}\b(?:api[ _-]?key|token|password|passphrase|secret|code|pin)\b"
)
_LONE_ESCAPE = re.compile(r"\s{3,}\[?esc(?:/enter|\])?\s*$", re.I)
_PROMPT_END = re.compile(r"[:?]\s*$")
_PAGER = re.compile(
    r"(?i)^\s*(?:--\s?more\s?--.*|(?:\S+ |~\s*)?\(END\)|lines \d+-\d+.*|:|.*\((?:press h for help or )?q to quit\)"
    r"|.*-- press return for more, or q when done)\s*$"
)
_ASKS = re.compile(r"[:?]\s*(?:\([^()]*\)|\[[^\[\]]*\])?\s*$|^\?\s\S|^[A-Z]\w+ [\w ]+>$")
"""How a prompt ends, with the answer that it takes for granted, or begins."""

_EDITS = re.compile(
    r"^-- (?:INSERT|VISUAL|REPLACE|NORMAL)|\s\d+,\d+(?:-\d+)?\s+(?:Top|Bot|All|\d+%)\s*$|^\^G Help\b"
)
"""The last lines of vi's kind, and nano's."""

_BUTTON = r"<\s{0,2}[A-Z][\w ]{1,14}?\s{0,2}>"
_BUTTONS = re.compile(rf"{_BUTTON}\s{{2,}}{_BUTTON}")
"""What dialog(1) and whiptail end with."""

_COMPLETED = re.compile(r"(?:^|\s)[/@#$!?][^\s]*$")
_OPTION = re.compile(r"^\s{0,4}(?P<number>\d{1,3})\)\s+\S")
_STATUS_ROWS = 2
_HINT_ROWS = 3
_CHOSEN = re.compile(r"^[\s│┃|]*[❯›→➤▶▸●○◆◇]\s+\S")
_COUNT = re.compile(r"^[\s│┃|]*\(?\d+/\d+\)?(?:\s*\(\d+\))?[\s─━│┃|]*$")


def veto(screen: Screen, found: Found) -> str | None:
    """Why an area that looks like an input block is a field of something modal, or None."""
    if found.area is None or found.block is None:
        return None
    return next(
        (reason for check in _VETOES if (reason := check(screen, found.area, found.block, found))), None
    )


def _nested(_screen: Screen, area: Area, _block: InputBlock, _found: Found) -> str | None:
    return "the cursor is in a box within another box" if area.nested else None


def _edited(screen: Screen, area: Area, _block: InputBlock, _found: Found) -> str | None:
    return "the screen is an editor's" if editor(screen, area.top) else None


def _left_over(screen: Screen, area: Area, block: InputBlock, found: Found) -> str | None:
    """A drawn cursor that the terminal's own does not stand at may be of a picture that nobody erased.

    Then what is drawn below it tells: below a live block there are a few lines of hints, and nothing else.
    """
    cursor = found.cursor
    if (
        cursor is None
        or block.draft
        or not cursor.drawn
        or (cursor.x, cursor.y) == (screen.cursor_x, screen.cursor_y)
    ):
        return None
    below = range(area.bottom + 2, len(screen.lines))  # its own edge left out
    written = [number for number in below if screen.lines[number].strip()]
    drawn = any(number in screen.rules or _CHOSEN.match(screen.lines[number]) for number in written)
    if len(written) > _HINT_ROWS or drawn:
        return "other things are drawn below the cell that may be a cursor"
    return None


def _keys_below(screen: Screen, _area: Area, block: InputBlock, found: Found) -> str | None:
    if _COMPLETED.search(block.draft):
        return None  # what is below completes the word that is typed
    start = found.cursor.y + 1 if found.cursor and not block.draft else block.bottom + 1
    line = footer_below(screen, start)
    return f"keys of a dialog are named below the cursor: {line}" if line else None


def _buttons_below(screen: Screen, _area: Area, _block: InputBlock, found: Found) -> str | None:
    below = screen.lines[found.cursor.y + 1 :] if found.cursor else ()
    line = next((line for line in below if buttons(line)), None)
    return f"buttons stand below the cursor: {line.strip(' │x')}" if line else None


def _filtered(screen: Screen, area: Area, _block: InputBlock, _found: Found) -> str | None:
    beside = (screen.line(area.top - 1), *screen.lines[area.top : area.bottom + 2])
    return "the cursor is where a list is filtered" if any(_COUNT.match(line) for line in beside) else None


def _asked_above(screen: Screen, area: Area, block: InputBlock, _found: Found) -> str | None:
    above = screen.line(area.top - 1)
    if area.kind != "sign" or block.draft or not _PROMPT_END.search(above):
        return None
    return f"the line above the cursor asks: {above.strip()}"


def _list_below(screen: Screen, area: Area, block: InputBlock, found: Found) -> str | None:
    """Below an empty field of a panel; a few rows may be status lines in the block's own frame."""
    if block.draft or found.cursor is None:
        return None
    if area.kind == "sign":
        below = screen.lines[found.cursor.y + 1 :]
        return "a list stands below the cursor" if any(map(_CHOSEN.match, below)) else None
    texts = (row.between(area.left, area.right) for row in screen.rows[found.cursor.y + 1 : area.bottom + 1])
    written = sum(bool(text.strip()) for text in texts)
    return "a list stands below the cursor in the same panel" if written > _STATUS_ROWS else None


def _selected(screen: Screen, area: Area, block: InputBlock, _found: Found) -> str | None:
    """A shell's `select`: a list right above the prompt. A line editor's or a full-screen program's is an answer."""
    if not block.bare or screen.line_mode is False or not _OPTION.match(screen.line(area.top - 1)):
        return None
    top = area.top - 1
    while _OPTION.match(screen.line(top - 1)):
        top -= 1
    first = _OPTION.match(screen.line(top))
    return "a list to choose from stands right above the cursor" if first and first["number"] == "1" else None


def _panel(screen: Screen, area: Area, _block: InputBlock, _found: Found) -> str | None:
    if area.kind not in ("frame", "ground", "rules"):
        return None
    texts = (row.between(area.left, area.right) for row in screen.rows[area.top : area.bottom + 1])
    title = panel_title(next((text for text in texts if text.strip()), ""))
    return f"the cursor is in a panel that Esc closes: {title}" if title else None


def _secret_left(screen: Screen, area: Area, block: InputBlock, found: Found) -> str | None:
    if area.kind == "prompt" or "\n" in block.draft or found.cursor is None:
        return None
    left = screen.rows[found.cursor.y].between(0, found.cursor.x)
    return "a secret is asked for where the cursor is" if secret(left) else None


_VETOES = (
    _nested,
    _edited,
    _left_over,
    _keys_below,
    _buttons_below,
    _filtered,
    _asked_above,
    _selected,
    _list_below,
    _panel,
    _secret_left,
)


def footer_below(screen: Screen, start: int) -> str | None:
    """The line at or below `start` that names keys which leave a dialog."""
    rows = range(start, len(screen.lines))
    return next((screen.lines[row].strip(" │┃") for row in rows if footer(screen, row)), None)


def footer(screen: Screen, row: int) -> bool:
    """Whether a row names keys which leave a dialog, by itself or with the next one that it runs on into."""
    line, beyond = screen.line(row), screen.line(row + 1).strip(" │┃")
    joined = f"{line.rstrip(' │┃')} {beyond}" if line.strip() and beyond else line
    return any(_ESCAPE.search(text) or _LEAVE.search(text) for text in (line, joined))


def panel_title(line: str) -> str | None:
    """What stands before an `esc` alone at the right: the title of a panel that it closes."""
    match = _LONE_ESCAPE.search(line)
    return re.split(r"\s{3,}", line[: match.start()])[-1].strip(" │┃") or None if match else None


def wants_secret(line: str) -> bool:
    """Whether a line tells the reader to type a key, a password or a code."""
    return bool(_WANTED.search(line))


def editor(screen: Screen, start: int = 0) -> bool:
    """Whether the rows from `start` on are marked as being behind the end of a file, or name an editor's mode."""
    tildes = sum(line == "~" for line in screen.lines[start:])
    written = [line for line in screen.lines[start:] if line.strip()]
    return tildes >= 3 or any(map(_EDITS.search, written[-2:]))


def question(line: str) -> bool:
    """Whether a line asks for yes or no, or for a key."""
    return bool(_QUESTION.search(line))


def secret(line: str) -> bool:
    """Whether a line asks for something that nobody should read."""
    return bool(_SECRET.search(line))


def pager(line: str) -> bool:
    """Whether a line is a pager's."""
    return bool(_PAGER.match(line))


def asks(line: str) -> bool:
    """Whether a line ends as a prompt for an answer does."""
    return bool(_ASKS.search(line))


def buttons(line: str) -> bool:
    """Whether a line offers `<Ok>` and `<Cancel>`, or others of their kind."""
    return bool(_BUTTONS.search(line))
