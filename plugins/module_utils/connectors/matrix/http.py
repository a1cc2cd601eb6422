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
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..border import ANSWER_BYTES, LONG_ANSWER_BYTES, BorderError, Foreign, objects, read_json
from ..errors import (
    ConfigError,
    ConnectorError,
    MatrixApiError,
    NotMatrixError,
    RateLimitedError,
    UnknownTokenError,
    UnreachableError,
)
from ..exchange import Answer, HttpExchange
from ..secrets import Secret, authorization

if TYPE_CHECKING:
    import httpx

DEFAULT_TIMEOUT = 30.0
"""Seconds that one whole request may take unless the caller says otherwise."""

_WHOAMI = "/_matrix/client/v3/account/whoami"
_ASKED_AGAIN = 2

_ERRCODE = 60
"""Characters of a foreign error code that are shown."""


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
        document = self._interpret(what, answer)
        if not isinstance(document, Mapping):
            raise self._not_matrix(what, answer.status)
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
        found = objects(self._interpret(what, answer))
        if found is None:
            raise self._not_matrix(what, answer.status)
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
            self._interpret(what, answer)
            raise self._not_matrix(what, answer.status)
        return answer.body

    def words(self, text: object) -> str:
        """A foreign sentence as harmless words without any of our secrets."""
        return self._http.words(text)

    def _headers(self, headers: Mapping[str, str] | None, authenticated: bool) -> dict[str, str]:
        merged = dict(headers or {})
        if authenticated and self.access_token is not None:
            merged["Authorization"] = authorization("Bearer", self.access_token, "The access token")
        return merged

    def _interpret(self, what: str, answer: Answer) -> Any:
        """The JSON document of a success; raises what anything else is."""
        if 300 <= answer.status < 400:
            raise NotMatrixError(
                f"{self.base_url} redirects {what} elsewhere (HTTP {answer.status}); a redirect is not followed "
                "with a token. Use the homeserver's own URL as homeserver_url."
            )
        try:
            document = read_json(answer.body)
        except BorderError:
            document = None
        if 200 <= answer.status < 300:
            return document
        body = Foreign(document)
        if body.text("errcode") is None and "flows" not in body:
            body = Foreign()
        if body or answer.status >= 500 or answer.status in (413, 429):
            raise self._api_error(what, answer, body)
        raise self._not_matrix(what, answer.status)

    def _not_matrix(self, what: str, status: int) -> NotMatrixError:
        return NotMatrixError(
            f"{self.base_url} answered {what} with HTTP {status} and no Matrix JSON object. "
            "Expected a Matrix homeserver: check the URL and the proxy in front of it.",
            status=status if 400 <= status < 500 else None,
        )

    def _api_error(self, what: str, answer: Answer, body: Foreign) -> MatrixApiError:
        status, errcode = answer.status, body.identifier("errcode") or "M_UNKNOWN"
        said = self.words(body.text("error"))
        message = f"{self.base_url} refused {what}: HTTP {status} {errcode[:_ERRCODE]}: {said or 'no explanation given'}"
        if errcode == "M_UNKNOWN_TOKEN":
            advice = "It is expired, revoked or logged out: log in again (mosaic.fleet.matrix_user does)."
            return UnknownTokenError(
                f"{message} {advice}", status=status, errcode=errcode, said=said, body=body
            )
        if status == 429 or errcode == "M_LIMIT_EXCEEDED":
            # The body's own word first, then the header (RFC 9110, 10.2.3).
            asked = body.seconds("retry_after_ms", unit=0.001)
            return RateLimitedError(
                message,
                status=status,
                errcode="M_LIMIT_EXCEEDED",
                said=said,
                body=body,
                retry_after=answer.headers.seconds("retry-after") if asked is None else asked,
            )
        if status == 413:
            # Whoever says so: a proxy in front has bounds of its own, and says it in HTML.
            return MatrixApiError(
                f"{self.base_url} or the proxy in front of it does not take so much: {what} was answered with "
                f"HTTP 413 {errcode[:_ERRCODE]}. Send a smaller file or a link, or raise the bound there.",
                status=status,
                errcode="M_TOO_LARGE",
                said=said,
                body=body,
            )
        return MatrixApiError(message, status=status, errcode=errcode, said=said, body=body)


def is_fatal(error: ConnectorError) -> bool:
    """Whether repeating cannot help because the account or its token is gone."""
    return isinstance(error, UnknownTokenError) or (
        isinstance(error, MatrixApiError) and error.errcode == "M_USER_DEACTIVATED"
    )


def check_homeserver_url(url: str) -> str:
    """Return a homeserver's base URL without its trailing slash, or raise `ConfigError`."""
    try:
        parts = urlsplit(url.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.strip().isprintable():
        raise ConfigError(
            f"homeserver_url is expected to look like https://matrix.example.org, "
            f"found {'one that is malformed' if '@' in url else repr(url)}. "
            "Write the base URL with its scheme and without a path."
        )
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ConfigError(
            "homeserver_url must not carry a user, a password, a query or a fragment. "
            "Write the base URL alone, e.g. https://matrix.example.org"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path}".rstrip("/")
