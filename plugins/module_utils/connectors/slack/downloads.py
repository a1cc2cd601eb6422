# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's files: fetched with the bot's token from Slack's own hosts alone, and stored under the state directory.

Source: Slack, "Working with files" (url_private_download and its Authorization header).
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..border import file_name, words
from ..durable import make_directory
from ..errors import ConnectorError, ResponseTooLargeError, UnreachableError
from ..exchange import HttpExchange
from ..retries import Deadline
from ..secrets import Secret, authorization
from ..state import write_atomically
from .errors import NotSlackError, SlackApiError
from .hosts import is_slacks
from .kind import SLACK_BOT_TOKEN
from .messages import File
from .settings import SlackSettings

if TYPE_CHECKING:
    import httpx

_log = logging.getLogger(__name__)

_BLOCK = 4096
"""Bytes that a file takes on a disk at least."""


class Downloads:
    """Received files, bounded one by one and together, in bytes and in number."""

    def __init__(
        self,
        token: Secret,
        directory: Path | None,
        settings: SlackSettings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._token = token
        self._directory = directory
        self._settings = settings
        self._transport = transport

    async def fetch(self, file: File, message_id: str) -> str:
        """Store a received file; returns its path, or why it was not stored."""
        if self._directory is None:
            return "on Slack, not stored: there is no state directory"
        digest = hashlib.sha256(f"{message_id}\0{file.id}".encode()).hexdigest()[:12]
        path = self._directory / f"{digest}-{file_name(file.name)}"
        try:
            if not path.exists():
                deadline = Deadline(self._settings, min(file.size or 0, self._limit()))
                data = await deadline.repeat(lambda timeout: self._download(file, timeout))
                await asyncio.to_thread(self._store, path, data)
        except ResponseTooLargeError:
            return f"on Slack, not stored: larger than {self._limit()} bytes"
        except (ConnectorError, OSError) as error:
            _log.warning("a received file was not stored: %s", error)
            return f"on Slack, not stored: {words(str(error))}"
        return str(path)

    async def _download(self, file: File, timeout: float) -> bytes:
        if not is_slacks(file.url or "", self._settings.api_url):
            raise NotSlackError(
                f"The address of {file.name} is none of Slack's, so no token goes there.", status=400
            )
        if file.size is not None and file.size > self._limit():
            raise ResponseTooLargeError(f"{file.name} is said to have {file.size} bytes.")
        parts = urlsplit(file.url or "")
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

    def _store(self, path: Path, data: bytes) -> None:
        make_directory(path.parent)
        write_atomically(path, data)
        kept = sorted(
            ((one.stat(), one) for one in path.parent.iterdir() if one.is_file()),
            key=lambda entry: entry[0].st_mtime_ns,
            reverse=True,
        )
        total = 0
        for number, (facts, one) in enumerate(kept, 1):
            # An empty one takes its place, too.
            total += max(facts.st_size, _BLOCK)
            beyond = total > self._settings.media_store_bytes or number > self._settings.media_store_files
            if beyond and one != path:
                one.unlink(missing_ok=True)
