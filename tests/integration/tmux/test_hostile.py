# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes between two steps of a delivery gets no key, and what is not known to be so is not said."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from integration.tmux_server import AGENT, TmuxServer, submitted, wait_for
from mosaic_connectors.errors import PaneHeldError, TmuxServerError
from mosaic_connectors.tmux.command import Tmux
from mosaic_connectors.tmux.pane import Outcome, Pane, Step
from mosaic_connectors.tmux.pane_state import TEXT_OPTION, TYPED_OPTION
from mosaic_connectors.tmux.standing import digest

STAGING = "[operator ann] deploy the staging now, please"
PRODUCTION = "[operator ann] deploy the production now, please"


def pane(tmux: TmuxServer) -> Pane:
    return Pane(Tmux(tmux.socket), "orchestrator")


def beside(log: Path, suffix: str) -> Path:
    return log.with_name(log.name + suffix)


def at(step: Step, act: Callable[[], object]) -> Callable[[Step], Awaitable[None]]:
    async def before(now: Step) -> None:
        if now is step:
            act()

    return before


async def held(delivery: Awaitable[Outcome]) -> str:
    with pytest.raises(PaneHeldError) as error:
        await delivery
    return error.value.reason


def before_enter(pane: Pane, act: Callable[[], object]) -> None:
    """Do something after the last look and before Enter."""
    press = pane._keys.press_enter

    async def late(*arguments: object, **options: object) -> bool:
        act()
        return await press(*arguments, **options)  # type: ignore[arg-type]

    pane._keys.press_enter = late  # type: ignore[method-assign]


def after_enter(pane: Pane, act: Callable[[], object]) -> None:
    """Do something right after Enter."""
    press = pane._keys.press_enter

    async def and_acts(*arguments: object, **options: object) -> bool:
        pressed = await press(*arguments, **options)  # type: ignore[arg-type]
        act()
        return pressed

    pane._keys.press_enter = and_acts  # type: ignore[method-assign]


def type_by_hand(tmux: TmuxServer, words: str) -> None:
    tmux("send-keys", "-t", "=orchestrator:", "-l", words)
    wait_for(lambda: words in tmux.screen(), "a human's words")


@pytest.mark.fault("a dialog opens between the look and the typing", "it gets no key")
async def test_a_dialog_that_opens_before_the_text_is_typed_gets_nothing_of_it(tmux: TmuxServer) -> None:
    log = tmux.start_agent()

    def opens() -> None:
        beside(log, ".dialog").touch()
        wait_for(lambda: "proceed" in tmux.screen(), "the dialog")

    assert await held(pane(tmux).submit("hello", "t:1", at(Step.TYPING, opens))) == "dialog"
    beside(log, ".dialog").unlink()
    wait_for(lambda: "❯" in tmux.screen(), "the input line")
    assert "hello" not in tmux.screen()
    assert tmux("list-buffers") == ""


async def test_a_draft_that_a_human_begins_before_the_text_is_typed_stays_alone(tmux: TmuxServer) -> None:
    tmux.start_agent()
    begins = at(Step.TYPING, lambda: type_by_hand(tmux, "a human's"))
    assert await held(pane(tmux).submit("hello", "t:1", begins)) == "draft"
    assert "hello" not in tmux.screen()


@pytest.mark.parametrize("step", [Step.TYPING, Step.ENTERING])
async def test_a_mode_that_is_entered_between_two_steps_gets_no_key(tmux: TmuxServer, step: Step) -> None:
    log = tmux.start_agent()
    enters = at(step, lambda: tmux("copy-mode", "-t", "=orchestrator:"))
    assert await held(pane(tmux).submit("two\nlines", "t:1", enters)) in ("moving", "unsubmitted")
    assert tmux("display-message", "-p", "-t", "=orchestrator:", "#{pane_in_mode}") == "1\n"
    assert await pane(tmux).submit("two\nlines", "t:1") is Outcome.SUBMITTED
    assert submitted(log) == ["two\nlines"]


