# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing that a homeserver answers makes the line deaf for good, raises, or is believed without a bound."""

from __future__ import annotations

import gzip
import hashlib
import json
import ssl
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.homeserver import BOT, ROOM, TOKEN, FakeHomeserver, error
from fakes.matrix import Inbox, connector_on, eventually
from mosaic_connectors import OutboundMessage
from mosaic_connectors.errors import ConfigError
from mosaic_connectors.matrix.errors import MatrixApiError, NotMatrixError
from mosaic_connectors.matrix.http import MatrixHttp
from mosaic_connectors.matrix.provision.accounts import log_in, register
from mosaic_connectors.matrix.provision.rooms import create_room
from mosaic_connectors.matrix.provision.synapse_admin import list_tokens
from mosaic_connectors.matrix.rooms import joined_rooms, read_state
from mosaic_connectors.secrets import Secret
from mosaic_connectors.store.database import FILE_NAME, Database

DEEP = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
NONSENSE: list[Any] = [
    httpx.Response(200, content=DEEP),
    httpx.Response(429, content=b'{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":1' + b"0" * 400 + b"}"),
    httpx.Response(200, content=b"x" * (17 * 1024 * 1024)),
    httpx.Response(200, json={"next_batch": "s1" + "x" * 70_000}),
    httpx.Response(200, content=b'{"next_batch":"s1\\ud800"}'),
    httpx.Response(200, json={"next_batch": "s" + "9" * 5000}),
    httpx.Response(200, json={"next_batch": "s1\n"}),
    httpx.Response(200, json=[]),
    httpx.Response(200, json={"next_batch": "s1_7", "rooms": {"join": {ROOM: {"timeline": {"events": 7}}}}}),
    httpx.Response(413, text="<html>"),
    ssl.SSLError(1, "[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC] decryption failed"),
    UnicodeError("label empty or too long"),
    OSError(24, "Too many open files"),
]


@pytest.mark.parametrize("nonsense", NONSENSE, ids=lambda one: repr(one)[:50])
@pytest.mark.fault(
    "a poll is answered with nonsense: deep, huge, of other types, or no answer at all",
    "waits, asks again, loses nothing; a restart neither",
)
async def test_a_poll_answered_with_nonsense_costs_nothing_but_time(tmp_path: Path, nonsense: Any) -> None:
    """Nor does it after a restart: nothing is written down that could not be asked for."""
    server = FakeHomeserver()
    inbox = Inbox()
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        server.on("GET", "/sync", nonsense, nonsense)
        server.say("through")
        await inbox.holds(1)
    server.say("after a restart")
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(inbox)
        await inbox.holds(2)
    assert inbox.texts == ["through", "after a restart"]


@pytest.mark.parametrize("nonsense", NONSENSE, ids=lambda one: repr(one)[:50])
@pytest.mark.fault(
    "`send` and `health` are answered with the same nonsense", "an error result in words; nothing is raised"
)
async def test_send_and_health_report_nonsense_and_raise_nothing(nonsense: Any) -> None:
    server = FakeHomeserver()
    server.on("PUT", "/send/", nonsense, nonsense)
    server.on("GET", "/whoami", nonsense)
    async with connector_on(server, send_bound=0.2) as connector:
        await connector.send(OutboundMessage("x"))
        assert (await connector.health()).detail


async def test_a_place_that_an_earlier_release_wrote_down_and_nobody_can_ask_for_counts_as_lost(
    tmp_path: Path,
) -> None:
    server = FakeHomeserver()
    name = hashlib.sha256(f"{BOT}\0{ROOM}".encode()).hexdigest()[:16]
    path = tmp_path / f"matrix-{name}.journal"  # of the version before the store, which took any token
    known = server.say("known")
    entries = [["e", known, 1, ROOM], ["s", "s1" + "x" * 70_000, ROOM]]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    server.say("missed")
    inbox = Inbox()
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(inbox)
        await inbox.holds(1)
    assert inbox.texts == ["missed"]


