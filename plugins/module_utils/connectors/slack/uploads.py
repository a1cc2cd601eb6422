# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The orchestrator's files on their way to Slack: a place for each, its bytes, and then all shared at once.

Source: Slack Web API, "files.getUploadURLExternal", "files.completeUploadExternal".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ..attachments import Attachment
from ..border import ANSWER_BYTES
from ..errors import AttachmentError
from ..exchange import HttpExchange
from ..retries import Deadline, transfer_seconds
from ..store.answers import Answers
from .api import SlackApi
from .errors import NotSlackError
from .hosts import is_slacks
from .settings import SlackSettings

if TYPE_CHECKING:
    import httpx


class Uploads:
    """Brings files to Slack; nobody sees them before they are shared."""

    def __init__(
        self,
        api: SlackApi,
        answers: Answers,
        settings: SlackSettings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`answers` keeps the ids of what was brought, also for another process."""
        self._api = api
        self._answers = answers
        self._settings = settings
        self._transport = transport

    async def known(self, names: Sequence[str]) -> list[str]:
        """The ids of those of `names` that were brought already; perhaps they were shared, too."""
        found = [await self._answers.of(name) for name in names]
        return [one for one in found if one is not None]

    async def forget(self, names: Sequence[str]) -> None:
        """Bring them anew the next time: Slack drops by itself what is not shared."""
        await self._answers.forget(names)

    async def bring(self, names: Sequence[str], files: Sequence[Attachment], deadline: Deadline) -> list[str]:
        """Bring to Slack what an earlier try did not, and return the ids of all; `names` are ours for them."""
        return [await self._once(name, file, deadline) for name, file in zip(names, files, strict=True)]

    async def _once(self, name: str, file: Attachment, deadline: Deadline) -> str:
        known = await self._answers.of(name)
        if known is None:
            known = await self._bring(file, deadline)
            await self._answers.keep(name, known)
        return known

    async def _bring(self, file: Attachment, deadline: Deadline) -> str:
        if not file.data:
            raise AttachmentError(
                f"The attachment {file.name} is empty, and Slack takes no empty file. Leave it out."
            )

        async def once(timeout: float) -> str:
            answer = await self._api.read(
                "files.getUploadURLExternal", timeout=timeout, filename=file.name, length=len(file.data)
            )
            url, file_id = answer.token("upload_url"), answer.identifier("file_id")
            if url is None or file_id is None or not is_slacks(url, self._settings.api_url):
                raise NotSlackError(
                    "Slack is expected to name a place for the file on a host of its own, and does not."
                )
            await self._put(url, file, timeout + transfer_seconds(len(file.data)))
            return file_id

        return await deadline.repeat(once)

    async def _put(self, url: str, file: Attachment, timeout: float) -> None:
        parts = urlsplit(url)
        exchange = HttpExchange(
            f"{parts.scheme}://{parts.netloc}", ca_path=self._settings.ca_path, transport=self._transport
        )
        try:
            # The address is the permission: no token goes with it.
            answer = await exchange.send(
                "POST",
                f"{parts.path}?{parts.query}" if parts.query else parts.path,
                what="the upload",
                timeout=timeout,
                limit=ANSWER_BYTES,
                content=file.data,
                headers={"Content-Type": "application/octet-stream"},
            )
        finally:
            await exchange.aclose()
        if answer.status != 200:
            raise NotSlackError(
                f"Slack did not take the file {file.name}: HTTP {answer.status}.",
                status=answer.status if answer.status >= 400 else None,
            )
