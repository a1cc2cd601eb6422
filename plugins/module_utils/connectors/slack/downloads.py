# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's files: fetched with the bot's token from Slack's own hosts alone, and stored under the state directory.

Source: Slack, "Working with files" (url_private_download and its Authorization header).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import ResponseTooLargeError, UnreachableError
from ..exchange import HttpExchange
from ..received import FileFetcher
from ..secrets import Secret, authorization
from .errors import NotSlackError, SlackApiError
from .hosts import is_slacks
from .kind import SLACK_BOT_TOKEN
from .messages import File
from .settings import SlackSettings

if TYPE_CHECKING:
    import httpx


class Downloads:
    """Fetches a message's files when they are asked for."""

    def __init__(
        self,
        token: Secret,
        files: FileFetcher,
        settings: SlackSettings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._files = files
        self._token = token
        self._settings = settings
        self._transport = transport

    async def fetch(self, file: File, message_id: str) -> str:
        """Store a received file; returns its path, or why it was not stored."""
        return await self._files.fetch(
            file.name,
            message_id,
            lambda deadline: deadline.repeat(lambda timeout: self._download(file, timeout)),
            size=file.size,
            part=file.id,
            where="on Slack",
        )

    async def _download(self, file: File, timeout: float) -> bytes:
        if not file.url:
            raise NotSlackError(
                f"Slack names no address of {file.name}, which may be another workspace's.", status=400
            )
        if not is_slacks(file.url, self._settings.api_url):
            raise NotSlackError(
                f"The address of {file.name} is none of Slack's, so no token goes there.", status=400
            )
        if file.size is not None and file.size > self._files.limit:
            raise ResponseTooLargeError(f"{file.name} is said to have {file.size} bytes.")
        parts = urlsplit(file.url)
        exchange = HttpExchange(
            f"{parts.scheme}://{parts.netloc}",
            secret=self._token,
            ca_path=self._settings.ca_path,
            transport=self._transport,
        )
        try:
            answer = await exchange.send(
                "GET",
                f"{parts.path}?{parts.query}" if parts.query else parts.path,
                what="the download",
                timeout=timeout,
                limit=self._files.limit,
                headers={"Authorization": authorization("Bearer", self._token, SLACK_BOT_TOKEN)},
            )
        finally:
            await exchange.aclose()
        page = (answer.headers.text("content-type") or "").startswith("text/html")
        if 300 <= answer.status < 400 or (page and not file.mimetype.startswith("text/html")):
            # So Slack answers a token that may not read files: by its page to log in.
            raise SlackApiError(
                "Slack shows its login page instead: the app lacks the scope files:read. Add it in the app's settings "
                "(OAuth & Permissions) and install the app again.",
                status=403,
                needed="files:read",
            )
        if answer.status >= 500 or answer.status == 429:
            raise UnreachableError(f"the file is not to be had for now: HTTP {answer.status}")
        if answer.status != 200:
            raise NotSlackError(f"the file is not to be had: HTTP {answer.status}", status=answer.status)
        return answer.body
