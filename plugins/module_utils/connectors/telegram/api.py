# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests to Telegram's Bot API: precise in failure, within the limits, and silent about the token.

The token stands in the address of every request. So no error names an address, and what the HTTP client's own loggers
say of one is made harmless. Who may repeat a request, and how, is decided above.

Source: Bot API 8.0, "Authorizing your bot", "Making requests", "ResponseParameters"; Bots FAQ, "Broadcasting to Users".
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..border import ANSWER_BYTES, BorderError, Foreign, in_path, read_json
from ..errors import ConfigError, SecretError, UnreachableError
from ..exchange import Answer, HttpExchange
from ..secrets import Secret
from .errors import (
    NotTelegramError,
    TelegramApiError,
    TelegramConflictError,
    TelegramLimitError,
    TelegramMigratedError,
    TelegramTokenError,
)
from .kind import API_URL_VARIABLE, TELEGRAM_BOT_TOKEN
from .settings import TelegramSettings
from .silence import silence_clients

if TYPE_CHECKING:
    import httpx

File = tuple[str, bytes, str]
"""Name, content, media type."""

_TOKEN = re.compile(r"[0-9]{1,20}:[A-Za-z0-9_-]{1,200}")


class BotApi:
    """The Bot API as one bot sees it."""

    def __init__(
        self, token: Secret, settings: TelegramSettings, *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        """Prepare a client; nothing is sent. Raises `ConfigError` for an unusable API URL, `SecretError` for a token."""
        self.base_url = _check_api_url(settings.api_url)
        if not _TOKEN.fullmatch(token.reveal()):
            # In an address, any other character would lead elsewhere, or be quoted by an error below.
            raise SecretError(
                f"The bot's token ({TELEGRAM_BOT_TOKEN}) is expected to be a number, a colon, and letters, digits, _ or -, "
                "and is not. Copy it once more from BotFather, without quotes."
            )
        silence_clients()
        self.bot_id = int(token.reveal().partition(":")[0])
        """The number of the bot's own account, which its token begins with."""
        self._token = token
        self._settings = settings
        self._exchange = HttpExchange(
            self.base_url, secret=token, ca_path=settings.ca_path, transport=transport
        )
        self._quiet: dict[str, float] = {}
        self.refused: TelegramTokenError | None = None
        """Set when the token was refused twice; from then on nothing is sent any more."""

    async def aclose(self) -> None:
        """Close the connections; harmless when called twice."""
        await self._exchange.aclose()

    async def object(
        self,
        method: str,
        *,
        timeout: float | None = None,
        files: dict[str, File] | None = None,
        **params: Any,
    ) -> Foreign:
        """Call `method`, whose result is an object; `timeout` is in seconds.

        Raises `UnreachableError`, `ResponseTooLargeError`, `NotTelegramError`, `TelegramApiError` and those below it.
        """
        answer = await self._call(method, timeout, files, params, ANSWER_BYTES)
        result = answer.object("result")
        if not result:
            raise _unexpected(self.base_url, method, "an object")
        return result

    async def tell(self, method: str, **params: Any) -> None:
        """Call `method`, whose result says no more than that it was done; raises like `object`."""
        await self._call(method, None, None, params, ANSWER_BYTES)

    async def updates(
        self, *, offset: int | None, hold: float, most: int, allowed: tuple[str, ...]
    ) -> tuple[Foreign, ...]:
        """What was not confirmed yet, at most `most` updates (100 at the utmost), oldest first; raises like `object`.

        All before `offset` are confirmed, and so forgotten by Telegram. It holds the request for `hold` seconds while
        there are none.
        """
        params: dict[str, Any] = {"timeout": int(hold), "limit": most, "allowed_updates": list(allowed)}
        if offset is not None:
            params["offset"] = offset
        bound = hold + self._settings.poll_grace
        answer = await self._call("getUpdates", bound, None, params, self._settings.updates_bytes)
        if not answer.has_list("result"):
            raise _unexpected(self.base_url, "getUpdates", "a list")
        return answer.objects("result")

    async def download(self, file_path: str, *, limit: int, timeout: float) -> bytes:
        """The content of a file that `getFile` named, up to `limit` bytes; raises like `object`."""
        if self.refused is not None:
            raise self.refused
        where = "/".join(map(in_path, file_path.split("/")))
        answer = await self._exchange.send(
            "GET", f"/file/bot{self._token.reveal()}/{where}", what="a file", timeout=timeout, limit=limit
        )
        if answer.status != 200:
            self._interpret("a file", "", self._exchange.unechoed(answer), in_file=True)
        return answer.body

    async def _call(
        self,
        method: str,
        timeout: float | None,
        files: dict[str, File] | None,
        params: dict[str, Any],
        limit: int,
    ) -> Foreign:
        if self.refused is not None:
            raise self.refused
        bound = self._settings.request_timeout if timeout is None else timeout
        # A chat action that is one too many keeps no message back.
        in_chat = method.startswith("send") and method != "sendChatAction"
        scope = f"{params['chat_id']}" if in_chat else method
        left = await self._wait_for_quiet(method, scope, bound)
        answer = await self._post(method, left, files, params, limit)
        try:
            return self._interpret(method, scope, answer)
        except TelegramTokenError as error:
            await self._make_sure(error)
            raise

    async def _post(
        self,
        method: str,
        timeout: float,
        files: dict[str, File] | None,
        params: Mapping[str, Any],
        limit: int,
    ) -> Answer:
        # The token stands in the path and nowhere else; errors name the method alone.
        answer = await self._exchange.send(
            "POST",
            f"/bot{self._token.reveal()}/{method}",
            what=method,
            timeout=timeout,
            limit=limit,
            **_body(params, files),
        )
        return self._exchange.unechoed(answer)

    async def _make_sure(self, refusal: TelegramTokenError) -> None:
        """Ask once more before the token counts as dead: a proxy in trouble refuses good ones too."""
        await asyncio.sleep(self._settings.token_doubt)
        answer = await self._post("getMe", self._settings.request_timeout, None, {}, ANSWER_BYTES)
        try:
            self._interpret("getMe", "getMe", answer)
        except TelegramTokenError:
            self.refused = refusal
            return
        raise UnreachableError(
            "Telegram refused the bot's token and, asked again, takes it: it is good."
        ) from refusal

    async def _wait_for_quiet(self, method: str, scope: str, bound: float) -> float:
        """Wait while this chat, or method, wants to be left alone; returns the seconds that are left."""
        wait = self._quiet.get(scope, 0.0) - time.monotonic()
        if wait <= 0:
            self._quiet.pop(scope, None)
            return bound
        if wait >= bound:
            raise TelegramLimitError(
                f"Telegram's limit leaves {method} for {wait:.1f} seconds from now. Wait that long.",
                retry_after=wait,
            )
        await asyncio.sleep(wait)
        return max(bound - wait, 1.0)

    def _interpret(self, what: str, scope: str, answer: Answer, *, in_file: bool = False) -> Foreign:
        status = answer.status
        try:
            body = Foreign(read_json(answer.body) if answer.body else None)
        except BorderError:
            body = Foreign()
        if status == 200 and body.is_true("ok"):
            return body
        if status == 413:
            # Whoever says so: a proxy in front has bounds of its own, and says it in HTML.
            raise TelegramApiError(
                f"Telegram or a proxy in front of it does not take so much: {what} was answered with HTTP 413. "
                "Send a smaller file or a link.",
                status=status,
            )
        if "ok" not in body:
            raise NotTelegramError(
                f"{self.base_url} answered {what} with HTTP {status} and not as the Bot API does. "
                f"Check {API_URL_VARIABLE} and the proxies between, or wait until Telegram has recovered.",
                status=status if status >= 400 else None,
            )
        raise self._error(what, scope, answer, body, in_file=in_file)

    def _error(
        self, what: str, scope: str, answer: Answer, body: Foreign, *, in_file: bool
    ) -> TelegramApiError:
        code, more = body.number("error_code") or answer.status, body.object("parameters")
        said = self._exchange.words(body.text("description")) or "no explanation given"
        if code == 401 or (code == 404 and not in_file):
            # A token that was never given out is answered with 404, as no method of that name.
            return TelegramTokenError(
                f"Telegram refuses the bot's token ({said}). Get the present one from BotFather (/token) and put it into "
                f"{TELEGRAM_BOT_TOKEN}.",
                status=code,
                said=said,
            )
        if code == 409:
            return _conflict(said)
        successor = more.number("migrate_to_chat_id")
        if successor is not None:
            return TelegramMigratedError(
                f"The group became a supergroup with the number {successor}. Put it into chat_id.",
                status=code,
                successor=successor,
            )
        if code == 429:
            wait = more.seconds("retry_after")
            wait = answer.headers.seconds("retry-after") if wait is None else wait
            if wait is not None:
                self._quiet[scope] = time.monotonic() + wait
            told = "some" if wait is None else f"{wait:g}"
            return TelegramLimitError(
                f"Telegram limits {what} and wants {told} seconds of quiet.", retry_after=wait
            )
        return TelegramApiError(f"Telegram refused {what}: {code}: {said}.", status=code, said=said)


def _conflict(said: str) -> TelegramConflictError:
    if "webhook" in said.lower():
        return TelegramConflictError(
            "A webhook is set for this bot, so that all that is written goes there and nothing can be fetched. Stop the "
            "program it belongs to and have it call deleteWebhook, or use another bot.",
            webhook=True,
        )
    return TelegramConflictError(
        "Another program fetches messages with this bot's token, and each takes them from the other. Stop it; if it cannot "
        "be found, make a new token with BotFather (/revoke).",
        webhook=False,
    )


def _unexpected(base_url: str, method: str, shape: str) -> NotTelegramError:
    return NotTelegramError(
        f"{base_url} is expected to answer {method} with {shape}, and does not. "
        f"Check {API_URL_VARIABLE} and the proxies between."
    )


def _body(params: Mapping[str, Any], files: dict[str, File] | None) -> dict[str, Any]:
    if not files:
        return {"json": params}
    # Beside files everything is text ("Sending files").
    return {"data": {key: str(value) for key, value in params.items()}, "files": files}


def _check_api_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
        raise ConfigError(
            f"{API_URL_VARIABLE} is expected to look like https://api.telegram.org, found {url!r}."
        )
    return url.rstrip("/")
