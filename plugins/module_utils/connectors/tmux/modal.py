# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What says that a screen is modal: footers that name the keys of a dialog, questions, pagers, editors."""

from __future__ import annotations

import re

from .areas import Area
from .block import Found
from .screen import Screen

_ESCAPE = re.compile(
    r"(?i)(?<!\()\besc(?:ape)?\b\]?[\s:·=]*(?:to\s+)?"
    r"(?:cancel|close|go back|back|exit(?! (?:shell|bash|plan|mode))|dismiss|quit|return|abort|deny|reject|skip)\b"
)
_LEAVE = re.compile(
    r"(?i)\(?(?:use|press|hit)?\s*enter (?:to )?(?:select|confirm|close|continue|choose|save)\b"
    r"|^\s*\W{0,2}q(?: to)? (?:close|quit)\b|\bspace(?:bar)? (?:to )?(?:toggle|select)\b"
    r"|[↑↓⇅]\S*\s+(?:to )?(?:navigate|select|browse|move|choose)\b|\b(?:arrow keys|arrows) (?:to )?(?:navigate|select|move)"
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
_PAGER = re.compile(r"^\s*(?:--\s?more\s?--.*|\(END\)|lines \d+-\d+.*|:|.*\(press h for help or q to quit\)|~\s*\(END\))\s*$", re.I)
_MENU_LINE = re.compile(r"^[\s│┃|]*(?P<pointer>[❯›●▶▸>→➤◉◆✔✓]|\([x* ●]\)|\[[x* ]\])?\s*(?P<number>\d{1,2})?[.)]?\s+\S")
_COMPLETED = re.compile(r"(?:^|\s)[/@#$!?][^\s]*$")
_COUNT = re.compile(r"^[\s│┃|]*\d+/\d+(?:\s*\(\d+\))?[\s─━│┃|]*$")


def veto(screen: Screen, found: Found) -> str | None:
    """Why an area that looks like an input block is a field of something modal, or None."""
    area, block = found.area, found.block
    if area is None or block is None:
        return None
    if area.nested:
        return "the cursor is in a box within another box"
    if editor(screen):
        return "the screen is an editor's"
    completed = _COMPLETED.search(block.draft)
    if not completed:
        line = footer_below(screen, block.bottom + 1)
        if line:
            return f"keys of a dialog are named below the cursor: {line}"
    beside = (screen.line(area.top - 1), *screen.lines[area.top : area.bottom + 2])
    if any(_COUNT.match(line) for line in beside):
        return "the cursor is where a list is filtered"
    above = screen.line(area.top - 1)
    if area.kind == "sign" and not block.draft and _PROMPT_END.search(above):
        return f"the line above the cursor asks: {above.strip()}"
    if area.kind in ("frame", "ground") and not block.draft and _listed(screen, area) > 2:
        return "a list stands below the cursor in the same panel"
    if area.kind in ("frame", "ground", "rules") and panel_title(_first(screen, found)):
        return "the cursor is in a panel that Esc closes"
    if area.kind != "prompt" and "\n" not in block.draft and _SECRET.search(_left(screen)):
        return "a secret is asked for where the cursor is"
    return None


def footer_below(screen: Screen, start: int) -> str | None:
    """The line at or below `start` that names keys which leave a dialog."""
    return next((line.strip(" │┃") for line in screen.lines[start:] if footer(line)), None)


def footer(line: str) -> bool:
    """Whether a line names keys which leave a dialog."""
    return bool(_ESCAPE.search(line) or _LEAVE.search(line))


def panel_title(line: str) -> str | None:
    """What stands before an `esc` alone at the right: the title of a panel that it closes."""
    match = _LONE_ESCAPE.search(line)
    return re.split(r"\s{3,}", line[: match.start()])[-1].strip(" │┃") or None if match else None


def wants_secret(line: str) -> bool:
    """Whether a line tells the reader to type a key, a password or a code."""
    return bool(_WANTED.search(line))


def editor(screen: Screen) -> bool:
    """Whether the rows are marked as being behind the end of a file, or name an editor's mode."""
    tildes = sum(line == "~" for line in screen.lines)
    return tildes >= 3 or any(re.match(r"^-- (?:INSERT|VISUAL|REPLACE|NORMAL)", line) for line in screen.lines[-3:])


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
    return bool(_PROMPT_END.search(line))


def _listed(screen: Screen, area: Area) -> int:
    """How many rows of the area are written below the cursor's."""
    start = screen.cursor.y + 1 if screen.cursor else area.top
    texts = (screen.rows[number].between(area.left, area.right) for number in range(start, area.bottom + 1))
    return sum(bool(text.strip()) for text in texts)


def _first(screen: Screen, found: Found) -> str:
    area = found.area
    if area is None:
        return ""
    texts = (screen.rows[number].between(area.left, area.right) for number in range(area.top, area.bottom + 1))
    return next((text for text in texts if text.strip()), "")


def _left(screen: Screen) -> str:
    cursor = screen.cursor
    if cursor is None or cursor.y >= len(screen.rows):
        return ""
    return screen.rows[cursor.y].between(0, cursor.x)
