# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User-interactive authentication: any flow that can be answered, and a bound for a server that never ends."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from mosaic_connectors.matrix.errors import MatrixApiError
from mosaic_connectors.matrix.http import MatrixHttp
from mosaic_connectors.matrix.provision.uia import UiaRefusedError, uia_request

ANSWERS = {"m.login.dummy": {}, "m.login.registration_token": {"token": "t"}}


class Server:
    """Answers with the given 401 bodies one after the other, then with success."""

    def __init__(self, *bodies: dict[str, Any], repeat: bool = False) -> None:
        self.bodies = list(bodies)
        self.repeat = repeat
        self.auths: list[Any] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.auths.append(json.loads(request.content).get("auth"))
        if self.bodies:
            return httpx.Response(401, json=self.bodies[0] if self.repeat else self.bodies.pop(0))
        return httpx.Response(200, json={"done": True})


async def ask(server: Server) -> dict[str, Any]:
    async with MatrixHttp("https://hs.test", transport=httpx.MockTransport(server)) as http:
        return await uia_request(http, "POST", "/x", {"username": "mos"}, ANSWERS)


def flows(*stages: list[str], completed: list[str] | None = None, **more: Any) -> dict[str, Any]:
    return {"flows": [{"stages": list(flow)} for flow in stages], "completed": completed or [], **more}


async def test_the_shortest_flow_that_can_be_answered_is_taken() -> None:
    """A flow with a captcha is passed over, whatever its place."""
    server = Server(
        flows(
            ["m.login.recaptcha"],
            ["m.login.registration_token", "m.login.dummy"],
            ["m.login.dummy"],
            session="s",
        )
    )
    assert (await ask(server)).is_true("done")
    assert server.auths == [None, {"type": "m.login.dummy", "session": "s"}]


async def test_every_stage_is_answered_once_in_the_session() -> None:
    two = ["m.login.registration_token", "m.login.dummy"]
    server = Server(flows(two, session="s"), flows(two, completed=two[:1], session="s"))
    await ask(server)
    assert server.auths[1:] == [
        {"type": two[0], "session": "s", "token": "t"},
        {"type": two[1], "session": "s"},
    ]


async def test_a_server_without_sessions_is_answered_without_one() -> None:
    server = Server(flows(["m.login.registration_token"]))
    await ask(server)
    assert server.auths[1] == {"type": "m.login.registration_token", "token": "t"}


async def test_a_refused_answer_names_its_stage() -> None:
    first = flows(["m.login.registration_token"], session="s")
    server = Server(first, {**first, "errcode": "M_FORBIDDEN", "error": "Invalid token"})
    with pytest.raises(UiaRefusedError) as error:
        await ask(server)
    assert error.value.stage == "m.login.registration_token"
    assert len(server.auths) == 2


async def test_flows_that_a_machine_cannot_answer_are_named() -> None:
    with pytest.raises(UiaRefusedError) as error:
        await ask(Server(flows(["m.login.recaptcha", "m.login.terms"])))
    assert error.value.missing == {"m.login.recaptcha", "m.login.terms"}


async def test_a_server_that_never_has_enough_is_given_up() -> None:
    stages = [f"stage{number}" for number in range(20)]
    bodies = [flows(stages, completed=stages[:number]) for number in range(20)]
    server = Server(*bodies)
    async with MatrixHttp("https://hs.test", transport=httpx.MockTransport(server)) as http:
        with pytest.raises(UiaRefusedError, match="keeps asking"):
            await uia_request(http, "POST", "/x", {}, {stage: {} for stage in stages})
    assert len(server.auths) == 8


@pytest.mark.parametrize("body", [{"flows": None}, {"flows": [{}]}, {"flows": ["nonsense"]}, {"flows": []}])
async def test_nonsense_flows_are_refused(body: dict[str, Any]) -> None:
    with pytest.raises(UiaRefusedError):
        await ask(Server(body))


async def test_an_ordinary_401_is_passed_on() -> None:
    with pytest.raises(MatrixApiError) as error:
        await ask(Server({"errcode": "M_UNKNOWN_TOKEN", "error": "Unknown"}))
    assert error.value.errcode == "M_UNKNOWN_TOKEN"
