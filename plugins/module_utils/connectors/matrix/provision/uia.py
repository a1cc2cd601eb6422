# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""User-interactive authentication: one loop for every request that asks for it.

It asks without authentication first, takes the shortest flow that it has an answer for at every
stage, and answers stage by stage in the server's session. So it serves Conduit, whose
registration is the one stage `m.login.registration_token`, and Synapse, which adds `m.login.dummy`.

Source: Matrix client-server API v1.11, "User-Interactive Authentication API".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...border import Foreign
from ..errors import MatrixApiError
from ..http import MatrixHttp

REGISTRATION_TOKEN = "m.login.registration_token"  # noqa: S105  # a stage's name
DUMMY = "m.login.dummy"
PASSWORD = "m.login.password"  # noqa: S105  # a stage's name

Answers = Mapping[str, Mapping[str, Any]]
"""What can be answered: stage type -> the parameters beside `type` and `session`."""

_MAX_ROUNDS = 8


class UiaRefusedError(MatrixApiError):
    """The server refused the answer to `stage`, or offers no flow that can be answered (stage None).

    `unanswered` are the stages that there is no answer for, in the flow that has the fewest of them.
    """

    def __init__(
        self, message: str, *, stage: str | None, body: Foreign, unanswered: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message, status=401, errcode=body.identifier("errcode") or "M_FORBIDDEN", body=body)
        self.stage = stage
        self.unanswered = unanswered

    @property
    def missing(self) -> set[str]:
        """The stages that the server asks for, over all its flows."""
        return {stage for flow in _flows(self.body or Foreign()) for stage in flow}


async def uia_request(
    http: MatrixHttp, method: str, path: str, body: Mapping[str, Any], answers: Answers, **options: Any
) -> Foreign:
    """Make a request, authenticating interactively as the server demands; returns its final answer.

    Raises `UiaRefusedError`, and whatever `MatrixHttp.request` raises.
    """
    auth: dict[str, Any] | None = None
    for _round in range(_MAX_ROUNDS):
        try:
            return await http.request(
                method, path, json={**body, "auth": auth} if auth else dict(body), **options
            )
        except MatrixApiError as error:
            if error.status != 401 or error.body is None or "flows" not in error.body:
                raise
            auth = _next_auth(error.body, answers, asked=auth)
    raise UiaRefusedError(
        f"{http.base_url} keeps asking for authentication after {_MAX_ROUNDS} rounds.",
        stage=None,
        body=Foreign(),
    )


def _next_auth(body: Foreign, answers: Answers, asked: dict[str, Any] | None) -> dict[str, Any]:
    done = body.identifiers("completed")
    if asked is not None and asked["type"] not in done:
        stage = str(asked["type"])
        raise UiaRefusedError(f"The homeserver refused the answer to {stage}.", stage=stage, body=body)
    todo = [[stage for stage in flow if stage not in done] for flow in _flows(body)]
    open_flows = [flow for flow in todo if all(stage in answers for stage in flow)]
    # A flow without stages left would have been answered with success: asking on needs a stage.
    open_flows = [flow for flow in open_flows if flow]
    if not open_flows:
        unanswered = [tuple(stage for stage in flow if stage not in answers) for flow in todo]
        raise UiaRefusedError(
            "The homeserver offers no flow that can be answered.",
            stage=None,
            body=body,
            unanswered=min(unanswered, key=len, default=()),
        )
    stage = min(open_flows, key=len)[0]
    session = body.token("session")
    return {"type": stage, **({"session": session} if session else {}), **answers[stage]}


def _flows(body: Foreign) -> list[tuple[str, ...]]:
    return [flow.identifiers("stages") for flow in body.objects("flows")]
