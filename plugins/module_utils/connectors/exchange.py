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
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from .bodies import Body, BodyEncodingError, BodyTooLongError
from .border import Foreign, words
from .ending import within
from .errors import ResponseTooLargeError, TlsError, UnreachableError
from .http_client import USER_AGENT, make_client, tls_context
from .secrets import Secret
from .thirdparty import require

if TYPE_CHECKING:
    import httpx

_SHORTEST_TOKEN = 12


@dataclass(frozen=True)
class Answer:
    """What came back: HTTP status, headers by their names in lower case, and the body."""

    status: int
    headers: Foreign
    body: bytes


class HttpExchange:
    """Connections to one server; `secret` and `secrets` are what errors must not show."""

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
        """Prepare a client; nothing is sent. Raises `ConfigError` as `make_client` does, or for `ca_path`."""
        self.base_url = base_url
        self.secret = secret
        self.secrets: set[Secret] = set()
        """Further secrets that requests carry, such as passwords."""
        trust = None
        if transport is None and base_url.startswith("https:"):
            trust = tls_context(validate_certs, ca_path)
        self._client = make_client(
            base_url, user_agent=user_agent, accept="application/json", trust=trust, transport=transport
        )

    async def aclose(self) -> None:
        """Close the connections; harmless when called twice."""
        await self._client.aclose()

    def words(self, text: object) -> str:
        """A foreign sentence as harmless words without any of our secrets."""
        return words(text, [self.secret, *self.secrets])

    def unechoed(self, answer: Answer) -> Answer:
        """An answer that does not repeat our token: as somebody's id it would stand in what is shown and logged."""
        token = self.secret.reveal().encode() if self.secret else b""
        # One so short is no token of a server, and may stand in the answer by chance.
        if len(token) < _SHORTEST_TOKEN or token not in answer.body:
            return answer
        return replace(answer, body=answer.body.replace(token, b"***"))

    async def send(
        self, method: str, path: str, *, what: str, timeout: float, limit: int, **arguments: Any
    ) -> Answer:
        """Make one request; the body is read up to `limit` bytes.

        `what` is what errors call it. Raises `UnreachableError` (`TlsError`), `ResponseTooLargeError`.
        """
        httpx = require("httpx")
        try:
            return await within(
                self._read(method, path, limit, timeout=httpx.Timeout(timeout), **arguments), timeout
            )
        except (asyncio.TimeoutError, httpx.TimeoutException) as error:
            raise UnreachableError(
                f"{self.base_url} did not answer {what} within {timeout:g} seconds. "
                "Check that the server runs and that nothing between drops the connection."
            ) from error
        except BodyTooLongError as error:
            raise ResponseTooLargeError(
                f"{self.base_url} answered {what} with more than {limit} bytes; the rest was not read."
            ) from error
        except BodyEncodingError as error:
            raise UnreachableError(
                f"{self.base_url} answered {what} in {self.words(str(error))}, which is not read. "
                "Check the proxies between: they must not compress what nobody asked to be compressed."
            ) from error
        except (httpx.HTTPError, httpx.StreamError, OSError) as error:
            # anyio lets errors of TLS after the handshake through as they are, which are OSErrors.
            raise connection_error(self.base_url, error, self.words(str(error))) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise UnreachableError(
                f"{self.base_url} cannot be asked {what[:300]}: {self.words(str(error))}."
            ) from error

    async def _read(self, method: str, path: str, limit: int, **arguments: Any) -> Answer:
        async with self._client.stream(method, self.base_url + path, **arguments) as response:
            headers = Foreign({name.lower(): value for name, value in response.headers.items()})
            body = Body(limit, headers.text("content-encoding") or "")
            # The stream itself: httpx would expand what a header claims to be compressed, without a bound.
            async for chunk in response.stream:  # type: ignore[union-attr]
                body.take(chunk)
            return Answer(response.status_code, headers, body.content())


def connection_error(base_url: str, error: Exception, said: str) -> UnreachableError:
    """What an error of the connection means: only a certificate that is not trusted is a matter of trust."""
    broken = next((cause for cause in _causes(error) if isinstance(cause, ssl.SSLError)), None)
    if isinstance(broken, ssl.SSLCertVerificationError):
        return TlsError(
            f"The TLS certificate of {base_url} is not accepted: {broken.verify_message or _reason(broken)}. "
            "Give the authority that signed it as ca_path, or correct the URL."
        )
    if broken is not None and _reason(broken) in (
        "WRONG_VERSION_NUMBER",
        "HTTP_REQUEST",
        "RECORD_LAYER_FAILURE",
    ):
        return UnreachableError(
            f"{base_url} does not speak TLS ({_reason(broken)}). Is it an http:// address, or another port?"
        )
    if broken is not None:
        return UnreachableError(
            f"The TLS connection to {base_url} broke: {_reason(broken) or said}. "
            "Check that the server runs, and the proxies between."
        )
    return UnreachableError(
        f"{base_url} cannot be reached: {said or 'the connection broke off'}. "
        "Check the URL, that the server runs, and the network between."
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__


def _reason(error: ssl.SSLError) -> str:
    """OpenSSL's own word for it; one that was made by hand has none."""
    return getattr(error, "reason", None) or ""
