# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP client for the Matrix client-server API: bounded, verified, and silent about secrets.

It makes exactly one request per call and says precisely what became of it; who may repeat a
request, and how, is decided above. The access token travels in the header alone, redirects are
reported and never followed with it, and an answer is read only up to a bound.

Source: Matrix client-server API v1.11, "API Standards".
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..border import ANSWER_BYTES, LONG_ANSWER_BYTES, Foreign, objects
from ..errors import ConnectorError, UnreachableError
from ..exchange import HttpExchange
from ..secrets import Secret, authorization
from .answers import interpret, not_matrix
from .errors import UnknownTokenError
from .identifiers import check_homeserver_url

if TYPE_CHECKING:
    import httpx

DEFAULT_TIMEOUT = 30.0
"""Seconds that one whole request may take unless the caller says otherwise."""

CLIENT = "/_matrix/client/v3"
"""What the paths of the client-server API begin with."""

_WHOAMI = f"{CLIENT}/account/whoami"
_ASKED_AGAIN = 2


class MatrixHttp:
    """Requests to one homeserver, with or without an access token."""

    def __init__(
        self,
        homeserver_url: str,
        *,
        access_token: Secret | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        validate_certs: bool = True,
        ca_path: str | None = None,
        token_doubt: float | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare a client; nothing is sent.

        `token_doubt` are the seconds after which a token that was refused is asked about again; None
        takes the first word for it.

        `timeout` is in seconds for a whole request; `ca_path` is a PEM file trusted in addition
        to the system's authorities; `transport` lets a test answer at the wire.
        Raises `ConfigError` for a URL that cannot be a homeserver's or an unreadable `ca_path`.
        """
        self.base_url = check_homeserver_url(homeserver_url)
        self.timeout = timeout
        self.on_notice: Callable[[str], None] = lambda _sentence: None
        """Told what a human ought to know though nothing failed, such as a login that will end."""
        self._token_doubt = token_doubt
        self._http = HttpExchange(
            self.base_url,
            secret=access_token,
            validate_certs=validate_certs,
            ca_path=ca_path,
            transport=transport,
        )

    @property
    def access_token(self) -> Secret | None:
        """What requests are authenticated by; it may be set once it is known."""
        return self._http.secret

    @access_token.setter
    def access_token(self, token: Secret | None) -> None:
        self._http.secret = token

    async def aclose(self) -> None:
        """Close the connections; harmless when called twice."""
        await self._http.aclose()

    async def __aenter__(self) -> MatrixHttp:
        return self

    async def __aexit__(self, *_exc_info: object) -> None:
        await self.aclose()

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        content: bytes | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
        authenticated: bool = True,
        label: str | None = None,
        secrets: Iterable[Secret | None] = (),
        limit: int = ANSWER_BYTES,
        make_sure: bool = True,
    ) -> Foreign:
        """Make one request and return the JSON object it is answered with.

        `path` starts with a slash and has its variable parts percent-encoded already; `label` is
        what errors call it where it holds a secret, and `secrets` are what the request carries besides
        the token, so that a server that echoes them puts them into no error. `limit` is in bytes. `make_sure` is
        False for a look, which tells what it saw and ends nothing.
        Raises `UnreachableError` (`TlsError`), `ResponseTooLargeError`, `NotMatrixError`,
        `MatrixApiError` (`UnknownTokenError`, `RateLimitedError`).
        """
        self._http.secrets.update(secret for secret in secrets if secret is not None)
        what = f"{method} {label or path}"
        try:
            return await self._request(
                method,
                path,
                what,
                json=json,
                content=content,
                params=params,
                headers=self._headers(headers, authenticated),
                timeout=self.timeout if timeout is None else timeout,
                limit=limit,
            )
        except UnknownTokenError as refusal:
            if make_sure and authenticated and self._token_doubt is not None:
                await self._make_sure(refusal, self._token_doubt)
            raise

    async def _make_sure(self, refusal: UnknownTokenError, doubt: float) -> None:
        """Ask twice more before the token counts as dead: a server in a restore says it of good ones, too."""
        for _time in range(_ASKED_AGAIN):
            await asyncio.sleep(doubt)
            try:
                headers = self._headers(None, True)
                await self._request(
                    "GET",
                    _WHOAMI,
                    f"GET {_WHOAMI}",
                    headers=headers,
                    timeout=self.timeout,
                    limit=ANSWER_BYTES,
                )
            except UnknownTokenError:
                continue
            except ConnectorError as error:
                raise UnreachableError(f"{refusal} Asked again, it gave no answer: {error}") from error
            raise UnreachableError(
                f"{self.base_url} refused the access token and, asked again, takes it: it is good."
            ) from refusal

    async def _request(
        self, method: str, path: str, what: str, *, timeout: float, limit: int, **arguments: Any
    ) -> Foreign:
        answer = await self._http.send(method, path, what=what, timeout=timeout, limit=limit, **arguments)
        document = interpret(self.base_url, what, self._http.unechoed(answer), self.words)
        if not isinstance(document, Mapping):
            raise not_matrix(self.base_url, what, answer.status)
        return Foreign(document)

    async def request_list(self, path: str) -> tuple[Foreign, ...]:
        """GET the objects of one of the few resources that are a JSON array, such as a room's state."""
        what = f"GET {path}"
        answer = await self._http.send(
            "GET",
            path,
            what=what,
            headers=self._headers(None, True),
            timeout=self.timeout,
            limit=LONG_ANSWER_BYTES,
        )
        found = objects(interpret(self.base_url, what, self._http.unechoed(answer), self.words))
        if found is None:
            raise not_matrix(self.base_url, what, answer.status)
        return found

    async def download(self, path: str, *, limit: int, timeout: float | None = None) -> bytes:
        """The content of a file on the server, read up to `limit` bytes; raises like `request`."""
        what = f"GET {path}"
        answer = await self._http.send(
            "GET",
            path,
            what=what,
            limit=limit,
            headers=self._headers({"Accept": "*/*"}, True),
            timeout=self.timeout if timeout is None else timeout,
        )
        if answer.status != 200:
            interpret(self.base_url, what, self._http.unechoed(answer), self.words)
            raise not_matrix(self.base_url, what, answer.status)
        return answer.body

    def words(self, text: object) -> str:
        """A foreign sentence as harmless words without any of our secrets."""
        return self._http.words(text)

    def _headers(self, headers: Mapping[str, str] | None, authenticated: bool) -> dict[str, str]:
        merged = dict(headers or {})
        if authenticated and self.access_token is not None:
            merged["Authorization"] = authorization("Bearer", self.access_token, "The access token")
        return merged
