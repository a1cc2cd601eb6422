# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One client for many commands, against a real tmux."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest
from integration.tmux_server import TmuxServer, wait_for
from mosaic_connectors.errors import TmuxError, TmuxServerError, TmuxTargetError
from mosaic_connectors.tmux.command import Tmux

WORDS = [
    "two words",
    "'a' \"b\"",
    "$HOME ${x} #{pane_id} #(id)",
    "back\\slash\\n",
    "line\nfeed\r\tend",
    "~",
    "%1",
    ";",
    "",
]


@pytest.mark.parametrize("word", WORDS, ids=range(len(WORDS)))
async def test_a_word_arrives_as_it_is(tmux: TmuxServer, word: str) -> None:
    tmux.start("cat")
    async with Tmux(tmux.socket).connected("orchestrator") as client:
        await client.run("set-option", "-g", "@word", word)
        assert await client.run("show-options", "-gv", "@word") == f"{word}\n"


async def test_a_picture_comes_with_its_colours(tmux: TmuxServer) -> None:
    tmux.start("sh", "-c", "printf '\\033[31mred\\033[0m %%end 1 2 3\\n'; exec cat")
    wait_for(lambda: "red" in tmux.screen(), "the picture")
    async with Tmux(tmux.socket).connected("orchestrator") as client:
        line, captured = await client.run_both(
            ("display-message", "-p", "-t", "=orchestrator:", "#{pane_width}"),
            ("capture-pane", "-e", "-p", "-t", "=orchestrator:"),
        )
    assert line == "100"
    assert captured.startswith("\x1b[31mred\x1b[39m %end 1 2 3\n")


async def test_the_window_keeps_its_size(tmux: TmuxServer) -> None:
    tmux.start("cat")
    async with Tmux(tmux.socket).connected("orchestrator") as client:
        assert await client.run("display-message", "-p", "#{window_width}x#{window_height}") == "100x30\n"
    assert tmux("list-clients") == ""


async def test_errors_are_told_apart(tmux: TmuxServer) -> None:
    with pytest.raises(TmuxServerError):
        async with Tmux(tmux.socket).connected("orchestrator"):
            pass
    tmux.start("cat", session="other")
    with pytest.raises(TmuxTargetError):
        async with Tmux(tmux.socket).connected("orchestrator"):
            pass
    tmux.start("cat")
    async with Tmux(tmux.socket).connected("orchestrator") as client:
        with pytest.raises(TmuxTargetError):
            await client.run("capture-pane", "-p", "-t", "%99")
        with pytest.raises(TmuxError):
            await client.run("no-such-command")
        assert "other" in await client.run("list-sessions")


async def test_a_server_that_ends_in_between_is_named(tmux: TmuxServer) -> None:
    tmux.start("cat")
    async with Tmux(tmux.socket).connected("orchestrator") as client:
        tmux("kill-server")
        with pytest.raises(TmuxServerError):
            await client.run("list-sessions")


async def test_what_a_hook_prints_is_no_answer_of_ours(tmux: TmuxServer) -> None:
    tmux.start("cat")
    for hook in ("client-attached", "after-display-message", "after-capture-pane", "after-list-panes"):
        tmux("set-hook", "-g", hook, "list-sessions ; kill-session -t nowhere")
    async with Tmux(tmux.socket).connected("orchestrator") as client:
        assert await client.run("list-panes", "-F", "#{pane_index}") == "0\n"
        line, _captured = await client.run_both(
            ("display-message", "-p", "#{pane_width}"), ("capture-pane", "-p")
        )
        assert line == "100"
        assert await client.run("if-shell", "-F", "1", "display-message -p yes") == "yes\n"


async def test_an_answer_that_somebody_waits_for_comes_before_the_end(tmux: TmuxServer) -> None:
    """Who looks at the pane does so by the client of a delivery that may be over before the answer is there."""
    tmux.start("cat")
    async with Tmux(tmux.socket).connected("orchestrator") as client:
        looks = [asyncio.ensure_future(client.run("display-message", "-p", f"{one}")) for one in range(20)]
        await client.run("display-message", "-p", "#{pane_id}")
        looks += [
            asyncio.ensure_future(client.run("display-message", "-p", f"{one}")) for one in range(20, 40)
        ]
        await asyncio.sleep(0)
    assert await asyncio.gather(*looks) == [f"{one}\n" for one in range(40)]


async def test_an_answer_that_nobody_waits_for_any_more_is_not_the_next_ones(tmux: TmuxServer) -> None:
    """A look is given up while a delivery goes on: its picture would be told as that of another moment, or as done."""
    rows = "%%end 1 2 3\\n%%begin 1 2 1\\n%%exit gone\\n"
    tmux.start("sh", "-c", f"printf '{rows}'; exec cat")
    wait_for(lambda: "gone" in tmux.screen(), "the picture")
    async with Tmux(tmux.socket).connected("orchestrator") as client:
        for steps in range(40):
            look = asyncio.ensure_future(
                client.run_both(("display-message", "-p", "stale"), ("capture-pane", "-p"))
            )
            for _step in range(steps):
                await asyncio.sleep(0)
            look.cancel()
            await asyncio.wait({look})
            assert await client.run("display-message", "-p", f"{steps}") == f"{steps}\n"
            with pytest.raises(TmuxTargetError):
                await client.run("capture-pane", "-p", "-t", "%99")


async def test_a_server_that_no_longer_answers_does_not_keep_its_client(tmux: TmuxServer) -> None:
    tmux.start("cat")
    patient = Tmux(tmux.socket)
    patient.timeout = 1.0
    server = int(tmux("display-message", "-p", "#{pid}"))
    async with patient.connected("orchestrator") as client:
        os.kill(server, signal.SIGSTOP)
        look = asyncio.ensure_future(client.run("display-message", "-p", "late", timeout=60))
        await asyncio.sleep(0)
    os.kill(server, signal.SIGCONT)
    with pytest.raises(TmuxServerError):
        await look
