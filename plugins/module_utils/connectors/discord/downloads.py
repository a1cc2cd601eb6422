# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's files: fetched from Discord's own hosts, without the token, into the directory of received files."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..border import words
from ..errors import AttachmentError, ConnectorError, ResponseTooLargeError, UnreachableError
from ..exchange import HttpExchange
from ..received import ReceivedFiles
from ..retries import Deadline
from .files import File, is_discords
from .settings import DiscordSettings

if TYPE_CHECKING:
    import httpx

_log = logging.getLogger(__name__)


class Downloads:
    """Fetches a message's files when they are asked for."""

    def __init__(
        self,
        directory: Path | None,
        settings: DiscordSettings,
        needed: Callable[[], Collection[str]] | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Without `directory` no file is stored; `needed` tells the ids of the messages whose files are not to go."""
        self._settings = settings
        self._transport = transport
        bounds = settings.media_store_bytes, settings.media_store_files
        self._files = ReceivedFiles(directory, *bounds, needed) if directory else None

    async def fetch(self, file: File, message_id: str) -> str:
        """Store a received file; returns its path, or why it was not stored."""
        if self._files is None:
            return "on Discord, not stored: there is no state directory (MOSAIC_STATE_DIR)"
        try:
            path = self._files.path(file.name, message_id, file.id)
            if not path.exists():
                deadline = Deadline(self._settings, min(file.size or 0, self._limit()))
                data = await deadline.repeat(lambda timeout: self._download(file, timeout))
                await self._files.store(path, data)
        except ResponseTooLargeError:
            return f"on Discord, not stored: larger than {self._limit()} bytes"
        except (ConnectorError, OSError) as error:
            _log.warning("a received file was not stored: %s", error)
            return f"on Discord, not stored: {words(str(error))}"
        return str(path)

    async def _download(self, file: File, timeout: float) -> bytes:
        if not is_discords(file.url, self._settings.api_url):
            raise AttachmentError(f"The address of {file.name} is none of Discord's, and is not asked.")
        if file.size is not None and file.size > self._limit():
            raise ResponseTooLargeError(f"{file.name} is said to have {file.size} bytes.")
        parts = urlsplit(file.url)
        exchange = HttpExchange(
            f"{parts.scheme}://{parts.netloc}", ca_path=self._settings.ca_path, transport=self._transport
        )
        try:
            answer = await exchange.send(
                "GET",
                f"{parts.path}?{parts.query}" if parts.query else parts.path,
                what="the download",
                timeout=timeout,
                limit=self._limit(),
            )
        finally:
            await exchange.aclose()
        if answer.status >= 500 or answer.status == 429:
            raise UnreachableError(f"The file is not to be had for now: HTTP {answer.status}.")
        if answer.status != 200:
            raise AttachmentError(
                f"Discord does not have the file any more, or its address has expired: HTTP {answer.status}. "
                "Ask for it again."
            )
        return answer.body

    def _limit(self) -> int:
        """The largest file that is taken: what all may take together bounds the single one, too."""
        return min(self._settings.download_bytes, self._settings.media_store_bytes)