@pytest.mark.fault(
    "event ids of megabytes, from a server or a member of the room", "passed over, and kept nowhere"
)
async def test_ids_without_a_bound_are_passed_over_and_kept_nowhere(tmp_path: Path) -> None:
    """A member reaches the memory of threads alone with them, a server every other one."""
    server = FakeHomeserver()
    inbox = Inbox()
    huge = "$" + "x" * 60_000
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        for key in ("event_id", "sender"):
            server.stream.append({**_event(server, f"odd {key}"), key: huge})
        relation = {"rel_type": "m.thread", "event_id": huge}
        server.say("in no thread", **{"m.relates_to": relation})
        await inbox.holds(3)
    assert [message.thread_id for message in inbox.messages] == [None] * 3
    assert all(len(message.sender) < 256 for message in inbox.messages)
    seen = Database(tmp_path / FILE_NAME).rows("SELECT message FROM seen")
    assert max(len(row["message"]) for row in seen) < 256


def _event(server: FakeHomeserver, body: str) -> dict[str, Any]:
    event_id = server.say(body)
    return next(event for event in reversed(server.stream) if event["event_id"] == event_id) | {"content": {}}


@pytest.mark.fault("a server that hides what we may not see, page after page", "the gap is read to its end")
async def test_empty_pages_close_no_gap(tmp_path: Path) -> None:
    """A server leaves out what we may not see, and gives what follows it."""
    server = FakeHomeserver()
    inbox = Inbox()
    async with connector_on(server, state_dir=tmp_path, timeline_limit=5) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
    said = [server.say(f"m{number}") and f"m{number}" for number in range(12)]
    empty = [httpx.Response(200, json={"chunk": [], "end": f"s0_{number}"}) for number in range(10, 15)]
    server.on("GET", "/messages", *empty)
    async with connector_on(server, state_dir=tmp_path, timeline_limit=5) as connector:
        connector.subscribe(inbox)
        await inbox.holds(12)
    assert inbox.texts == said


@pytest.mark.fault("an event from the year 9999", "what follows it is no older for it")
async def test_an_event_of_the_year_9999_does_not_become_our_last_time(tmp_path: Path) -> None:
    """It would make everything later old where only time is left to tell."""
    server = FakeHomeserver()
    inbox = Inbox()
    async with connector_on(server, state_dir=tmp_path) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        server.post("m.room.message", {"body": "x"}, origin_server_ts=253_402_300_799_000)
        await inbox.holds(1)
        place = connector._receiver._place  # type: ignore[union-attr]
        await eventually(lambda: place.last_ts)
    assert place.last_ts < (time.time() + 4000) * 1000


def _client(*answers: httpx.Response) -> MatrixHttp:
    waiting = list(answers)
    return MatrixHttp(
        "https://fake.test",
        access_token=Secret("syt_SECRETSECRET"),
        transport=httpx.MockTransport(lambda _request: waiting.pop(0)),
    )


@pytest.mark.fault("a server repeats a password or a registration token", "neither is in the error")
async def test_a_server_that_echoes_puts_no_secret_into_an_error() -> None:
    def echo(request: httpx.Request) -> httpx.Response:
        words = f"too weak: {request.content.decode()}"
        return httpx.Response(400, json={"errcode": "M_WEAK_PASSWORD", "error": words})

    http = MatrixHttp("https://fake.test", transport=httpx.MockTransport(echo))
    password, token = Secret('hunter2"hunter2'), Secret("regtoken")
    for call in (register(http, "@a:x", password, "D", token), log_in(http, "@a:x", password, "D")):
        with pytest.raises((ConfigError, MatrixApiError)) as refused:
            await call
        assert "hunter2" not in str(refused.value)
        assert "regtoken" not in str(refused.value)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("", httpx.Response(403, json={"errcode": TOKEN, "error": TOKEN})),
        ("/whoami", httpx.Response(200, json={"user_id": TOKEN})),
        ("/state/m.room.tombstone", httpx.Response(200, json={"replacement_room": TOKEN})),
    ],
    ids=["an error code", "somebody's name", "a room"],
)
@pytest.mark.fault(
    "a server repeats our token as an error code, a name or a room", "`***` in health, results and journal"
)
async def test_a_token_that_comes_back_as_an_id_is_not_shown(
    path: str, answer: httpx.Response, caplog: pytest.LogCaptureFixture
) -> None:
    """Where words for humans are redacted, ids are not, and they stand in the same sentences."""
    server = FakeHomeserver()
    server.on("GET", path, answer, forever=True)
    async with connector_on(server) as connector:
        connector.subscribe(Inbox())
        said = [str(await connector.health()), str(await connector.send(OutboundMessage("x")))]
    assert any("***" in one for one in said)
    assert TOKEN not in "".join([*said, caplog.text])


