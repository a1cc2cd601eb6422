# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an operator says to an orchestrator becomes an event of Event-Driven Ansible.

It listens at the bridge, on this machine or over ssh, by the command `mosaic-connector listen`: with the bot's own account
nothing else may listen, and nothing of the bridge's work is changed by it.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import shlex
from collections.abc import AsyncIterator
from datetime import datetime, timezone
from typing import Any

DOCUMENTATION = r"""
---
name: connector
short_description: What an operator says to an orchestrator
description:
  - Every message that the bridge of an orchestrator accepts from now on is an event. The bridge accepts those of its listed operators
    and of nobody else; O(operators) narrows them further.
  - A connection that ends is made again, after a second at first and a minute at most. What is said meanwhile reaches the orchestrator,
    and is no event.
options:
  host:
    description: Where the bridge is, as ssh takes it, by a key or an agent and with a known host key. Without it the bridge of this machine.
    type: str
  ssh:
    description: The program that takes the host and a command for it, with its options.
    type: list
    elements: str
    default: [ssh, -o, BatchMode=yes, -o, ConnectTimeout=15, -o, ServerAliveInterval=30]
  command:
    description: The command that prints the messages as lines of JSON. Where the user there may not use the socket, put sudo in front.
    type: list
    elements: str
    default: [mosaic-connector, listen, --json]
  operators:
    description: Of whom messages are events, by their ids; of all operators of the bridge without it.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Health on demand
  hosts: localhost
  sources:
    - mosaic.fleet.connector:
        host: agent-1.example.org
        operators: ["@alice:example.org"]
  rules:
    - name: Run the check
      condition: event.connector.command == "!health"
      action:
        run_playbook:
          name: mosaic.fleet.health
"""

logger = logging.getLogger(__name__)

SSH = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=15", "-o", "ServerAliveInterval=30"]
COMMAND = ["mosaic-connector", "listen", "--json"]
LONGEST_LINE = 64 * 1024 * 1024
"""Bytes; the bridge takes messages of 8 MiB, and JSON spells a character with six bytes at most."""
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
END_SECONDS = 5.0
KNOWN = {"host", "ssh", "command", "operators"}


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Put events into the queue until cancelled; raises ValueError for arguments that are none."""
    argv, operators = _arguments(args)
    host, pause = str(args.get("host") or "localhost"), FIRST_PAUSE
    while True:
        async for message in _messages(argv):
            pause = FIRST_PAUSE
            if operators is None or message["sender"] in operators:
                await queue.put(_event(message, host))
        await asyncio.sleep(pause * random.uniform(0.8, 1.2))  # noqa: S311 (no secret hangs on it)
        pause = min(pause * 2, LONGEST_PAUSE)


def _arguments(args: dict[str, Any]) -> tuple[list[str], set[str] | None]:
    unknown = sorted(str(name) for name in args.keys() - KNOWN)
    if unknown:
        raise ValueError(
            f"{', '.join(unknown)} is no argument of mosaic.fleet.connector; they are: {', '.join(sorted(KNOWN))}."
        )
    host, operators = args.get("host"), args.get("operators")
    command, ssh = _words("command", args.get("command") or COMMAND), _words("ssh", args.get("ssh") or SSH)
    if host is None:
        argv = command
    elif isinstance(host, str) and host and not host.startswith("-"):
        argv = [*ssh, "--", host, shlex.join(command)]
    else:
        raise ValueError(f"host is expected to be a name that ssh knows, found {host!r}. Correct it.")
    return argv, None if operators is None else set(_words("operators", operators))


def _words(name: str, value: Any) -> list[str]:
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
        raise ValueError(
            f"{name} is expected to be a list of texts, with one at least, found {value!r}. Correct it."
        )
    return value


async def _messages(argv: list[str]) -> AsyncIterator[dict[str, Any]]:
    """What the command prints, as long as it runs; it ends with us."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, limit=LONGEST_LINE
        )
    except OSError as error:
        logger.error("%s cannot be started: %s", argv[0], error)  # noqa: TRY400 (the sentence says it all)
        return
    try:
        assert process.stdout is not None  # noqa: S101 (it was asked for)
        while line := await process.stdout.readline():
            message = _message(line)
            if message is None:
                logger.warning("a line that is no message of a bridge is passed over (%d bytes)", len(line))
            else:
                yield message
        logger.warning("the connection to the bridge has ended with status %s", await process.wait())
    except ValueError:
        logger.error("a line has more than %d bytes: the connection is made again", LONGEST_LINE)  # noqa: TRY400
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), END_SECONDS)
        except asyncio.TimeoutError:
            process.kill()


def _message(line: bytes) -> dict[str, Any] | None:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    right = isinstance(message, dict) and all(isinstance(message.get(key), str) for key in ("text", "sender"))
    return message if right else None


def _event(message: dict[str, Any], host: str) -> dict[str, Any]:
    """The message; with its first word where that is a command, which begins with `!`."""
    words = message["text"].split()
    is_command = bool(words) and words[0].startswith("!")
    return {
        "connector": {
            "host": host,
            "text": message["text"],
            "sender": message["sender"],
            **{key: message.get(key) for key in ("thread_id", "message_id", "ts")},
            "command": words[0] if is_command else None,
            "arguments": words[1:] if is_command else [],
        },
        "meta": {
            "source": {"name": "mosaic.fleet.connector", "type": "mosaic.fleet.connector"},
            "received_at": datetime.now(timezone.utc)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
        },
    }


if __name__ == "__main__":

    class _Shown:
        """A queue that shows what comes in, as such plugins have it to be tried by hand."""

        async def put(self, event: dict[str, Any]) -> None:
            """Print it."""
            print(json.dumps(event))  # noqa: T201

    asyncio.run(main(_Shown(), {}))  # type: ignore[arg-type]