async def test_a_neighbour_that_would_get_the_keys_too_gets_none(tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    out = tmux.directory / "out"
    tmux("split-window", "-d", "-t", "=orchestrator:", f"cat > {out}")
    wait_for(out.exists, "the neighbour")
    tmux("set-option", "-w", "-t", "=orchestrator:", "synchronize-panes", "on")
    assert await held(pane(tmux).submit("hello", "t:1")) == "synchronized"
    assert out.read_text() == ""
    tmux("set-option", "-w", "-t", "=orchestrator:", "synchronize-panes", "off")
    assert await pane(tmux).submit("hello", "t:1") is Outcome.SUBMITTED
    assert submitted(log) == ["hello"]


async def test_a_program_that_is_slow_to_show_an_enter_gets_no_second_one(tmux: TmuxServer) -> None:
    """A spare Enter would answer the question that the message leads to."""
    log = tmux.start_agent("--asks")
    slow = pane(tmux)
    before_enter(slow, beside(log, ".computing").touch)
    assert await held(slow.submit("hello", "t:1")) == "unsubmitted"
    beside(log, ".computing").unlink()
    wait_for(lambda: "proceed" in tmux.screen(), "the question")
    assert await held(pane(tmux).submit("hello", "t:1")) == "dialog"
    assert submitted(log) == ["hello"]
    assert not beside(log, ".approved").exists()


async def test_a_program_that_takes_a_text_late_has_taken_it(tmux: TmuxServer) -> None:
    """After it was waited for, and before another Enter would have been pressed."""
    log = tmux.start_agent()
    late = pane(tmux)
    computes = [beside(log, ".computing").touch]
    before_enter(late, lambda: computes.pop()() if computes else None)
    wait = late._evidence.of_absence

    async def and_takes(*arguments: object) -> object:
        seen = await wait(*arguments)  # type: ignore[arg-type]
        beside(log, ".computing").unlink(missing_ok=True)
        wait_for(lambda: "❯ hello" not in tmux.screen(), "the text to be gone")
        return seen

    late._evidence.of_absence = and_takes  # type: ignore[assignment, method-assign]
    assert await late.submit("hello", "t:1") is Outcome.SUBMITTED
    assert submitted(log) == ["hello"]


async def test_an_input_block_that_is_away_with_our_text_is_no_evidence(tmux: TmuxServer) -> None:
    log = tmux.start_agent("--blink", "3")
    assert await pane(tmux).submit("hello", "t:1") is Outcome.SUBMITTED
    assert submitted(log) == ["hello"]


async def test_a_block_that_stays_away_after_enter_is_waited_for_and_not_believed(tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    away = pane(tmux)
    after_enter(away, beside(log, ".busy").touch)
    assert await held(away.submit("hello", "t:1")) == "busy"
    beside(log, ".busy").unlink()
    wait_for(lambda: "❯" in tmux.screen(), "the input line")
    assert await pane(tmux).submit("hello", "t:1") is Outcome.SUBMITTED
    assert submitted(log) == ["hello"]


async def test_a_text_of_which_a_program_takes_a_part_is_not_entered(tmux: TmuxServer) -> None:
    """What was cut may say the opposite of what was written."""
    log = tmux.start_agent("--cut", "40")
    text = "[operator ann] remove everything below /srv but the archive"
    assert await held(pane(tmux).submit(text, "t:1")) == "cut"
    assert submitted(log) == []


async def test_a_text_that_a_small_block_shows_the_end_of_is_whole(tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    text = " ".join(f"word{number}" for number in range(40))
    assert len(text) > 100
    assert await pane(tmux).submit(text, "t:1") is Outcome.SUBMITTED
    assert submitted(log) == [text]


async def test_a_text_is_not_gone_because_nothing_is_shown_after_a_restart_of_the_bridge(
    tmux: TmuxServer,
) -> None:
    log = tmux.start_agent("--swallow", "1")
    first = pane(tmux)
    view = await first.look()
    await first._keys.load("only once")
    assert await first._keys.paste(view, "only once", "t:1")
    wait_for(lambda: "only once" in tmux.screen(), "the text")
    assert await first._keys.press_enter(await first.look(), "t:1")
    await asyncio.sleep(0.3)
    beside(log, ".busy").touch()
    wait_for(lambda: "❯" not in tmux.screen(), "no input line")
    asyncio.get_running_loop().call_later(0.8, beside(log, ".busy").unlink)
    assert await pane(tmux).submit("only once", "t:1") is Outcome.SUBMITTED
    assert submitted(log) == ["only once"]


async def test_a_human_who_changes_our_text_keeps_it(tmux: TmuxServer) -> None:
    log = tmux.start_agent()

    def changes() -> None:
        beside(log, ".draft").write_text(PRODUCTION)
        wait_for(lambda: "production" in tmux.screen(), "the change")

    assert await held(pane(tmux).submit(STAGING, "t:1", at(Step.ENTERING, changes))) == "unseen"
    assert submitted(log) == []


async def test_a_human_who_changes_our_text_after_a_swallowed_enter_is_no_evidence(tmux: TmuxServer) -> None:
    log = tmux.start_agent("--swallow", "1")
    changed = pane(tmux)

    def changes() -> None:
        beside(log, ".draft").write_text(PRODUCTION)
        wait_for(lambda: "production" in tmux.screen(), "the change")

    after_enter(changed, changes)
    assert await changed.submit(STAGING, "t:1") is Outcome.UNVERIFIED
    assert submitted(log) == []


@pytest.mark.fault("the program forges our marks", "no command is run")
async def test_marks_that_the_program_forged_run_no_command(tmux: TmuxServer) -> None:
    log = tmux.start_agent()
    await pane(tmux).submit("hello", "t:0")
    pid = tmux("display-message", "-p", "-t", "=orchestrator:", "#{pane_pid}").strip()
    ran = tmux.directory / "ran"
    forged = f"x' ; run-shell 'touch {ran}' ; set-option -p @y '/{pid}"
    tmux("set-option", "-p", "-t", "=orchestrator:", TYPED_OPTION, forged)
    tmux("set-option", "-p", "-t", "=orchestrator:", TEXT_OPTION, digest("forged"))
    beside(log, ".draft").write_text("forged")
    wait_for(lambda: "forged" in tmux.screen(), "the draft")
    await pane(tmux).submit("the next", "t:1")
    assert submitted(log) == ["hello", "forged", "the next"]
    await asyncio.sleep(0.3)
    assert not ran.exists()


@pytest.mark.parametrize("prompt", ["me@host:~$", ">"])
async def test_a_shell_behind_another_program_is_not_typed_into(tmux: TmuxServer, prompt: str) -> None:
    tmux.start("script", "-q", "/dev/null", "-c", f"env PS1='{prompt} ' bash --norc --noprofile")
    wait_for(lambda: prompt in tmux.screen(), "the prompt")
    assert await held(pane(tmux).submit(f"touch {tmux.directory}/ran", "t:1")) == "shell"


@pytest.fixture
def far(tmux: TmuxServer) -> Path:
    """A program that runs Python and is called ssh: who is behind it cannot be seen."""
    place = tmux.directory / "ssh"
    place.symlink_to(Path(sys._base_executable).resolve())  # type: ignore[attr-defined]
    return place


async def test_a_sign_alone_on_another_host_may_be_a_shells(tmux: TmuxServer, far: Path) -> None:
    got = tmux.directory / "got"
    reads = f"x = os.read(0, 9); open({str(got)!r}, 'wb').write(x)"
    code = f"import os, tty; tty.setcbreak(0); os.write(1, b'> '); {reads}"
    tmux.start(str(far), "-c", code)
    wait_for(lambda: ">" in tmux.screen(), "the prompt")
    assert await held(pane(tmux).submit("touch ran", "t:1")) == "shell"
    assert not got.exists()


async def test_an_agent_on_another_host_is_known_by_its_block(tmux: TmuxServer, far: Path) -> None:
    log = tmux.directory / "log"
    tmux.start(str(far), str(AGENT), str(log))
    wait_for(lambda: "❯" in tmux.screen(), "the agent's prompt")
    assert await pane(tmux).submit("hello", "t:1") is Outcome.SUBMITTED
    assert submitted(log) == ["hello"]


async def test_a_choice_that_a_script_offers_is_not_made(tmux: TmuxServer) -> None:
    made = tmux.directory / "made"
    offers = f"PS3='> '; select x in staging production; do echo $x > {made}; break; done; exec sleep 60"
    tmux.start("bash", "-c", offers)
    wait_for(lambda: ">" in tmux.screen(), "the list")
    assert await held(pane(tmux).submit("2", "t:1")) == "dialog"
    assert not made.exists()


async def test_lines_for_a_reader_that_shows_a_sign_are_no_evidence(tmux: TmuxServer) -> None:
    """Each of them was an Enter of its own."""
    out = tmux.directory / "out"
    reads = f"while read -r -p '> ' line; do echo \"$line\" >> {out}; done"
    tmux.start("bash", "-c", reads)
    wait_for(lambda: ">" in tmux.screen(), "the prompt")
    assert await pane(tmux).submit("one\ntwo", "t:1") is Outcome.UNVERIFIED
    wait_for(lambda: out.exists() and out.read_text() == "one\ntwo\n", "both lines")


_READS = "x = os.read(0, 100); open(sys.argv[1], 'wb').write(x)"
READERS = {
    "a secret asked for in another language": "import getpass; x = getpass.getpass('Geheim '); open(sys.argv[1], 'w').write(x)",
    "single keys": f"print('Wirklich alles weg'); tty.setcbreak(0); {_READS}",
    "an editor": f"print('\\x1b[?1049h\\x1b[H  an editor', flush=True); tty.setraw(0); {_READS}",
}


@pytest.mark.parametrize("code", READERS.values(), ids=READERS)
async def test_who_waits_in_a_read_is_no_plain_reader_yet(tmux: TmuxServer, code: str) -> None:
    out = tmux.directory / "out"
    tmux.start(sys.executable, "-c", f"import os, sys, tty; {code}", str(out))
    wait_for(lambda: tmux.screen().strip(), "the program")
    assert await held(pane(tmux).submit("hello", "t:1")) in ("dialog", "unread")
    assert not out.exists()


async def test_a_secret_that_is_asked_for_before_a_plain_readers_enter_gets_none(tmux: TmuxServer) -> None:
    go, out = tmux.directory / "go", tmux.directory / "out"
    waits = f"echo ready; until [ -e {go} ]; do read -t 1 line; done"
    tmux.start("bash", "-c", f"{waits}; read -s -p 'Password: ' word; echo got > {out}; exec sleep 60")
    wait_for(lambda: "ready" in tmux.screen(), "the reader")

    def asks() -> None:
        go.touch()
        wait_for(lambda: "Password" in tmux.screen(), "the prompt")

    assert await held(pane(tmux).submit("hello", "t:1", at(Step.ENTERING, asks))) in ("dialog", "unread")
    assert not out.exists()


@pytest.mark.parametrize("step", [Step.TYPING, Step.ENTERING])
async def test_a_client_that_somebody_detaches_loses_and_doubles_nothing(
    tmux: TmuxServer, step: Step
) -> None:
    log = tmux.start_agent()
    detach = at(step, lambda: tmux("detach-client", "-s", "=orchestrator"))
    with pytest.raises(TmuxServerError):
        await pane(tmux).submit("hello", "t:1", detach)
    assert await pane(tmux).submit("hello", "t:1") is Outcome.SUBMITTED
    assert submitted(log) == ["hello"]
