# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tmux connector and its console, in a real tmux."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from integration.tmux_server import TmuxServer
from mosaic_connectors import InboundMessage, OutboundMessage, SendFailure
from mosaic_connectors.tmux.command import Tmux
from mosaic_connectors.tmux.connector import TmuxConnector


async def until(condition: Callable[[], object], what: str) -> None:
    for _try in range(400):
        if condition():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"waited 20 s for {what}")


@pytest.fixture
def connector(tmux: TmuxServer) -> TmuxConnector:
    return TmuxConnector(Tmux(tmux.socket), "operator", tmux.directory / "state" / "operator.sqlite3")


@pytest.fixture
async def heard(connector: TmuxConnector, tmux: TmuxServer) -> AsyncIterator[list[InboundMessage]]:
    """What a subscriber hears, with the server running and the console open."""
    tmux.start("cat", session="orchestrator")
    heard: list[InboundMessage] = []
    connector.subscribe(heard.append)
    await until(lambda: "Operator console" in tmux.screen("operator"), "the console")
    yield heard
    await connector.aclose()


async def test_health_tells_no_server_no_session_and_up_apart(
    connector: TmuxConnector, tmux: TmuxServer
) -> None:
    down = await connector.health()
    assert (down.reachable, down.authenticated) == (False, False)
    assert "systemctl start mosaic-orchestrator" in str(down.detail)
    tmux.start("cat")
    assert "no session 'operator'" in str((await connector.health()).detail)
    tmux.start("cat", session="operator")
    up = await connector.health()
    assert up.reachable
    assert up.authenticated
    assert up.last_seen


async def test_health_writes_nothing(connector: TmuxConnector) -> None:
    """root asks for it on hosts whose state belongs to somebody else."""
    await connector.health()
    assert not connector.mailbox_path.parent.exists()


async def test_what_is_sent_is_shown_and_kept_while_nobody_looks(
    heard: list[InboundMessage], connector: TmuxConnector, tmux: TmuxServer
) -> None:
    result = await connector.send(OutboundMessage("nobody is\nattached"))
    assert result.delivered
    await connector.send(OutboundMessage("in a thread \x1b[31m", thread_id="$t"))
    await until(lambda: "#1 orchestrator: in a thread" in tmux.screen("operator"), "the thread")
    assert "nobody is\n    attached" in tmux.screen("operator")


async def test_without_a_server_a_message_is_not_taken_for_delivered(connector: TmuxConnector) -> None:
    result = await connector.send(OutboundMessage("hello"))
    assert not result.delivered
    assert "systemctl start mosaic-orchestrator" in str(result.error)


async def test_what_the_operator_types_is_heard(heard: list[InboundMessage], tmux: TmuxServer) -> None:
    tmux("send-keys", "-t", "=operator:", "-l", "žluťoučký 🦊")
    tmux("send-keys", "-t", "=operator:", "M-Enter")
    tmux("send-keys", "-t", "=operator:", "-l", "second line")
    tmux("send-keys", "-t", "=operator:", "Enter")
    await until(lambda: heard, "the message")
    assert [(one.text, one.sender) for one in heard] == [("žluťoučký 🦊\nsecond line", "operator")]
    assert heard[0].message_id


async def test_a_pasted_text_of_several_lines_stays_one_message(
    heard: list[InboundMessage], tmux: TmuxServer
) -> None:
    # Its prompt is there: only then does the terminal tell a paste from keys.
    await until(lambda: tmux.screen("operator").rstrip().endswith(">"), "the prompt")
    tmux("set-buffer", "one\n\ttwo\nthree")
    tmux("paste-buffer", "-p", "-r", "-t", "=operator:")
    tmux("send-keys", "-t", "=operator:", "Enter")
    await until(lambda: heard, "the message")
    assert [one.text for one in heard] == ["one\n\ttwo\nthree"]


async def test_a_handler_that_fails_gets_the_message_again(
    connector: TmuxConnector, tmux: TmuxServer
) -> None:
    tmux.start("cat")
    seen: list[str] = []

    async def fail_first(message: InboundMessage) -> None:
        seen.append(message.text)
        if len(seen) == 1:
            raise RuntimeError("not yet")

    (await connector._open()).put_typed("hello", "ann")
    connector.subscribe(fail_first)
    await until(lambda: len(seen) == 2, "the second try")
    mailbox = await connector._open()
    await until(lambda: not mailbox.untaken(), "what the handler took to be noted")
    await connector.aclose()


async def test_a_console_that_was_closed_comes_back_with_its_history(
    heard: list[InboundMessage], connector: TmuxConnector, tmux: TmuxServer
) -> None:
    await connector.send(OutboundMessage("remember me"))
    await until(lambda: "remember me" in tmux.screen("operator"), "the message")
    tmux("kill-session", "-t", "=operator")
    await until(lambda: "remember me" in tmux.screen("operator"), "the history")


