# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's files: fetched with the bot's token from Slack's own hosts alone, and stored under the state directory.

Source: Slack, "Working with files" (url_private_download and its Authorization header).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..border import words
from ..errors import ConnectorError, ResponseTooLargeError, UnreachableError
from ..exchange import HttpExchange
from ..received import ReceivedFiles
from ..retries import Deadline
from ..secrets import Secret, authorization
from .errors import NotSlackError, SlackApiError
from .hosts import is_slacks
from .kind import SLACK_BOT_TOKEN
from .messages import File
from .settings import SlackSettings

if TYPE_CHECKING:
    import httpx

_log = logging.getLogger(__name__)


class Downloads:
    """Fetches a message's files when they are asked for."""

    def __init__(
        self,
        token: Secret,
        directory: Path | None,
        settings: SlackSettings,
        needed: Callable[[], Collection[str]] | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Without `directory` no file is stored; `needed` tells the ids of the messages whose files are not to go."""
        self._token = token
        self._settings = settings
        bounds = settings.media_store_bytes, settings.media_store_files
        self._files = ReceivedFiles(directory, *bounds, needed) if directory else None
        self._transport = transport

    async def fetch(self, file: File, message_id: str) -> str:
        """Store a received file; returns its path, or why it was not stored."""
        if self._files is None:
            return "on Slack, not stored: there is no state directory (MOSAIC_STATE_DIR)"
        try:
            path = self._files.path(file.name, message_id, file.id)
            if not path.exists():
                deadline = Deadline(self._settings, min(file.size or 0, self._limit()))
                data = await deadline.repeat(lambda timeout: self._download(file, timeout))
                await self._files.store(path, data)
        except ResponseTooLargeError:
            return f"on Slack, not stored: larger than {self._limit()} bytes"
        except (ConnectorError, OSError) as error:
            _log.warning("a received file was not stored: %s", error)
            return f"on Slack, not stored: {words(str(error))}"
        return str(path)

    async def _download(self, file: File, timeout: float) -> bytes:
        if not file.url:
            raise NotSlackError(
                f"Slack names no address of {file.name}, which may be another workspace's.", status=400
            )
        if not is_slacks(file.url, self._settings.api_url):
            raise NotSlackError(
                f"The address of {file.name} is none of Slack's, so no token goes there.", status=400
            )
        if file.size is not None and file.size > self._limit():
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
                limit=self._limit(),
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

    def _limit(self) -> int:
        """The largest file that is taken: what all may take together bounds the single one, too."""
        return min(self._settings.download_bytes, self._settings.media_store_bytes)