@pytest.mark.fault(
    "an error of 300 KB, with control characters, a secret at the cut", "redacted, harmless, one line, cut"
)
async def test_foreign_words_in_an_error_are_redacted_cut_and_harmless() -> None:
    answer = error(400, "M_X" * 100_000)
    assert len(str(await _refusal(answer))) < 1000
    body = {"errcode": "M_X", "error": "x" * 490 + "syt_SECRETSECRET"}
    assert "SECRET" not in str(await _refusal(httpx.Response(400, json=body)))
    body = {"errcode": "M_X", "error": "a\x1b]52;c;x\x07\u009b2J\r\nb"}
    assert str(await _refusal(httpx.Response(400, json=body))).isprintable()


async def _refusal(answer: httpx.Response) -> MatrixApiError:
    async with _client(answer) as http:
        with pytest.raises(MatrixApiError) as refused:
            await http.request("GET", "/x")
    return refused.value


@pytest.mark.fault("a compressed answer, asked for by nobody", "expanded within its bound, or refused")
async def test_a_compressed_answer_is_read_within_its_bound() -> None:
    small = gzip.compress(b'{"a": 1}')
    header = {"Content-Encoding": "gzip"}
    async with _client(httpx.Response(200, headers=header, stream=httpx.ByteStream(small))) as http:
        assert (await http.request("GET", "/x")).number("a") == 1


@pytest.mark.parametrize("answer", [{}, {"room_id": 7}, {"room_id": None}, {"room_id": "!" + "x" * 300}])
async def test_provisioning_trusts_no_types_either(answer: dict[str, Any]) -> None:
    async with _client(httpx.Response(200, json=answer)) as http:
        with pytest.raises(NotMatrixError):
            await create_room(http, {}, "#a:x")
    async with _client(httpx.Response(200, json={"joined_rooms": 7})) as http:
        assert await joined_rooms(http) == ()
    async with _client(httpx.Response(200, json=[7, {"type": ["x"]}, {"type": "t", "content": 1}])) as http:
        state = await read_state(http, "!r:x")
        assert state is not None
        assert list(state) == [("t", "")]
    async with _client(httpx.Response(200, json={"registration_tokens": [{"token": 7}]})) as http:
        with pytest.raises(NotMatrixError):
            await list_tokens(http, "n")


async def test_stages_that_a_machine_cannot_answer_are_named_alone() -> None:
    flows = [{"stages": ["m.login.registration_token", "m.login.terms", "m.login.dummy"]}]
    async with _client(httpx.Response(401, json={"flows": flows, "session": "s"})) as http:
        with pytest.raises(ConfigError, match=r"asks for m\.login\.terms, which") as refused:
            await register(http, "@a:x", Secret("p"), "D", Secret("t"))
    assert "a registration token" not in str(refused.value)


@pytest.mark.parametrize("errcode", ["M_PASSWORD_TOO_SHORT", "M_PASSWORD_NO_SYMBOL", "M_WEAK_PASSWORD"])
async def test_every_refusal_of_a_password_is_one_sentence(errcode: str) -> None:
    async with _client(httpx.Response(400, json={"errcode": errcode, "error": "Too short"})) as http:
        with pytest.raises(ConfigError, match=r"does not allow this password for @a:x: Too short\."):
            await register(http, "@a:x", Secret("p"), "D", None)


@pytest.mark.fault("a good token is refused for a moment", "asked about twice more; the line goes on")
async def test_a_token_that_is_refused_once_is_asked_about_twice_more() -> None:
    """A server in a restore, or a wrong proxy for a moment, ends no line for good."""
    server, inbox = FakeHomeserver(), Inbox()
    async with connector_on(server) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        server.on("GET", "/sync", error(401, "M_UNKNOWN_TOKEN"))
        server.on("GET", "/whoami", error(401, "M_UNKNOWN_TOKEN"))
        server.say("through")
        await inbox.holds(1)


async def test_a_token_that_is_refused_while_nothing_else_answers_is_not_dead_yet() -> None:
    server, inbox = FakeHomeserver(), Inbox()
    async with connector_on(server) as connector:
        connector.subscribe(inbox)
        await connector.wait_ready()
        server.on("GET", "/sync", error(401, "M_UNKNOWN_TOKEN"))
        server.on("GET", "/whoami", httpx.ConnectError("refused"))
        server.say("through")
        await inbox.holds(1)
