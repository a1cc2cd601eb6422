# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to Discord's REST API: one at a time per call, within the rate limits, precise in failure.

Who may repeat a request, and how, is decided above; here a request waits for its limit and goes
out once. A token that was refused is not sent again: Discord bans addresses that insist.

Source: Discord API v10, "API Reference", "Rate Limits".
"""

from __future__ import annotations

import asyncio
import json as jsonlib
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..border import (
    ANSWER_BYTES,
    LONG_ANSWER_BYTES,
    BorderError,
    Foreign,
    in_path,
    objects,
    read_json,
)
from ..errors import ConfigError, UnreachableError
from ..exchange import Answer, HttpExchange
from ..secrets import Secret, authorization
from .errors import DiscordApiError, DiscordLimitError, DiscordTokenError, NotDiscordError
from .kind import API_URL_VARIABLE, DISCORD_BOT_TOKEN
from .limits import RateLimits
from .settings import DiscordSettings

if TYPE_CHECKING:
    import httpx

USER_AGENT = "DiscordBot (mosaic-connectors, 0)"
"""In the form that the API demands; without it the answer comes from a firewall."""

_MAJOR = ("channel", "guild")
_LONG = (
    "/channels/{channel}/messages",
    "/guilds/{guild}",
    "/guilds/{guild}/channels",
    "/guilds/{guild}/threads/active",
)
"""What may be long: a hundred messages with their embeds, a server with its roles, channels and threads."""

File = tuple[str, bytes, str]
"""Name, content, media type."""


class DiscordRest:
    """The API as one bot sees it."""

    def __init__(
        self, token: Secret, settings: DiscordSettings, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """Prepare a client; nothing is sent. Raises `ConfigError` for an unusable API URL."""
        self.base_url = _check_api_url(settings.api_url)
        self._token = token
        self._settings = settings
        self._limits = RateLimits()
        self._exchange = HttpExchange(
            self.base_url,
            secret=token,
            user_agent=USER_AGENT,
            ca_path=settings.ca_path,
            transport=transport,
        )
        self.refused: DiscordTokenError | None = None
        """Set when the token was refused twice; from then on nothing is sent any more."""
        self.clock_ahead: float | None = None
        """How far Discord's clock is before ours in seconds, or a little less; None before it was heard."""

    async def aclose(self) -> None:
        """Close the connections; harmless when called twice."""
        await self._exchange.aclose()

    async def get_object(self, path: str, *, timeout: float | None = None, **parts: Any) -> Foreign:
        """GET one thing; what of `parts` is no part of the path goes into the query.

        Raises what `request` raises, and `NotDiscordError`, too, when the answer is something else.
        """
        document = await self._get(path, timeout, parts)
        if not isinstance(document, Mapping):
            raise _unexpected("object", path)
        return Foreign(document)

    async def get_list(self, path: str, *, timeout: float | None = None, **parts: Any) -> tuple[Foreign, ...]:
        """GET several things, like `get_object`."""
        found = objects(await self._get(path, timeout, parts))
        if found is None:
            raise _unexpected("array", path)
        return found

    async def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        files: list[File] | None = None,
        timeout: float | None = None,
        **parts: str,
    ) -> Foreign:
        """Make one request, after the wait its limit demands, and return the object it is answered with.

        `path` is a template such as `/channels/{channel}/messages`, filled in from `parts`;
        `timeout` is in seconds for the wait and the request together. Raises `UnreachableError`,
        `ResponseTooLargeError`, `NotDiscordError`, `DiscordApiError` (`DiscordTokenError`,
        `DiscordLimitError` when the limit demands more than there is time).
        """
        return Foreign(await self._request(method, path, timeout, parts, **_body(json, files)))

    async def _get(self, path: str, timeout: float | None, parts: dict[str, Any]) -> Any:
        named = {name: parts.pop(name) for name in list(parts) if f"{{{name}}}" in path}
        return await self._request("GET", path, timeout, named, params=parts or None)

    async def _request(
        self, method: str, path: str, timeout: float | None, parts: Mapping[str, str], **arguments: Any
    ) -> Any:
        """The JSON document that a request is answered with."""
        if self.refused is not None:
            raise self.refused
        bound = self._settings.request_timeout if timeout is None else timeout
        route, place = f"{method} {path}", next((parts[name] for name in _MAJOR if name in parts), "")
        filled = path.format(**{name: in_path(value) for name, value in parts.items()})
        # The token of a pressed button is good for a while: no error shows it.
        what = f"{method} {path if 'token' in parts else filled}"
        left = await self._wait_for_limit(route, place, what, bound)
        answer = await self._exchange.send(
            method,
            filled,
            what=what,
            timeout=left,
            limit=LONG_ANSWER_BYTES if path in _LONG else ANSWER_BYTES,
            headers=self._authorization(),
            **arguments,
        )
        self._limits.learn(route, place, answer.headers)
        self.clock_ahead = _clock_ahead(answer.headers, otherwise=self.clock_ahead)
        try:
            return self._interpret(what, (route, place), self._exchange.unechoed(answer))
        except DiscordTokenError as error:
            await self._make_sure(error)
            raise

    async def _make_sure(self, refusal: DiscordTokenError) -> None:
        """Ask once more before the token counts as dead: in trouble, Discord refuses good ones too."""
        await asyncio.sleep(self._settings.token_doubt)
        answer = await self._exchange.send(
            "GET",
            "/users/@me",
            what="GET /users/@me",
            timeout=self._settings.request_timeout,
            limit=ANSWER_BYTES,
            headers=self._authorization(),
        )
        if answer.status != 401:
            raise UnreachableError(
                f"Discord refused the bot's token and, asked again, answered HTTP {answer.status}: it is taken for "
                "good."
            ) from refusal
        self.refused = refusal

    def _authorization(self) -> dict[str, str]:
        return {"Authorization": authorization("Bot", self._token, f"The bot's token ({DISCORD_BOT_TOKEN})")}

    async def _wait_for_limit(self, route: str, place: str, what: str, bound: float) -> float:
        """Wait for this request's turn; returns the seconds that are left for it."""
        deadline = time.monotonic() + bound
        while True:
            wait = self._limits.take(route, place)
            left = deadline - time.monotonic()
            if wait <= 0:
                return max(left, 1.0)
            if wait >= left:
                raise DiscordLimitError(
                    f"Discord's rate limit leaves {what} for {wait:.1f} seconds from now. Wait that long.",
                    status=429,
                    retry_after=wait,
                )
            await asyncio.sleep(wait)

    def _interpret(self, what: str, limited: tuple[str, str], answer: Answer) -> Any:
        status = answer.status
        try:
            document = read_json(answer.body) if answer.body else None
        except BorderError:
            document = None
        if 200 <= status < 300 and (document is not None or status == 204):
            self._limits.succeeded()
            return document
        body = Foreign(document)
        if status == 429:
            raise self._limit_error(what, limited, answer.headers, body)
        if status == 413:
            # Whoever says so: a proxy in front has bounds of its own, and says it in HTML.
            raise DiscordApiError(
                f"Discord or a proxy in front of it does not take so much: {what} was answered with HTTP 413. "
                "Send a smaller file or a link.",
                status=status,
            )
        if (400 <= status < 500 and "message" not in body) or status < 400:
            raise NotDiscordError(
                f"{self.base_url} answered {what} with HTTP {status} and not as Discord's API does. "
                f"Check {API_URL_VARIABLE} and the proxies between.",
                status=status if status >= 400 else None,
            )
        text = self._exchange.words(body.text("message")).rstrip(".") or "no explanation given"
        details = {"status": status, "code": body.number("code") or 0}
        if status == 401:
            raise DiscordTokenError(
                f"Discord refuses the bot's token ({text}). Make a new one in the developer portal and put it "
                f"into {DISCORD_BOT_TOKEN}.",
                **details,
            )
        raise DiscordApiError(f"Discord refused {what}: HTTP {status}, {details['code']}: {text}.", **details)

    def _limit_error(
        self, what: str, limited: tuple[str, str], headers: Foreign, body: Foreign
    ) -> DiscordLimitError:
        asked = body.seconds("retry_after")
        asked = headers.seconds("retry-after") if asked is None else asked
        wait = self._limits.untold() if asked is None else asked
        # Without JSON, or without a time, it is the firewall in front that has enough of this address.
        everywhere = body.is_true("global") or not body or asked is None
        self._limits.exceeded(*limited, wait, everywhere=everywhere)
        return DiscordLimitError(
            f"Discord limits {'all requests' if everywhere else what} and wants {wait:.1f} seconds of quiet.",
            status=429,
            retry_after=wait,
        )


def _unexpected(shape: str, path: str) -> NotDiscordError:
    return NotDiscordError(
        f"The answer to GET {path} is expected to be a JSON {shape}, and is not. "
        f"Check {API_URL_VARIABLE} and the proxies between."
    )


def _clock_ahead(headers: Foreign, otherwise: float | None) -> float | None:
    """By the Date of an answer (RFC 9110, 6.6.1), which is older by its way to us and by part of a second."""
    try:
        return parsedate_to_datetime(headers.identifier("date") or "").timestamp() - time.time()
    except (TypeError, ValueError, OverflowError):
        return otherwise


def _body(json: Any, files: list[File] | None) -> dict[str, Any]:
    if not files:
        return {} if json is None else {"json": json}
    parts: dict[str, Any] = {f"files[{number}]": file for number, file in enumerate(files)}
    return {"data": {"payload_json": jsonlib.dumps(json)}, "files": parts}


def _check_api_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise ConfigError(
            f"{API_URL_VARIABLE} is expected to look like https://discord.com/api/v10, found {url!r}."
        )
    return url.rstrip("/")
