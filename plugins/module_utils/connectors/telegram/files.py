# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching the files of others from Telegram into the directory of received files.

Source: Bot API 8.0, "getFile": at most 20 MB, by an address that holds for an hour and has the token in it, so that it is
never handed on.
"""

from __future__ import annotations

from ..errors import ResponseTooLargeError
from ..received import FileFetcher
from .api import BotApi
from .errors import NotTelegramError
from .messages import File

WAITING = "still with Telegram"
"""Where a file is that nobody asked for yet."""


class Fetcher:
    """Fetches a message's file when it is asked for."""

    def __init__(self, api: BotApi, files: FileFetcher) -> None:
        self._api = api
        self._files = files

    async def fetch(self, file: File, message_key: str) -> str:
        """Store the file of a message; returns its path, or why it was not."""
        return await self._files.fetch(
            file.name,
            message_key,
            lambda deadline: deadline.repeat(lambda timeout: self._download(file, timeout)),
            size=file.size or self._files.limit,
            whose_limit=", which is all that a bot may fetch",
        )

    async def _download(self, file: File, timeout: float) -> bytes:
        if file.size is not None and file.size > self._files.limit:
            raise ResponseTooLargeError("It is said to be larger.")
        found = await self._api.object("getFile", file_id=file.file_id, timeout=timeout)
        where = found.token("file_path")
        if where is None:
            raise NotTelegramError("Telegram knows a file and does not say where it is.")
        return await self._api.download(where, limit=self._files.limit, timeout=timeout)
