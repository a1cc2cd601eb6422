# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools of an agent's program, used by the client of the protocol's own SDK over a real bridge."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from integration.bridge.conftest import BridgeProcess
from integration.tmux_server import TmuxServer
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

COMMAND = ("-m", "mosaic_connectors.cli.main", "mcp")


def server(bridge: BridgeProcess) -> StdioServerParameters:
    environment = {**os.environ, "MOSAIC_SOCKET": bridge.socket}
    return StdioServerParameters(command=sys.executable, args=list(COMMAND), env=environment)


async def heard(bridge: BridgeProcess, part: str) -> str:
    """The first thing that the operator hears with `part` in it."""
    await asyncio.to_thread(bridge.wait_heard, part)
    return next(text for text in bridge.heard() if part in text)


async def test_each_tool_does_what_it_says(bridge: BridgeProcess, tmux: TmuxServer) -> None:
    tmux.start_agent()
    bridge.start()
    async with stdio_client(server(bridge)) as streams, ClientSession(*streams) as client:
        begun = await client.initialize()
        assert "[operator NAME]" in (begun.instructions or "")
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"send", "ask", "attach", "status"}

        async def use(name: str, **given: object) -> tuple[str, bool]:
            used = await client.call_tool(name, given)
            return used.content[0].text, bool(used.is_error)

        assert (await use("send", text="The build is green.", thread="$t"))[1] is False
        await heard(bridge, "The build is green.")
        file = Path(tmux.directory) / "report.txt"
        file.write_text("all of it")
        assert (await use("attach", path=str(file), text="The report."))[1] is False
        await heard(bridge, "The report.")
        asking = asyncio.ensure_future(use("ask", question="Deploy?", choices=["yes", "no"]))
        found = re.search(r"`yes (\w{5})`", await heard(bridge, "Deploy?"))
        assert found is not None
        assert (await use("status"))[0].endswith(f"Open questions: {found[1]}."), "beside a call that waits"
        bridge.say(f"no {found[1]}")
        assert await asking == ("The operator answered: no", False)
        words, failed = await use("ask", question="And now?", wait_seconds=0, key="now")
        assert not failed
        assert re.search("No answer yet.*'now'", words)
        for name, given, why in (
            ("send", {"text": " "}, "'text'"),
            ("send", {"text": "x", "to": "all"}, "no argument 'to'"),
            ("attach", {"path": "/no/such"}, "no file"),
            ("ask", {"question": "x", "choices": "yes"}, "list"),
            ("delete", {}, "send, ask, attach, status"),
        ):
            words, failed = await use(name, **given)
            assert failed, words
            assert why in words
        bridge.kill()
        words, failed = await use("status")
        assert failed
        assert "systemctl status mosaic-connector" in words


def test_what_is_no_message_is_refused_in_a_sentence() -> None:
    lines = (
        b"x",
        b"[]",
        b'{"id": 1, "method": "resources/list"}',
        b'{"id": 2, "method": "tools/call"}',
        b"[" * 10_000,
    )
    done = subprocess.run(
        [sys.executable, *COMMAND, "--socket", "/nowhere"],
        input=b"\n".join(lines) + b"\n",
        capture_output=True,
        timeout=20,
        check=True,
    )
    codes = [json.loads(line)["error"]["code"] for line in done.stdout.splitlines()]
    assert codes == [-32700, -32600, -32601, -32602, -32700]
    assert done.stderr == b""
