# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `status` shows: the bridge's answer as a screenful of lines, drawn in place when it is watched."""

from __future__ import annotations

import shutil
import textwrap
import time
from datetime import datetime, timezone
from typing import Any, TextIO

from ..terminal import neutralise, paint, redraw, show, wants_colour

SHOWN_ERRORS = 5
"""The newest ones that fit on the screen; --json has all."""

SHOWN_QUESTIONS = 10
"""The first that expire."""

_SESSION_MOODS = {"running": "good", "asking": "warn", "ended": "bad", "away": "bad"}
_LABEL = 10


def is_up(answer: dict[str, Any]) -> bool:
    """Whether one can talk over the channel: reachable, let in, and nothing in the way."""
    health = answer["health"]
    return bool(health["reachable"] and health["authenticated"] and not answer["obstructed"])


def draw(answer: dict[str, Any], now: float, *, colour: bool = False, width: int | None = None) -> list[str]:
    """The lines for an answer of the bridge's operation `status`, at `now` (seconds since the epoch)."""
    health, inbox, outbox = answer["health"], answer["inbox"], answer["outbox"]
    session, last, errors = answer["session"], answer["last"], answer["errors"]
    server = "reachable" if health["reachable"] else "unreachable"
    login = "" if not health["reachable"] else ", logged in" if health["authenticated"] else ", NOT logged in"
    dead = outbox.get("dead", 0)
    held = f" (held: {inbox['holding']})" if inbox["holding"] else ""
    asked = f": {session['detail']}" if session["detail"] else ""
    up, since = is_up(answer), errors[-1:] or [None]
    rows: list[tuple[str, str, str | None]] = [
        (
            "channel",
            f"{answer['kind']}: {'up' if up else 'obstructed' if answer['obstructed'] else 'down'}",
            "good" if up else "bad",
        ),
        ("server", f"{server}{login}; last seen {age(health['last_seen'], now)}", None if up else "bad"),
        ("", health["detail"] or "", None if up else "bad"),
        ("session", f"{session['name']}: {session['state']}{asked}", _SESSION_MOODS.get(session["state"])),
        *([("pane", session["seen"], None)] if session.get("seen") else []),
        ("inbox", f"{inbox['waiting']} waiting{held}", "warn" if held else None),
        ("", _last_in(last["in"], now), "dim"),
        ("outbox", f"{outbox.get('waiting', 0)} waiting, {dead} dead letters", "bad" if dead else None),
        ("", _last_out(last["out"], now), "dim"),
        *_open_questions(answer),
        *_waiting_hooks(answer, now),
        *(
            ("helpers", f"{name} failed: {why}", "bad")
            for name, why in answer.get("helpers", {}).items()
            if why
        ),
        ("dropped", f"{answer['dropped']} messages of people who are no operators", None),
        (
            "errors",
            f"{_many(errors)} since the start {age(answer['started'], now)}",
            "warn" if since[0] else None,
        ),
        *(("", f"{_clock(one['at'])} {one['message']}", "dim") for one in errors[-SHOWN_ERRORS:]),
    ]
    return _lines(rows, colour, width)


def away(error: str, *, colour: bool = False, width: int | None = None) -> list[str]:
    """The lines for a bridge that gives no answer."""
    rows: list[tuple[str, str, str | None]] = [
        ("bridge", "away; looking again", "bad"),
        ("", error, None),
    ]
    return _lines(rows, colour, width)


def age(iso: str | None, now: float) -> str:
    """How long ago an ISO-8601 time was, in words."""
    if iso is None:
        return "never"
    try:
        moment = datetime.fromisoformat(iso.replace("Z", "+00:00"))
    except ValueError:
        return iso
    seconds = max(now - moment.timestamp(), 0)
    if seconds < 2:
        return "just now"
    for limit, size, word in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds // size:.0f} {word} ago"
    return f"{seconds // 86_400:.0f} days ago"


class StatusScreen:
    """Draws lines over the ones drawn before; into a pipe, one picture after the other."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._colour = wants_colour(stream)
        self._drawn = 0

    def manner(self) -> dict[str, Any]:
        """How to draw: with colour or not, and how wide."""
        return {"colour": self._colour, "width": self._size()[0] if self._terminal else None}

    def show(self, lines: list[str]) -> None:
        """Replace the last picture."""
        heading = f"mosaic-connector status, {time.strftime('%H:%M:%S')}, Ctrl-C ends it"
        if not self._terminal:
            show(self._stream, "\n".join((heading, *lines)) + "\n")
            return
        # A line more than the screen has would scroll, and the next picture would miss its place.
        wide, high = self._size()
        shown = [paint(heading[:wide], "dim", self._colour), *lines][: high - 1]
        back = f"\x1b[{self._drawn}F" if self._drawn else ""
        self._stream.write(back + "".join(f"\x1b[K{line}\n" for line in shown) + "\x1b[J")
        self._stream.flush()
        self._drawn = len(shown)

    def leave(self) -> None:
        """Leave the last picture where it is, and the prompt below it."""
        if self._terminal:
            redraw(self._stream)

    def _size(self) -> tuple[int, int]:
        size = shutil.get_terminal_size()
        return max(size.columns, 20), max(size.lines, 2)


def _lines(rows: list[tuple[str, str, str | None]], colour: bool, width: int | None) -> list[str]:
    lines: list[str] = []
    for label, text, mood in rows:
        if not text:
            continue
        # What a server or a pane says is shown, and never obeyed by the terminal.
        words = " ".join(neutralise(text).split())
        pieces = textwrap.wrap(words, max(width - _LABEL, 10)) if width else [words]
        for number, piece in enumerate(pieces):
            lead = (label if number == 0 else "").ljust(_LABEL)
            lines.append(paint(lead, "bold", colour and bool(label)) + paint(piece, mood, colour))
    return lines


def _open_questions(answer: dict[str, Any]) -> list[tuple[str, str, str | None]]:
    """The questions that wait for the operator; none is no line."""
    found = answer.get("questions", {}).get("open", [])
    if not found:
        return []
    more = f" and {len(found) - SHOWN_QUESTIONS} more" if len(found) > SHOWN_QUESTIONS else ""
    return [("asked", f"{len(found)} open: {', '.join(found[:SHOWN_QUESTIONS])}{more}", "warn")]


def _waiting_hooks(answer: dict[str, Any], now: float) -> list[tuple[str, str, str | None]]:
    """The hooks that wait for a permission; none is no line."""
    return [
        (
            "hook",
            f"{one['program']} has waited {max(now - one['since'], 0):.0f} s for the answer to {one['question']}: "
            f"mosaic-connector answer {one['question']} yes",
            "warn",
        )
        for one in answer.get("hooks", [])
    ]


def _last_in(last: dict[str, Any] | None, now: float) -> str:
    if last is None:
        return "no message yet"
    return f"last message {age(last['at'], now)} from {last['sender']}: {last['state']}"


def _last_out(last: dict[str, Any] | None, now: float) -> str:
    if last is None:
        return "no message yet"
    why = f" ({last['detail']})" if last["detail"] else ""
    return f"last message {age(last['at'], now)}: {last['state']}{why}"


def _many(errors: list[dict[str, Any]]) -> str:
    return str(len(errors)) if errors else "none"


def _clock(iso: str) -> str:
    moment = datetime.fromisoformat(iso.replace("Z", "+00:00")).astimezone()
    same_day = moment.date() == datetime.now(timezone.utc).astimezone().date()
    return moment.strftime("%H:%M:%S" if same_day else "%Y-%m-%d %H:%M:%S")
