# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One screen says how the bridge is: in words, in colour only where that is wanted, drawn in place."""

from __future__ import annotations

import io
from typing import Any

import pytest
from mosaic_connectors.cli.spinner import Spinner
from mosaic_connectors.cli.status_screen import StatusScreen, age, away, draw, is_up
from mosaic_connectors.terminal import wants_colour

NOW = 1_800_000_000.0
SOON = "2027-01-15T07:59:50.000Z"  # ten seconds before NOW


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def answer(**change: Any) -> dict[str, Any]:
    document: dict[str, Any] = {
        "kind": "matrix",
        "ready": True,
        "started": SOON,
        "health": {"reachable": True, "authenticated": True, "last_seen": SOON, "detail": "fine"},
        "obstructed": False,
        "session": {"name": "orchestrator", "state": "running", "detail": None},
        "inbox": {"waiting": 2, "holding": None},
        "outbox": {"waiting": 1, "dead": 3},
        "dropped": 4,
        "last": {
            "in": {"at": SOON, "sender": "@a:b", "state": "submitted"},
            "out": {"at": SOON, "state": "sent", "detail": None},
        },
        "errors": [],
    }
    return {**document, **change}


def test_everything_is_on_one_screen() -> None:
    text = "\n".join(draw(answer(), NOW))
    for part in (
        "channel   matrix: up",
        "server    reachable, logged in; last seen 10 s ago",
        "session   orchestrator: running",
        "inbox     2 waiting",
        "last message 10 s ago from @a:b: submitted",
        "outbox    1 waiting, 3 dead letters",
        "last message 10 s ago: sent",
        "dropped   4 messages",
        "errors    none since the start 10 s ago",
    ):
        assert part in text
    assert "\x1b" not in text


def test_a_channel_that_lets_nobody_in_is_down_and_says_why() -> None:
    health = {"reachable": True, "authenticated": False, "last_seen": None, "detail": "the token is dead"}
    shown = answer(health=health, inbox={"waiting": 1, "holding": "dialog"})
    text = "\n".join(draw(shown, NOW))
    assert not is_up(shown)
    assert "matrix: down" in text
    assert "NOT logged in; last seen never" in text
    assert "the token is dead" in text
    assert "1 waiting (held: dialog)" in text


def test_a_channel_without_a_conversation_is_not_called_up() -> None:
    """The bot is let in and may not talk."""
    shown = answer(obstructed=True)
    assert not is_up(shown)
    assert "matrix: obstructed" in "\n".join(draw(shown, NOW))


def test_what_somebody_else_wrote_is_shown_and_not_obeyed() -> None:
    """An error may quote a server: no escape sequence of it reaches the terminal."""
    errors = [{"at": SOON, "level": "error", "message": "evil \x1b[2J\nforged"}]
    text = "\n".join(draw(answer(errors=errors), NOW, colour=False, width=60))
    assert "evil [2J forged" in text
    assert "\x1b" not in text


def test_lines_keep_to_the_width_of_the_terminal() -> None:
    errors = [{"at": SOON, "level": "error", "message": "word " * 60}]
    assert max(map(len, draw(answer(errors=errors), NOW, width=40))) <= 40


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "just now"), (60, "60 s ago"), (3600, "60 min ago"), (7200, "2 h ago"), (1e6, "11 days ago")],
)
def test_an_age_is_in_words(seconds: float, words: str) -> None:
    assert age("2027-01-15T08:00:00Z", NOW + seconds) == words


def test_a_watched_screen_is_drawn_over_the_last_one() -> None:
    terminal = Terminal()
    screen = StatusScreen(terminal)
    screen.show(["one", "two"])
    terminal.seek(0)
    terminal.truncate()
    screen.show(away("gone"))
    drawn = terminal.getvalue()
    assert drawn.startswith("\x1b[3F")
    assert drawn.endswith("\x1b[J")
    assert "away" in drawn


def test_into_a_pipe_every_picture_follows_the_last_one() -> None:
    pipe = io.StringIO()
    StatusScreen(pipe).show(["one"])
    assert "\x1b" not in pipe.getvalue()
    assert pipe.getvalue().endswith("one\n\n")


@pytest.mark.parametrize(
    ("terminal", "environ", "wanted"),
    [
        (True, {}, True),
        (True, {"NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": ""}, True),
        (True, {"TERM": "dumb"}, False),
        (False, {}, False),
    ],
)
def test_colour_is_for_terminals_and_only_where_nobody_minds(
    terminal: bool, environ: dict[str, str], wanted: bool
) -> None:
    stream = Terminal() if terminal else io.StringIO()
    assert wants_colour(stream, environ) is wanted


def test_a_long_wait_is_told_and_a_short_one_is_not() -> None:
    """And nothing of it is left on the screen."""
    terminal, pipe = Terminal(), io.StringIO()
    with Spinner("asking", stream=terminal, quiet=30):
        pass
    assert terminal.getvalue() == ""
    with Spinner("asking", stream=pipe, quiet=0.0), Spinner("asking", stream=terminal, quiet=0.0):
        import time

        time.sleep(0.2)
    assert pipe.getvalue() == ""
    assert "… asking (0 s)" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
