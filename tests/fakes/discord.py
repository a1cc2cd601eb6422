# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Discord to test against: a small real server on loopback, REST and gateway on one port.

`python -m fakes.discord --port 8787` (in tests/) runs it by itself, for a demo without an account; there
`POST /fake/messages` is the operator's keyboard, `GET /fake/messages` the screen, and `POST /fake/world` changes what
the bot may do. `discord_host.yml` is a playbook that runs it on a test host.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from types import TracebackType

from aiohttp import web
from fakes.discord_gateway import Gateway
from fakes.discord_rest import PREFIX, Fault, Rest
from fakes.discord_world import Document, World


class FakeDiscord:
    """The server; `world`, `rest` and `gateway` are there to be looked at and to be disturbed."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, world: World | None = None) -> None:
        self.host = host
        self.port = port
        self.world = world or World()
        self.rest = Rest(self.world)
        self.gateway = Gateway(self.world)
        self.operator = self.world.user("operator")
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> FakeDiscord:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    @property
    def api_url(self) -> str:
        """What MOSAIC_DISCORD_API_URL has to be."""
        return f"http://{self.host}:{self.port}{PREFIX}"

    @property
    def channel_id(self) -> str:
        """The fleet's channel."""
        return self.world.channel_id

    async def start(self) -> None:
        """Listen; the second time on the same port."""
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes([*self.rest.routes(), web.get("/gateway/", self.gateway.serve)])
        app.add_routes([web.get("/cdn/{number}/{name}", self.rest.cdn)])
        app.add_routes([web.post("/fake/messages", self._say), web.get("/fake/messages", self._read)])
        app.add_routes([web.post("/fake/world", self._change)])
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self.host, self.port, reuse_address=True)
        await site.start()
        self.port = self._runner.addresses[0][1]
        self.world.base_url = f"http://{self.host}:{self.port}"

    async def stop(self) -> None:
        """Break every connection and stop listening; what the world knows stays."""
        self.gateway.cut()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _say(self, request: web.Request) -> web.Response:
        """For other processes: the operator writes `{"text", "channel"?, "author"?}`; answers the message."""
        order = await request.json()
        author = {**self.operator, "id": order["author"]} if "author" in order else None
        return web.json_response(self.post(order["text"], channel=order.get("channel"), author=author))

    async def _read(self, request: web.Request) -> web.Response:
        """For other processes: what stands in `?channel=`, oldest first."""
        channel = request.query.get("channel", self.channel_id)
        return web.json_response(self.world.messages.get(channel, []))

    async def _change(self, request: web.Request) -> web.Response:
        """For other processes: attributes of the world by name, such as `{"in_guild": false}`; answers what they were."""
        wanted = await request.json()
        before = {name: getattr(self.world, name) for name in wanted}
        for name, value in wanted.items():
            setattr(self.world, name, value)
        return web.json_response(before)

    def post(
        self, text: str, *, channel: str | None = None, author: Document | None = None, **more: object
    ) -> Document:
        """The operator writes a message."""
        return self.world.add_message(channel or self.channel_id, author or self.operator, text, **more)

    def press(self, message: Document, mark: str, *, who: Document | None = None) -> Document:
        """Somebody presses a button below a message of the bot."""
        number = self.world.snowflake()
        interaction = {
            "id": number,
            "application_id": self.world.bot["id"],
            "type": 3,
            "data": {"component_type": 2, "custom_id": mark},
            "guild_id": self.world.guild_id,
            "channel_id": message["channel_id"],
            "member": {"user": who or self.operator, "roles": []},
            "token": f"interaction-token-{number}",
            "message": message,
            "version": 1,
        }
        self.world.interactions[number] = interaction
        self.world.publish("INTERACTION_CREATE", interaction)
        return interaction

    def fail(self, pattern: str, **fault: object) -> None:
        """Order a fault for the next requests whose `METHOD /path` matches."""
        self.rest.faults.append(Fault(pattern, **fault))  # type: ignore[arg-type]

    def texts(self, channel: str | None = None) -> list[str]:
        """What stands in a channel, oldest first."""
        return [message["content"] for message in self.world.messages[channel or self.channel_id]]


async def until(condition: Callable[[], object], timeout: float = 10.0) -> None:
    """Wait until a condition holds; fail when it does not in time."""
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("the condition did not come true in time")
        await asyncio.sleep(0.005)


async def _serve(arguments: argparse.Namespace) -> None:
    world = World(token=arguments.token, channel_id=arguments.channel)
    fake = FakeDiscord(arguments.host, arguments.port, world)
    if arguments.operator:
        fake.operator["id"] = arguments.operator
    await fake.start()
    facts = {"api_url": fake.api_url, "channel_id": fake.channel_id, "operator": fake.operator["id"]}
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


def main() -> None:
    """Run the server until it is stopped; the first line of output says where it is."""
    parser = argparse.ArgumentParser(description="A fake Discord on loopback.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8787)
    token = os.environ.get("DISCORD_BOT_TOKEN") or "fake.bot.token"
    parser.add_argument(
        "--token", default=token, help="what the bot has to show (default: $DISCORD_BOT_TOKEN)"
    )
    parser.add_argument("--channel", default="", metavar="ID", help="the channel's id (default: a new one)")
    parser.add_argument("--operator", default="", metavar="ID", help="the operator's id (default: a new one)")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    main()
