# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a pane shows, read as a human would: is a question open, is something half typed.

The patterns know the common agent programs (Claude Code, Codex, Gemini CLI, OpenCode, aider, Goose);
the settings extend them. Placeholders are shown faint by all of these and are not drafts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

BOTTOM_LINES = 30
"""How far up from the last written line a dialog is looked for."""

DIALOG_PATTERNS: tuple[str, ...] = (
    # A cursor on a numbered choice: Claude Code, Codex, Gemini CLI.
    r"^[\s│┃|]*[❯›●▶>]\s*\d+[.)]\s+\S",
    r"(?i)^[\s│┃|]*do you want to (?:proceed|continue|allow|make this edit|create|overwrite|run)\b.*\?",
    r"(?i)^[\s│┃|]*would you like to (?:run|make|apply|proceed|continue)\b.*\?",
    r"(?i)^[\s│┃|]*do you trust (?:the (?:files|contents)|this folder)",
    r"(?i)^[\s│┃|]*(?:allow|approve) (?:execution|command|this|tool)\b.*\?",
    r"(?i)^[\s│┃|△]*permission required",
    r"(?i)\ballow once\b.*\b(?:allow always|reject|deny)\b",
    r"(?i)^[\s│┃|]*waiting for (?:user confirmation|permission|approval)",
)
"""A line near the end of the screen that belongs to a dialog."""

QUESTION_PATTERNS: tuple[str, ...] = (
    r"(?i)[\[(](?:y(?:es)?/n(?:o)?(?:/\w+)*|n/y)[\])]",
    r"(?i)\(y\)es/\(n\)o",
    r"(?i)press (?:enter|return|any key) to (?:continue|confirm|proceed)",
    r"(?i)\b(?:password|passphrase)[^:]{0,60}:\s*$",
)
"""Asked in the line the cursor is on, or in the last written one; anywhere else it is history."""

DRAFT_PATTERNS: tuple[str, ...] = (
    r"^[\s│┃|]*[❯›](?:[ \u00a0](?P<draft>.*?))?[\s│┃|]*$",
    r"^[│┃|]\s*>(?:[ \u00a0](?P<draft>.*?))?[\s│┃|]*$",
    r"^>(?:[ \u00a0](?P<draft>.*?))?\s*$",
)
"""An input line; its group is what has been typed into it so far."""

_RULE = re.compile(r"^\s*[╭╰┌└├─━▀▄]{3,}|^\s*[╭╰┌└]")
_SGR = re.compile(r"\x1b\[([0-9;:]*)m")
_OTHER_ESCAPE = re.compile(r"\x1b(?:\[[0-9;:?]*[A-Za-ln-z]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Za-z0-9]|.)")


@dataclass(frozen=True)
class Patterns:
    """The compiled patterns of one pane."""

    dialogs: tuple[re.Pattern[str], ...]
    questions: tuple[re.Pattern[str], ...]
    drafts: tuple[re.Pattern[str], ...]
    own_drafts: tuple[re.Pattern[str], ...] = ()

    @classmethod
    def build(cls, dialogs: Iterable[str] = (), drafts: Iterable[str] = ()) -> Patterns:
        """The built-in patterns and the given ones."""
        return cls(
            dialogs=tuple(re.compile(one) for one in (*dialogs, *DIALOG_PATTERNS)),
            questions=tuple(re.compile(one) for one in QUESTION_PATTERNS),
            drafts=tuple(re.compile(one) for one in DRAFT_PATTERNS),
            own_drafts=tuple(re.compile(one) for one in drafts),
        )


