# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching the files of others from Telegram into the directory of received files.

Source: Bot API 8.0, "getFile": at most 20 MB, by an address that holds for an hour and has the token in it, so that it is
never handed on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from pathlib import Path

from ..border import words
from ..errors import ConnectorError, ResponseTooLargeError
from ..received import ReceivedFiles
from ..retries import Deadline
from .api import BotApi
from .errors import NotTelegramError
from .messages import File
from .settings import TelegramSettings

_log = logging.getLogger(__name__)

WAITING = "still with Telegram"
"""Where a file is that nobody asked for yet."""


class Fetcher:
    """Fetches a message's file when it is asked for."""

    def __init__(
        self,
        api: BotApi,
        directory: Path | None,
        settings: TelegramSettings,
        needed: Callable[[], Collection[str]] | None = None,
    ) -> None:
        """Without `directory` no file is stored; `needed` tells the ids of the messages whose files are not to go."""
        self._api = api
        self._settings = settings
        bounds = settings.media_store_bytes, settings.media_store_files
        self._files = ReceivedFiles(directory, *bounds, needed) if directory else None

    async def fetch(self, file: File, message_key: str) -> str:
        """Store the file of a message; returns its path, or why it was not."""
        if self._files is None:
            return "not stored: there is no state directory (MOSAIC_STATE_DIR)"
        limit = min(self._settings.download_bytes, self._settings.media_store_bytes)
        try:
            path = self._files.path(file.name, message_key)
            if not path.exists():
                if file.size is not None and file.size > limit:
                    raise ResponseTooLargeError("It is said to be larger.")
                deadline = Deadline(self._settings, min(file.size or limit, limit))
                data = await deadline.repeat(lambda timeout: self._download(file, limit, timeout))
                await self._files.store(path, data)
        except ResponseTooLargeError:
            return f"not stored: larger than {limit} bytes, which is all that a bot may fetch"
        except (ConnectorError, OSError) as error:
            _log.warning("a received file was not stored: %s", error)
            return f"not stored: {words(str(error))}"
        return str(path)

    async def _download(self, file: File, limit: int, timeout: float) -> bytes:
        found = await self._api.object("getFile", file_id=file.file_id, timeout=timeout)
        where = found.token("file_path")
        if where is None:
            raise NotTelegramError("Telegram knows a file and does not say where it is.")
        return await self._api.download(where, limit=limit, timeout=timeout)
