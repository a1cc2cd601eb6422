# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pane against a real tmux: what is written arrives, and nothing is typed blindly."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import sys

import pytest
from integration.tmux_server import TmuxServer, submitted, wait_for
from mosaic_connectors.errors import PaneHeldError, TmuxError, TmuxServerError, TmuxTargetError
from mosaic_connectors.tmux.command import Tmux
from mosaic_connectors.tmux.pane import Outcome, Pane, Step
from mosaic_connectors.tmux.programs import Programs

AWKWARD = {
    "a trailing semicolon": "ends with ;",
    "several lines": "one\n  two\n\nfour",
    "any script": "žluťoučký 你好 🦊 שלום",
    "tmux formats and shell signs": "#{pane_id} #(id) $HOME `id` 'a' \"b\" \\ \\n !! * ~",
    "key names": "Enter C-c Escape",
    "leading dashes": "-t --help",
    "tabs": "a\tb",
}


def pane(tmux: TmuxServer, session: str = "orchestrator") -> Pane:
    return Pane(Tmux(tmux.socket), session)


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD)
async def test_a_text_arrives_exactly_as_written(tmux: TmuxServer, text: str) -> None:
    log = tmux.start_agent()
    assert await pane(tmux).submit(text, "t:1") is Outcome.SUBMITTED
    assert submitted(log) == [text]