@dataclass(frozen=True)
class Screen:
    """The visible lines of a pane, without colours and without faint text, and where its cursor is."""

    lines: tuple[str, ...]
    cursor_x: int = 0
    cursor_y: int = 0
    history: int = 0

    @classmethod
    def parse(cls, captured: str, cursor_x: int = 0, cursor_y: int = 0, history: int = 0) -> Screen:
        """Read the output of `capture-pane -e -p`."""
        return cls(tuple(plain_lines(captured)), cursor_x, cursor_y, history)

    def dialog(self, patterns: Patterns) -> str | None:
        """The line that shows an open dialog, or None."""
        written = [line for line in self.lines if line.strip()][-BOTTOM_LINES:]
        for line in reversed(written):
            if any(pattern.search(line) for pattern in patterns.dialogs):
                return line.strip()
        asked = [self._cursor_line(), *written[-1:]]
        for line in asked:
            if any(pattern.search(line) for pattern in patterns.questions):
                return line.strip()
        return None

    def draft(self, patterns: Patterns) -> str | None:
        """What is typed in the input line; None when the screen shows none."""
        for index in range(len(self.lines) - 1, -1, -1):
            line = self.lines[index]
            if not line.strip():
                continue
            for pattern in patterns.own_drafts:
                match = pattern.search(line)
                if match:
                    return ((match.group(1) if pattern.groups else match.group(0)) or "").strip()
            match = next(filter(None, (pattern.search(line) for pattern in patterns.drafts)), None)
            if match and self._is_input_line(index):
                return (match.group("draft") or "").strip()
        return None

    def tail(self, count: int = 8) -> str:
        """The last written lines, for a human."""
        return "\n".join([line.rstrip() for line in self.lines if line.strip()][-count:])

    def _is_input_line(self, index: int) -> bool:
        """Whether a prompt sign at this line is live: framed, or the cursor is in the text behind it.

        A transcript shows the same signs; taking one for a draft would hold messages for ever.
        """
        around = self.lines[max(index - 1, 0) : index + 2]
        if self.lines[index].lstrip()[:1] in "│┃" or any(_RULE.match(line) for line in around):
            return True
        return index <= self.cursor_y and all(line.strip() for line in self.lines[index : self.cursor_y + 1])

    def _cursor_line(self) -> str:
        return self.lines[self.cursor_y] if self.cursor_y < len(self.lines) else ""


def plain_lines(captured: str) -> list[str]:
    """The lines of a capture with escapes removed and faint text blanked out.

    The single inverse character before a faint run is a drawn cursor standing on a placeholder.
    """
    lines = []
    faint = inverse = False
    for raw in captured.split("\n"):
        text, faint, inverse = _plain_line(raw, faint, inverse)
        lines.append(text)
    return lines


def _plain_line(raw: str, faint: bool, inverse: bool) -> tuple[str, bool, bool]:
    runs: list[tuple[str, bool, bool]] = []
    position = 0
    for match in _SGR.finditer(raw):
        runs.append((_OTHER_ESCAPE.sub("", raw[position : match.start()]), faint, inverse))
        faint, inverse = _apply_sgr(match.group(1), faint, inverse)
        position = match.end()
    runs.append((_OTHER_ESCAPE.sub("", raw[position:]), faint, inverse))
    runs = [run for run in runs if run[0]]
    text = ""
    for index, (part, is_faint, is_inverse) in enumerate(runs):
        before_faint = index + 1 < len(runs) and runs[index + 1][1]
        hidden = is_faint or (is_inverse and len(part) == 1 and before_faint)
        text += " " * len(part) if hidden else part
    return text.rstrip(), faint, inverse


def _apply_sgr(parameters: str, faint: bool, inverse: bool) -> tuple[bool, bool]:
    # A colon belongs to one parameter ("4:2" is a double underline, not faint); no such one matters here.
    codes = iter((parameters or "0").split(";"))
    for code in codes:
        if code in ("38", "48", "58"):
            # An extended colour: its arguments are no attributes (38;2;r;g;b and 38;5;n).
            for _unused in range(3 if next(codes, "") == "2" else 1):
                next(codes, "")
        elif code in ("", "0"):
            faint = inverse = False
        elif code == "2":
            faint = True
        elif code == "22":
            faint = False
        elif code == "7":
            inverse = True
        elif code == "27":
            inverse = False
    return faint, inverse
