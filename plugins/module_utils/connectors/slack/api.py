# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to Slack's Web API: within the rate limits, precise in failure.

Who may repeat a request, and how, is decided above; here it waits for the quiet that was asked of its method, and
goes out once. A token that was refused twice is not sent again.

Source: Slack Web API, "Calling Web API methods", "Rate limits".
"""

from __future__ import annotations

import asyncio
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..border import LONG_ANSWER_BYTES, Foreign
from ..errors import ConfigError, UnreachableError
from ..exchange import HttpExchange
from ..retries import Backoff
from ..secrets import Secret, authorization
from .answers import interpret
from .errors import SlackApiError, SlackLimitError, SlackTokenError
from .kind import API_URL_VARIABLE
from .settings import SlackSettings
from .stamps import stamp_at

if TYPE_CHECKING:
    import httpx

_UNTOLD_FIRST = 5.0
_UNTOLD_LONGEST = 300.0


class SlackApi:
    """The API as one token sees it."""

    def __init__(
        self,
        token: Secret,
        variable: str,
        settings: SlackSettings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Prepare a client; nothing is sent. `variable` holds the token. Raises `ConfigError` for an unusable URL."""
        self.base_url = _check_api_url(settings.api_url)
        self.token = token
        self.variable = variable
        self._settings = settings
        self._quiet: dict[str, float] = {}
        self._untold = Backoff(_UNTOLD_FIRST, _UNTOLD_LONGEST)
        self._exchange = HttpExchange(
            self.base_url, secret=token, ca_path=settings.ca_path, transport=transport
        )
        self.refused: SlackTokenError | None = None
        """Set when the token was refused twice; from then on nothing is sent any more."""
        self.scopes: frozenset[str] | None = None
        """What the token may do, as the last answer told; None before one did."""
        self.server_time: int | None = None
        """Slack's clock at its last answer, as a `ts` in number; None before it was heard."""

    async def aclose(self) -> None:
        """Close the connections; harmless when called twice."""
        await self._exchange.aclose()

    async def read(self, method: str, *, timeout: float | None = None, **arguments: Any) -> Foreign:
        """Call a method that changes nothing; raises what `call` raises."""
        query = {key: value for key, value in arguments.items() if value is not None}
        return await self._request("GET", method, timeout, params=query)

    async def call(self, method: str, *, timeout: float | None = None, **arguments: Any) -> Foreign:
        """Call a method with a JSON body, once the quiet that was asked of it is over.

        `timeout` is in seconds for the wait and the request together. Raises `UnreachableError`,
        `ResponseTooLargeError`, `NotSlackError`, `SlackApiError` (`SlackTokenError`, `SlackLimitError` when the
        limit demands more than there is time).
        """
        return await self._request("POST", method, timeout, json=arguments)

    async def _request(self, verb: str, method: str, timeout: float | None, **arguments: Any) -> Foreign:
        if self.refused is not None:
            raise self.refused
        left = await self._wait_for_limit(
            method, self._settings.request_timeout if timeout is None else timeout
        )
        try:
            answer = await self._once(verb, method, left, **arguments)
        except SlackLimitError as error:
            if error.retry_after is None:
                error.retry_after = self._untold.next()
            self._quiet[method] = time.monotonic() + error.retry_after
            raise
        except SlackTokenError as error:
            await self._make_sure(error, verb, method)
            raise
        self._untold.reset()
        return answer

    async def _once(self, verb: str, method: str, timeout: float, **arguments: Any) -> Foreign:
        header = authorization("Bearer", self.token, f"The token in {self.variable}")
        answer = await self._exchange.send(
            verb,
            f"/{method}",
            what=method,
            timeout=timeout,
            limit=LONG_ANSWER_BYTES,
            headers={"Authorization": header},
            **arguments,
        )
        told = answer.headers.text("x-oauth-scopes")
        if told is not None:
            self.scopes = frozenset(filter(None, (one.strip() for one in told.split(","))))
        self.server_time = _clock(answer.headers, otherwise=self.server_time)
        answer = self._exchange.unechoed(answer)
        return interpret(self.base_url, method, self.variable, answer, self._exchange.words)

    async def _make_sure(self, refusal: SlackTokenError, verb: str, method: str) -> None:
        """Ask once more before the token counts as dead: in trouble, good ones are refused too."""
        await asyncio.sleep(self._settings.token_doubt)
        # A method that changes nothing: the socket's for the app's token, which may ask for little else.
        again = method if method == "apps.connections.open" else "auth.test"
        try:
            await self._once("POST", again, self._settings.request_timeout)
        except SlackTokenError:
            self.refused = refusal
        except SlackApiError as error:
            raise UnreachableError(
                f"Slack refused the token in {self.variable} and, asked again, answered otherwise: {error}"
            ) from refusal
        else:
            raise UnreachableError(
                f"Slack refused {verb} {method} with the token in {self.variable} and, asked again, took it for good."
            ) from refusal

    async def _wait_for_limit(self, method: str, bound: float) -> float:
        """Wait for this method's turn; returns the seconds that are left for it."""
        wait = self._quiet.get(method, 0.0) - time.monotonic()
        if wait <= 0:
            return bound
        if wait >= bound:
            raise SlackLimitError(
                f"Slack's rate limit leaves {method} for {wait:.1f} seconds from now. Wait that long.",
                status=429,
                retry_after=wait,
            )
        await asyncio.sleep(wait)
        return max(bound - wait, 1.0)


def _clock(headers: Foreign, otherwise: int | None) -> int | None:
    """By the Date of an answer (RFC 9110, 6.6.1), which has whole seconds."""
    try:
        return stamp_at(parsedate_to_datetime(headers.identifier("date") or "").timestamp())
    except (TypeError, ValueError, OverflowError):
        return otherwise


def _check_api_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise ConfigError(
            f"{API_URL_VARIABLE} is expected to look like https://slack.com/api, found {url!r}."
        )
    return url.rstrip("/")
