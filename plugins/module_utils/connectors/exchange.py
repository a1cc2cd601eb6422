# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One HTTP request and its answer: bounded in time and size, verified, silent about secrets.

Redirects are never followed, since a secret would travel with them; what an answer means is
decided by whoever knows the protocol.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import ConfigError, ResponseTooLargeError, TlsError, UnreachableError
from .secrets import Secret, redact
from .thirdparty import require

if TYPE_CHECKING:
    import httpx

USER_AGENT = "mosaic-connectors"


class HttpExchange:
    """Connections to one server; `secret` is what errors must not show."""

    def __init__(
        self,
        base_url: str,
        *,
        secret: Secret | None = None,
        user_agent: str = USER_AGENT,
        validate_certs: bool = True,
        ca_path: str | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare a client; nothing is sent. Raises `ConfigError` for an unreadable `ca_path`."""
        self.base_url = base_url
        self.secret = secret
        self._httpx = require("httpx")
        verify: ssl.SSLContext | bool = True
        if transport is None and base_url.startswith("https:"):
            verify = tls_context(validate_certs, ca_path)
        self._client: httpx.AsyncClient = self._httpx.AsyncClient(
            headers={"User-Agent": user_agent, "Accept": "application/json"},
            follow_redirects=False,
            transport=transport,
            verify=verify,
        )

    async def aclose(self) -> None:
        """Close the connections; harmless when called twice."""
        await self._client.aclose()

    async def send(
        self, method: str, path: str, *, what: str, timeout: float, limit: int, **arguments: Any
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Make one request; returns status, headers and the body, read up to `limit` bytes.

        `what` is what errors call it. Raises `UnreachableError` (`TlsError`), `ResponseTooLargeError`.
        """
        httpx = self._httpx
        try:
            return await asyncio.wait_for(
                self._read(method, path, what, limit, timeout=httpx.Timeout(timeout), **arguments), timeout
            )
        except (asyncio.TimeoutError, httpx.TimeoutException) as error:
            raise UnreachableError(
                f"{self.base_url} did not answer {what} within {timeout:g} seconds. "
                "Check that the server runs and that nothing between drops the connection."
            ) from error
        except httpx.InvalidURL as error:
            raise ConfigError(
                f"A URL is expected, found {self.base_url!r}: {error}. Correct its host name or port."
            ) from error
        except httpx.HTTPError as error:
            raise self._connection_error(error) from error

    async def _read(
        self, method: str, path: str, what: str, limit: int, **arguments: Any
    ) -> tuple[int, Mapping[str, str], bytes]:
        async with self._client.stream(method, self.base_url + path, **arguments) as response:
            chunks: list[bytes] = []
            size = 0
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                if size > limit:
                    raise ResponseTooLargeError(
                        f"{self.base_url} answered {what} with more than "
                        f"{limit} bytes; the rest was not read."
                    )
                chunks.append(chunk)
            return response.status_code, response.headers, b"".join(chunks)

    def _connection_error(self, error: httpx.HTTPError) -> UnreachableError:
        cause: BaseException | None = error
        while cause is not None:
            if isinstance(cause, ssl.SSLError):
                reason = getattr(cause, "verify_message", "") or cause.reason or str(cause)
                return TlsError(
                    f"The TLS certificate of {self.base_url} is not accepted: {reason}. "
                    "Give the authority that signed it as ca_path, or correct the URL."
                )
            cause = cause.__cause__ or cause.__context__
        reason = redact(str(error) or type(error).__name__, [self.secret])
        return UnreachableError(
            f"{self.base_url} cannot be reached: {reason}. "
            "Check the URL, that the server runs, and the network between."
        )


def tls_context(validate_certs: bool = True, ca_path: str | None = None) -> ssl.SSLContext:
    """What to trust: the system's authorities and those in the PEM file `ca_path`; raises `ConfigError`."""
    context = ssl.create_default_context()
    if ca_path is not None:
        try:
            context.load_verify_locations(cafile=str(Path(ca_path).expanduser()))
        except (OSError, ssl.SSLError) as error:
            raise ConfigError(
                f"ca_path is expected to be a readable file of PEM certificates, found {ca_path!r}: {error}"
            ) from error
    if not validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
