# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's files: fetched from Discord's own hosts, without the token, into the directory of received files."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..errors import AttachmentError, ResponseTooLargeError, UnreachableError
from ..exchange import HttpExchange
from ..received import FileFetcher
from .files import File, is_discords
from .settings import DiscordSettings

if TYPE_CHECKING:
    import httpx


class Downloads:
    """Fetches a message's files when they are asked for."""

    def __init__(
        self,
        files: FileFetcher,
        settings: DiscordSettings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._files = files
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
            where="on Discord",
        )

    async def _download(self, file: File, timeout: float) -> bytes:
        if not is_discords(file.url, self._settings.api_url):
            raise AttachmentError(f"The address of {file.name} is none of Discord's, and is not asked.")
        if file.size is not None and file.size > self._files.limit:
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
                limit=self._files.limit,
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