async def test_ctrl_c_does_not_close_the_console(heard: list[InboundMessage], tmux: TmuxServer) -> None:
    tmux("send-keys", "-t", "=operator:", "C-c")
    tmux("send-keys", "-t", "=operator:", "-l", "still here")
    tmux("send-keys", "-t", "=operator:", "Enter")
    await until(lambda: heard, "the message")
    assert heard[0].text == "still here"


async def test_an_attached_file_is_kept_for_the_operator(
    connector: TmuxConnector, tmux: TmuxServer, tmp_path: Path
) -> None:
    tmux.start("cat", session="operator")
    original = tmp_path / "chart.png"
    original.write_bytes(b"picture")
    assert (
        await connector.send(OutboundMessage("look", attachments=(str(original), "https://a.b/c")))
    ).delivered
    original.unlink()
    kept, url = (await connector._open()).unprinted()[0].attachments
    assert (Path(kept).name, Path(kept).read_bytes(), url) == ("chart.png", b"picture", "https://a.b/c")
    await connector.aclose()


async def test_two_files_of_one_name_are_both_kept(
    connector: TmuxConnector, tmux: TmuxServer, tmp_path: Path
) -> None:
    tmux.start("cat", session="operator")
    files = [tmp_path / place / "report.txt" for place in "ab"]
    for file in files:
        file.parent.mkdir()
        file.write_text(str(file))
    assert (await connector.send(OutboundMessage("both", attachments=tuple(map(str, files))))).delivered
    kept = (await connector._open()).unprinted()[0].attachments
    assert [Path(one).read_text() for one in kept] == [str(file) for file in files]
    await connector.aclose()


@pytest.mark.parametrize("source", ["/nowhere/chart.png", "/dev/zero", "~nobody-of-this-name/x"])
async def test_what_is_no_file_is_refused_for_good(
    connector: TmuxConnector, tmux: TmuxServer, source: str
) -> None:
    tmux.start("cat", session="operator")
    result = await asyncio.wait_for(connector.send(OutboundMessage("look", attachments=(source,))), 10)
    assert isinstance(result, SendFailure)
    assert (result.delivered, result.permanent) == (False, True)
    assert source in str(result.error)
    await connector.aclose()


async def test_a_disk_that_takes_no_file_is_no_fault_of_the_message(
    connector: TmuxConnector, tmux: TmuxServer, tmp_path: Path
) -> None:
    tmux.start("cat", session="operator")
    (tmp_path / "x").write_text("x")
    ((await connector._open()).path.parent / "operator-files").write_text("no directory can be here")
    result = await connector.send(OutboundMessage("look", attachments=(str(tmp_path / "x"),)))
    assert isinstance(result, SendFailure)
    assert (result.delivered, result.permanent) == (False, False)
    await connector.aclose()


async def test_trouble_with_the_mailbox_is_outlived(connector: TmuxConnector, tmux: TmuxServer) -> None:
    """The console is opened as soon as the mailbox can be: its keeper does not die of a disk that is full."""
    tmux.start("cat")
    connector.mailbox_path.mkdir(parents=True)
    heard: list[InboundMessage] = []
    connector.subscribe(heard.append)
    await asyncio.sleep(0.5)  # a look or two, in which it fails
    assert "operator" not in tmux("list-sessions")
    connector.mailbox_path.rmdir()
    await until(lambda: "Operator console" in tmux.screen("operator"), "the console")
    (await connector._open()).put_typed("hello", "ann")
    await until(lambda: heard, "the message")
    await connector.aclose()


async def test_a_handler_may_unsubscribe_and_its_message_counts(
    connector: TmuxConnector, tmux: TmuxServer
) -> None:
    tmux.start("cat", session="operator")
    heard: list[str] = []

    async def only_one(message: InboundMessage) -> None:
        heard.append(message.text)
        await subscription()

    for text in ("one", "two"):
        (await connector._open()).put_typed(text, "ann")
    subscription = connector.subscribe(only_one)
    await until(lambda: subscription.ended, "the end")
    assert heard == ["one"]
    assert [one.text for one in (await connector._open()).untaken()] == ["two"]
    await connector.aclose()


async def test_the_console_runs_in_the_servers_environment_without_our_secrets(
    connector: TmuxConnector, tmux: TmuxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmux.start("cat")
    monkeypatch.setenv("MATRIX_ACCESS_TOKEN", "syt_secret")
    connector.subscribe(lambda _message: None)
    await until(lambda: "Operator console" in tmux.screen("operator"), "the console")
    pid = tmux("list-panes", "-t", "=operator:", "-F", "#{pane_pid}").strip()
    assert b"syt_secret" not in Path(f"/proc/{pid}/environ").read_bytes()
    await connector.aclose()