async def test_five_megabytes_arrive_whole(tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    text = "\n".join(
        f"{number} {hashlib.sha256(str(number).encode()).hexdigest()}" for number in range(75_000)
    )
    assert len(text) > 5_000_000
    await pane(tmux).submit(text, "t:1")
    wait_for(lambda: submitted(log), "the text", timeout=60)
    assert submitted(log) == [text]


@pytest.mark.parametrize("text", ["", " \n", "\x1b\x00\r\n", "\u202e\x07"], ids=ascii)
async def test_a_text_of_which_nothing_is_left_is_refused_in_our_words(tmux: TmuxServer, text: str) -> None:
    """Before tmux is asked, which would say that it has no buffer; and what comes after it arrives."""
    log = tmux.start_agent()
    with pytest.raises(TmuxError, match="Nothing of the text is left"):
        await pane(tmux).submit(text, "t:1")
    assert await pane(tmux).submit("after it", "t:2") is Outcome.SUBMITTED
    assert submitted(log) == ["after it"]


@pytest.mark.fault("escape sequences in a message", "gone before the terminal")
async def test_escape_sequences_from_a_chat_never_reach_the_terminal(tmux: TmuxServer) -> None:
    """The end marker of a bracketed paste inside the text cannot break out of the frame."""
    log = tmux.start_agent()
    await pane(tmux).submit("before\x1b[201~\ry\r\x9b31m\x00\x03after", "t:1")
    assert submitted(log) == ["before[201~\ny\n31mafter"]


async def test_copy_mode_is_left_first(tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    tmux("copy-mode", "-t", "=orchestrator:")
    assert await pane(tmux).submit("two\nlines", "t:1") is Outcome.SUBMITTED
    assert submitted(log) == ["two\nlines"]


@pytest.mark.fault("the agent swallows Enter", "noticed, pressed again")
async def test_a_swallowed_enter_is_noticed_and_repeated(tmux: TmuxServer) -> None:
    log = tmux.start_agent("--swallow", "2")
    assert await pane(tmux).submit("hello", "t:1") is Outcome.SUBMITTED
    assert submitted(log) == ["hello"]


async def test_a_program_that_does_not_take_a_text_is_held_and_the_text_goes_in_when_it_does(
    tmux: TmuxServer,
) -> None:
    log = tmux.start_agent("--swallow", "4")
    with pytest.raises(PaneHeldError) as held:
        await pane(tmux).submit("hello", "t:1")
    assert held.value.reason == "unsubmitted"
    assert await pane(tmux).submit("hello", "t:1") is Outcome.SUBMITTED
    assert submitted(log) == ["hello"]


@pytest.mark.fault("a known agent empties its input line and drops the text", "told as unverified")
async def test_a_text_that_a_known_program_drops_is_not_submitted(tmux: TmuxServer) -> None:
    """As OpenCode does when its own server refuses it; of an unknown program nothing can be asked but that it is gone."""
    log = tmux.start_agent("--drop", "1")
    known = Programs.build(own={"fake": {"marks": ["^─{60}$"]}})
    there = Pane(Tmux(tmux.socket), "orchestrator", known, patience=1.0)
    outcomes = [await there.submit(words, f"t:{words}") for words in ("hello", "hello again", "yes")]
    assert outcomes == [Outcome.UNVERIFIED, Outcome.SUBMITTED, Outcome.SUBMITTED]
    assert submitted(log) == ["hello again", "yes"]


async def test_our_own_text_that_was_left_over_is_submitted_before_the_next_one(tmux: TmuxServer) -> None:
    log = tmux.start_agent("--swallow", "3")
    with pytest.raises(PaneHeldError):
        await pane(tmux).submit("an earlier one", "t:1")
    assert await pane(tmux).submit("the next", "t:2") is Outcome.SUBMITTED
    assert submitted(log) == ["an earlier one", "the next"]


async def test_a_text_of_ours_that_a_human_changed_is_the_humans(tmux: TmuxServer) -> None:
    log = tmux.start_agent("--swallow", "3")
    with pytest.raises(PaneHeldError):
        await pane(tmux).submit("an earlier one", "t:1")
    tmux("send-keys", "-t", "=orchestrator:", "-l", ", no, wait")
    wait_for(lambda: "wait" in tmux.screen(), "the human's words")
    for token in ("t:1", "t:2"):
        with pytest.raises(PaneHeldError) as held:
            await pane(tmux).submit("an earlier one" if token == "t:1" else "the next", token)
        assert held.value.reason == "draft"
    assert submitted(log) == []


async def test_a_delivered_message_takes_three_processes_of_tmux_at_most(
    tmux: TmuxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmux.start_agent()
    await pane(tmux).submit("the first look at a new program", "t:0")
    counted = tmux.directory / "counted"
    shim = tmux.directory / "tmux"
    shim.write_text(f'#!/bin/sh\necho "$*" >> {counted}\nexec {shutil.which("tmux")} "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmux.directory}:{os.environ['PATH']}")
    assert await pane(tmux).submit("one message", "t:1") is Outcome.SUBMITTED
    assert len(counted.read_text().splitlines()) <= 3
    assert submitted(log)[-1] == "one message"


async def test_a_permission_dialog_holds_the_message_and_gets_no_key(tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    dialog = log.with_name(log.name + ".dialog")
    dialog.touch()
    wait_for(lambda: "proceed" in tmux.screen(), "the dialog")
    with pytest.raises(PaneHeldError) as held:
        await pane(tmux).submit("y\n", "t:1")
    assert held.value.reason == "dialog"
    assert not log.with_name(log.name + ".approved").exists()
    dialog.unlink()
    wait_for(lambda: "proceed" not in tmux.screen(), "the prompt")
    await pane(tmux).submit("y\n", "t:1")
    assert submitted(log) == ["y"]


async def test_a_half_typed_draft_holds_the_message_and_stays_as_it_is(tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    tmux("send-keys", "-t", "=orchestrator:", "-l", "the operator is typing")
    wait_for(lambda: "typing" in tmux.screen(), "the draft")
    with pytest.raises(PaneHeldError) as held:
        await pane(tmux).submit("hello", "t:1")
    assert held.value.reason == "draft"
    tmux("send-keys", "-t", "=orchestrator:", "Enter")
    wait_for(lambda: submitted(log), "the human's own text")
    await pane(tmux).submit("hello", "t:1")
    assert submitted(log) == ["the operator is typing", "hello"]


async def test_the_same_token_is_typed_once(tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    for token in ("t:1", "t:1", "t:2"):
        await pane(tmux).submit("again", token)
    assert submitted(log) == ["again", "again"]


async def test_a_writer_killed_between_text_and_enter_is_completed_not_repeated(tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    first = pane(tmux)
    view = await first.look()
    await first._keys.load("only once")
    await first._keys.paste(view, "only once", "t:1")
    assert await pane(tmux).submit("only once", "t:1") is Outcome.SUBMITTED
    assert submitted(log) == ["only once"]


async def test_an_enter_that_was_swallowed_before_the_writer_was_killed_is_pressed_again(
    tmux: TmuxServer,
) -> None:
    log = tmux.start_agent("--swallow", "1")
    first = pane(tmux)
    view = await first.look()
    await first._keys.load("only once")
    await first._keys.paste(view, "only once", "t:1")
    wait_for(lambda: "only once" in tmux.screen(), "the text")
    await first._keys.press_enter(await first.look(), "t:1")
    wait_for(lambda: "only once" in tmux.screen(), "the draft")
    assert await pane(tmux).submit("only once", "t:1") is Outcome.SUBMITTED
    assert submitted(log) == ["only once"]


async def test_a_draft_that_a_human_began_after_the_writer_was_killed_is_left_alone(tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    await pane(tmux).submit("only once", "t:1")
    tmux("send-keys", "-t", "=orchestrator:", "-l", "the operator is typing")
    wait_for(lambda: "typing" in tmux.screen(), "the human's draft")
    assert await pane(tmux).submit("only once", "t:1") is Outcome.SUBMITTED
    assert submitted(log) == ["only once"]


async def test_a_session_is_found_by_its_exact_name(tmux: TmuxServer) -> None:
    tmux.start("cat", session="orchestrator-2")
    with pytest.raises(TmuxTargetError):
        await pane(tmux).submit("hello", "t:1")
    assert "hello" not in tmux.screen("orchestrator-2")


async def test_another_window_of_the_session_does_not_divert_the_text(tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    tmux("new-window", "-t", "=orchestrator:", "cat")
    tmux("split-window", "-t", "=orchestrator:0", "cat")
    await pane(tmux).submit("to the agent", "t:1")
    assert submitted(log) == ["to the agent"]


async def test_a_dead_pane_holds(tmux: TmuxServer) -> None:
    tmux.start("cat", session="keeper")
    tmux("set-option", "-g", "remain-on-exit", "on")
    tmux.start("true")
    wait_for(lambda: "1" in tmux("list-panes", "-t", "=orchestrator:", "-F", "#{pane_dead}"), "the end")
    with pytest.raises(PaneHeldError) as held:
        await pane(tmux).submit("hello", "t:1")
    assert held.value.reason == "dead"


async def test_no_server_is_told_apart_and_never_started(tmux: TmuxServer) -> None:
    with pytest.raises(TmuxServerError):
        await pane(tmux).submit("hello", "t:1")
    with pytest.raises(TmuxServerError):
        await Tmux(tmux.socket).run("new-session", "-d", "-s", "x", "cat")


WRITER = """
import asyncio, sys
from mosaic_connectors.tmux.command import Tmux
from mosaic_connectors.tmux.pane import Pane
async def main(socket, name):
    pane = Pane(Tmux(socket), "orchestrator")
    for number in range(8):
        await pane.submit(f"{name} {number}\\nsecond line of {name} {number}", f"{name}:{number}")
asyncio.run(main(*sys.argv[1:]))
"""


async def test_two_writers_of_different_processes_never_interleave(tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    writers = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, tmux.socket, name)
        for name in ("ann", "bob")
    ]
    assert [await asyncio.wait_for(writer.wait(), 60) for writer in writers] == [0, 0]
    texts = submitted(log)
    assert sorted(texts) == sorted(
        f"{n} {i}\nsecond line of {n} {i}" for n in ("ann", "bob") for i in range(8)
    )
    assert [text for text in texts if text.startswith("ann")] == sorted(
        t for t in texts if t.startswith("ann")
    )


async def test_a_canonical_program_gets_line_after_line(tmux: TmuxServer) -> None:
    """A plain reader without bracketed paste, such as a shell script's `read`."""
    out = tmux.directory / "out"
    tmux.start("sh", "-c", f'while read -r line; do echo "$line" >> {out}; done')
    assert await pane(tmux).submit("first;\nžlutý", "t:1") is Outcome.UNVERIFIED
    wait_for(lambda: out.exists() and out.read_text().count("\n") == 2, "both lines")
    assert out.read_text() == "first;\nžlutý\n"


async def test_a_shell_where_the_agent_should_be_is_not_typed_into(tmux: TmuxServer) -> None:
    tmux.start("env", "PS1=$ ", "bash", "--norc", "--noprofile")
    wait_for(lambda: "$" in tmux.screen(), "the shell's prompt")
    with pytest.raises(PaneHeldError) as held:
        await pane(tmux).submit("rm -rf /", "t:1")
    assert held.value.reason == "shell"
    wanted = Pane(Tmux(tmux.socket), "orchestrator", reader="shell")
    assert await wanted.submit(f"echo said > {tmux.directory}/said", "t:1") is Outcome.SUBMITTED
    wait_for((tmux.directory / "said").exists, "what the shell did")


async def test_a_program_that_shows_nothing_and_does_not_read_is_not_typed_into(tmux: TmuxServer) -> None:
    tmux.start("sleep", "60")
    with pytest.raises(PaneHeldError) as held:
        await pane(tmux).submit("hello", "t:1")
    assert held.value.reason == "starting"


async def test_a_program_that_works_without_reading_is_not_typed_into(tmux: TmuxServer) -> None:
    """Spare Enters would wait in its terminal, and answer the next question it asks."""
    log = tmux.start_agent()
    await pane(tmux).submit("first", "t:1")
    busy = log.with_name(log.name + ".busy")
    busy.touch()
    wait_for(lambda: "❯" not in tmux.screen(), "the program to hide its input line")
    with pytest.raises(PaneHeldError) as held:
        await pane(tmux).submit("second", "t:2")
    assert held.value.reason == "busy"
    busy.unlink()
    wait_for(lambda: "❯" in tmux.screen(), "the input line")
    assert await pane(tmux).submit("second", "t:2") is Outcome.SUBMITTED
    assert submitted(log) == ["first", "second"]


async def test_a_program_respawned_in_the_same_pane_gets_the_text_that_died_with_the_old_one(
    tmux: TmuxServer,
) -> None:
    log = tmux.start_agent()
    first = pane(tmux)
    view = await first.look()
    await first._keys.load("the draft")
    await first._keys.paste(view, "the draft", "t:1")
    tmux("respawn-pane", "-k", "-t", "=orchestrator:")
    steps: list[Step] = []

    async def note(step: Step) -> None:
        steps.append(step)

    assert await first.submit("the draft", "t:1", note) is Outcome.SUBMITTED
    assert steps == [Step.TYPING, Step.ENTERING]
    assert submitted(log) == ["the draft"]


async def test_a_program_that_dies_at_the_enter_is_no_success(tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    tmux("set-option", "-g", "remain-on-exit", "on")

    async def kill(step: Step) -> None:
        if step is Step.ENTERING:
            tmux("respawn-pane", "-k", "-t", "=orchestrator:")

    with pytest.raises(TmuxTargetError, match="ended"):
        await pane(tmux).submit("hello", "t:1", kill)
    assert submitted(log) == []
    assert await pane(tmux).submit("hello", "t:1") is Outcome.SUBMITTED
    assert submitted(log) == ["hello"]
