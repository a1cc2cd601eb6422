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

import json as jsonlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..errors import (
    ConfigError,
    MatrixApiError,
    NotMatrixError,
    RateLimitedError,
    UnknownTokenError,
)
from ..exchange import HttpExchange
from ..secrets import Secret, authorization, redact

if TYPE_CHECKING:
    import httpx

DEFAULT_TIMEOUT = 30.0
"""Seconds that one whole request may take unless the caller says otherwise."""

MAX_RESPONSE_BYTES = 64 * 1024 * 1024
"""Bytes of an answer that are read at most; an initial sync of a large account stays far below."""


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
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare a client; nothing is sent.

        `timeout` is in seconds for a whole request; `ca_path` is a PEM file trusted in addition
        to the system's authorities; `transport` lets a test answer at the wire.
        Raises `ConfigError` for a URL that cannot be a homeserver's or an unreadable `ca_path`.
        """
        self.base_url = check_homeserver_url(homeserver_url)
        self.timeout = timeout
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
    ) -> dict[str, Any]:
        """Make one request and return the JSON object it is answered with.

        `path` starts with a slash and has its variable parts percent-encoded already; `label` is
        what errors call it where it holds a secret.
        Raises `UnreachableError` (`TlsError`), `ResponseTooLargeError`, `NotMatrixError`,
        `MatrixApiError` (`UnknownTokenError`, `RateLimitedError`).
        """
        status, response_headers, body = await self._exchange(
            method,
            path,
            what=f"{method} {label or path}",
            json=json,
            content=content,
            params=params,
            headers=self._headers(headers, authenticated),
            timeout=self.timeout if timeout is None else timeout,
        )
        what = f"{method} {label or path}"
        document: dict[str, Any] = self._interpret(what, status, response_headers, body)
        return document

    async def request_list(self, path: str) -> list[Any]:
        """GET one of the few resources that are a JSON array; raises like `request`."""
        status, headers, body = await self._exchange(
            "GET", path, headers=self._headers(None, True), timeout=self.timeout
        )
        document: list[Any] = self._interpret(f"GET {path}", status, headers, body, shape=list)
        return document

    async def download(self, path: str, *, limit: int, timeout: float | None = None) -> bytes:
        """The content of a file on the server, read up to `limit` bytes; raises like `request`."""
        status, response_headers, body = await self._exchange(
            "GET",
            path,
            what=f"GET {path}",
            limit=limit,
            headers=self._headers({"Accept": "*/*"}, True),
            timeout=self.timeout if timeout is None else timeout,
        )
        if status != 200:
            self._interpret(f"GET {path}", status, response_headers, body)
        return body

    def _headers(self, headers: Mapping[str, str] | None, authenticated: bool) -> dict[str, str]:
        merged = dict(headers or {})
        if authenticated and self.access_token is not None:
            merged["Authorization"] = authorization("Bearer", self.access_token, "The access token")
        return merged

    async def _exchange(
        self,
        method: str,
        path: str,
        *,
        timeout: float,
        what: str | None = None,
        limit: int = MAX_RESPONSE_BYTES,
        **arguments: Any,
    ) -> tuple[int, Mapping[str, str], bytes]:
        what = what or f"{method} {path}"
        return await self._http.send(method, path, what=what, timeout=timeout, limit=limit, **arguments)

    def _interpret(
        self, what: str, status: int, headers: Mapping[str, str], body: bytes, shape: type = dict
    ) -> Any:
        if 300 <= status < 400:
            raise NotMatrixError(
                f"{self.base_url} redirects {what} elsewhere (HTTP {status}); a redirect is not followed "
                "with a token. Use the homeserver's own URL as homeserver_url."
            )
        try:
            document = jsonlib.loads(body)
        except ValueError:
            document = None
        if 200 <= status < 300 and isinstance(document, shape):
            return document
        if isinstance(document, dict) and (isinstance(document.get("errcode"), str) or "flows" in document):
            raise self._api_error(what, status, headers, document)
        if status >= 500 or status == 429:
            raise self._api_error(what, status, headers, {})
        raise NotMatrixError(
            f"{self.base_url} answered {what} with HTTP {status} and no Matrix JSON object. "
            "Expected a Matrix homeserver: check the URL and the proxy in front of it."
        )

    def _api_error(
        self, what: str, status: int, headers: Mapping[str, str], body: dict[str, Any]
    ) -> MatrixApiError:
        errcode = body.get("errcode")
        errcode = errcode if isinstance(errcode, str) else "M_UNKNOWN"
        text = redact(str(body.get("error", "no explanation given"))[:500], [self.access_token])
        message = f"{self.base_url} refused {what}: HTTP {status} {errcode}: {text}"
        if errcode == "M_UNKNOWN_TOKEN":
            advice = "It is expired, revoked or logged out: log in again (mosaic.fleet.matrix_user does)."
            return UnknownTokenError(f"{message} {advice}", status=status, errcode=errcode, body=body)
        if status == 429 or errcode == "M_LIMIT_EXCEEDED":
            return RateLimitedError(
                message,
                status=status,
                errcode="M_LIMIT_EXCEEDED",
                body=body,
                retry_after=_retry_after(headers, body),
            )
        return MatrixApiError(message, status=status, errcode=errcode, body=body)


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


def _retry_after(headers: Mapping[str, str], body: Mapping[str, Any]) -> float | None:
    """Seconds to wait: the body's `retry_after_ms` first, then the Retry-After header (RFC 9110, 10.2.3)."""
    milliseconds = body.get("retry_after_ms")
    if (
        isinstance(milliseconds, (int, float))
        and not isinstance(milliseconds, bool)
        and 0 <= milliseconds < float("inf")  # JSON as Python reads it has an infinity
    ):
        return float(milliseconds) / 1000
    value = headers.get("retry-after", "")
    return float(value) if value.isascii() and value.isdigit() else None
