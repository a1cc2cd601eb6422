# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Setting up kind matrix: server, account, operators, room, and a message that arrives."""

from __future__ import annotations

import contextlib
from urllib.parse import urlsplit

from ..errors import ConfigError, ConnectorError, TlsError
from ..kind import Question
from ..secrets import Secret
from ..setup.places import absolute
from ..setup.questions import OPERATOR, ways_to_answer
from ..setup.steps import TEST_MESSAGE, Setup, SetupResult
from ..types import MatrixConnectorConfig, OutboundMessage
from .connector import MatrixConnector
from .errors import UnknownTokenError
from .identifiers import check_homeserver_url, split_user_id
from .kind import ACCESS_TOKEN, HOMESERVER_URL, USER_ID
from .provision.accounts import account_exists, whoami
from .provision.patient_http import PatientHttp
from .provision.setup_account import settle_account, staging
from .provision.setup_room import settle_room
from .settings import MatrixSettings

LIKELY = "http://127.0.0.1:8008"
"""Where the roles have a homeserver listen."""


def unanswered(setup: Setup) -> list[Question]:
    """What has to be asked, or given: no guess would do."""
    present = setup.files.connector.matrix if setup.files.connector else None
    token = setup.answers.secret(ACCESS_TOKEN) is not None
    left_over = staging(setup).left_over
    known = {
        HOMESERVER_URL: present is not None,
        USER_ID: present is not None or token or left_over is not None,
        OPERATOR: any(_is_ours(one) for one in setup.files.document.operators),
    }
    return [
        question for question, present_too in known.items() if not setup.is_answered(question, present_too)
    ]


async def guide(setup: Setup) -> SetupResult:
    """Ask, check and make all that kind matrix needs; raises `ConnectorError`."""
    http = await _server(setup)
    async with http:
        user_id = await settle_account(setup, http, await _suggested_user(setup, http))
        operators = await _operators(setup, http, user_id)
        room_id = await settle_room(setup, http, user_id, operators)
        block = MatrixConnectorConfig(http.base_url, user_id, room_id)
        if setup.test_message and http.access_token is not None:
            token = http.access_token
            await setup.insist(lambda: _say_hello(setup, block, token), again="Try to send it again?")
    return SetupResult(block, operators, staging(setup).credentials())


async def _server(setup: Setup) -> PatientHttp:
    present = setup.files.connector.matrix if setup.files.connector else None

    async def check(value: str) -> PatientHttp:
        return await _reach(setup, check_homeserver_url(value if "://" in value else f"https://{value}"))

    async def ask(default: str | None) -> str:
        found = default or await _on_this_host(setup)
        return await setup.dialogue.text(HOMESERVER_URL.prompt, found, missing=ways_to_answer(HOMESERVER_URL))

    return await setup.settle(
        HOMESERVER_URL, check, present=present.homeserver_url if present else None, ask=ask
    )


async def _reach(setup: Setup, url: str) -> PatientHttp:
    """A client for a server that answers; where its certificate is not trusted, a human may name its authority."""
    ca_path = setup.ca_path
    while True:
        http = PatientHttp(url, ca_path=ca_path)
        http.on_notice = setup.dialogue.bad
        try:
            async with setup.dialogue.step(f"asking {url}"):
                answer = await http.request("GET", "/_matrix/client/versions", authenticated=False)
        except ConnectorError as error:
            await http.aclose()
            if not isinstance(error, TlsError) or not setup.dialogue.interactive:
                raise
            setup.dialogue.bad(str(error))
            if not await setup.dialogue.confirm("Is it signed by an authority of your own?", default=False):
                raise ConfigError("Then name another URL, or mend the certificate and try again.") from error
            named = await setup.dialogue.text("PEM file of that authority:", ca_path, missing="--ca-path")
            ca_path = absolute(named)
            continue
        if ca_path != setup.ca_path:
            setup.trust(ca_path)
        versions = answer.identifiers("versions")
        newest = f", Matrix {versions[-1]}" if versions else ""
        setup.dialogue.good(f"{url} answers{newest}")
        return http


async def _on_this_host(setup: Setup) -> str | None:
    """A homeserver on this host is the likeliest one; looked for only where somebody may say no."""
    if not setup.dialogue.interactive:
        return None
    async with (
        setup.dialogue.step("looking for a homeserver on this host"),
        PatientHttp(LIKELY, timeout=1.0) as http,
    ):
        with contextlib.suppress(ConnectorError):
            await http.request("GET", "/_matrix/client/versions", authenticated=False)
            return LIKELY
    return None


async def _suggested_user(setup: Setup, http: PatientHttp) -> tuple[str | None, str | None]:
    """Whose account it is by the files (or by a given token), and else a name that would do."""
    present = setup.files.connector.matrix if setup.files.connector else None
    known = staging(setup).left_over or (present.user_id if present else None)
    token = setup.answers.secret(ACCESS_TOKEN)
    if token is not None and setup.answers.given(USER_ID) is None:
        http.access_token = token
        with contextlib.suppress(UnknownTokenError):  # told when it is used
            async with setup.dialogue.step("asking whose token this is"):
                known = (await whoami(http))[0]
        http.access_token = None
    host = urlsplit(http.base_url).hostname or ""
    server = host.removeprefix("matrix.")
    return known, f"@mos:{server}" if "." in server and not server[-1].isdigit() else None


async def _operators(setup: Setup, http: PatientHttp, user_id: str) -> tuple[str, ...]:
    own_server = split_user_id(user_id)[1]

    async def check(name: str) -> None:
        if split_user_id(name)[1] != own_server:
            return
        if name == user_id:
            raise ConfigError(f"{name} is the orchestrator itself. Name the account of a human.")
        async with setup.dialogue.step(f"looking for {name}"):
            exists = await account_exists(http, name)
        if exists is False:
            setup.dialogue.note(f"There is no {name} on this server yet; the invitation waits for them.")

    return await setup.operators(
        check,
        belongs=_is_ours,
        prompt=f"Operators (their Matrix ids, such as @you:{own_server}):",
    )


def _is_ours(operator: str) -> bool:
    return operator.startswith("@")


async def _say_hello(setup: Setup, block: MatrixConnectorConfig, token: Secret) -> None:
    connector = MatrixConnector(
        homeserver_url=block.homeserver_url,
        user_id=block.user_id,
        room_id=block.room_id,
        access_token=token,
        settings=MatrixSettings(ca_path=setup.ca_path),
    )
    async with connector:
        async with setup.dialogue.step("sending a test message"):
            result = await connector.send(OutboundMessage(TEST_MESSAGE))
        if not result.delivered:
            raise ConnectorError(f"The test message was not taken: {result.error}")
    setup.dialogue.good("A test message is in the room")
