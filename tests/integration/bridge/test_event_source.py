# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source of Event-Driven Ansible, at a real bridge: what a listed operator says is an event, once."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from integration.bridge.conftest import OPERATOR, BridgeProcess
from integration.tmux_server import TmuxServer, wait_for

EDA = Path(__file__).parents[3] / "extensions" / "eda"
_spec = importlib.util.spec_from_file_location("connector", EDA / "plugins" / "event_source" / "connector.py")
assert _spec is not None
assert _spec.loader is not None
source = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(source)


@contextlib.asynccontextmanager
async def listening(bridge: BridgeProcess, **args: Any) -> AsyncIterator[asyncio.Queue[Any]]:
    queue: asyncio.Queue[Any] = asyncio.Queue()
    command = [
        sys.executable,
        "-m",
        "mosaic_connectors.cli.main",
        "listen",
        "--json",
        "--socket",
        bridge.socket,
    ]
    running = asyncio.ensure_future(source.main(queue, {"command": command, **args}))
    try:
        await heard(bridge)
        yield queue
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


async def heard(bridge: BridgeProcess) -> None:
    await asyncio.to_thread(wait_for, lambda: bridge.ask("status")["listeners"] == 1, "the listener")


async def test_what_an_operator_says_is_an_event_and_after_a_restart_of_the_bridge_again(
    bridge: BridgeProcess, tmux: TmuxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmux.start_agent()
    await asyncio.to_thread(bridge.start)
    async with listening(bridge) as queue:
        bridge.command("!health  quickly please", thread_id="$t")
        event = (await asyncio.wait_for(queue.get(), 20))["connector"]
        assert (event["command"], event["arguments"]) == ("!health", ["quickly", "please"])
        assert (event["sender"], event["thread_id"], event["host"]) == (OPERATOR, "$t", "localhost")
        await asyncio.to_thread(bridge.wait_heard, "passed on to who listens")
        await asyncio.to_thread(bridge.kill)
        await asyncio.to_thread(bridge.start)
        await heard(bridge)
        bridge.say("just words")
        again = (await asyncio.wait_for(queue.get(), 20))["connector"]
        assert (again["text"], again["command"]) == ("just words", None)
        assert queue.empty()


async def test_of_nobody_but_the_named_operators_over_ssh(
    bridge: BridgeProcess, tmux: TmuxServer, tmp_path: Path
) -> None:
    """In ssh's place stands a program that notes what it is called with; the command reaches a shell whole."""
    bridge.settings["operators"] = [OPERATOR, "@second:test"]
    tmux.start_agent()
    await asyncio.to_thread(bridge.start)
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >"$0.called"\nexec sh -c "exec $4"\n')
    ssh.chmod(0o755)
    args = {"host": "agent 1.example", "ssh": [str(ssh), "-p22"], "operators": ["@second:test"]}
    async with listening(bridge, **args) as queue:
        bridge.command("!health")
        bridge.command("!health", sender="@second:test")
        bridge.command("!health", sender="@stranger:test")
        event = await asyncio.wait_for(queue.get(), 20)
        assert (event["connector"]["sender"], event["connector"]["host"]) == (
            "@second:test",
            "agent 1.example",
        )
        assert queue.empty()
    assert (tmp_path / "ssh.called").read_text().splitlines()[:3] == ["-p22", "--", "agent 1.example"]


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ({"host": "-oProxyCommand=touch owned"}, "a name that ssh knows"),
        ({"operators": "@a:b"}, "operators is expected to be a list"),
        ({"operators": []}, "with one at least"),
        ({"hosts": "a"}, "hosts is no argument"),
    ],
)
async def test_wrong_arguments_are_told(args: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        await source.main(asyncio.Queue(), args)


async def test_lines_that_are_no_messages_are_passed_over_and_a_command_that_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lines = ["no JSON", "[1]", '{"text": 1}', "[" * 100_000, '{"text": "right", "sender": "@a:b"}']
    found = [one async for one in source._messages(["printf", "%s\n", *lines])]
    assert [one["text"] for one in found] == ["right"]
    assert [one async for one in source._messages(["/no/such/program"])] == []
    assert "/no/such/program cannot be started" in caplog.text


def test_the_rulebook_asks_for_what_the_source_gives() -> None:
    (rules,) = yaml.safe_load((EDA / "rulebooks" / "health.yml").read_text())
    ((name, args),) = rules["sources"][0].items()
    assert name == "mosaic.fleet.connector"
    assert args.keys() <= source.KNOWN
    asked = rules["rules"][0]["condition"].split()[0].split(".")
    event = source._event({"text": "!health", "sender": OPERATOR}, "localhost")
    assert event[asked[1]][asked[2]] == "!health"
    assert (EDA.parents[1] / "playbooks" / "health.yml").is_file()
    assert rules["rules"][0]["action"]["run_playbook"]["name"] == "mosaic.fleet.health"
