# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The server's media store: uploading ours, fetching the operator's."""

from __future__ import annotations

import asyncio
import re
import time

from ..attachments import Attachment, AttachmentError
from ..border import in_path
from ..errors import ResponseTooLargeError
from ..received import FileFetcher
from ..retries import Deadline
from .errors import MatrixApiError, NotMatrixError
from .events import Media
from .http import MatrixHttp
from .settings import MatrixSettings

# Neither part may be `.` or `..`, which would lead to another route.
_REFERENCE = re.compile(r"mxc://(?!\.{1,2}/)([!-.0-~]+)/(?!\.{1,2}\Z)([!-.0-~]+)")
_UPLOAD_PAUSE = 2.0
"""Seconds until a file is asked for again that its sender has not finished uploading."""


async def upload_limit(http: MatrixHttp, timeout: float) -> int | None:
    """The largest upload in bytes the server takes, or None when it does not say."""
    # The second is for servers before Matrix 1.11.
    for path in ("/_matrix/client/v1/media/config", "/_matrix/media/v3/config"):
        try:
            limit = (await http.request("GET", path, timeout=timeout)).number("m.upload.size")
        except MatrixApiError as error:
            if error.status != 404:
                raise
        except NotMatrixError:
            continue
        else:
            return limit if limit is not None and limit > 0 else None
    return None


async def upload(http: MatrixHttp, attachment: Attachment, timeout: float) -> str:
    """Upload a file and return its `mxc://` reference; raises what `MatrixHttp.request` raises."""
    answer = await http.request(
        "POST",
        "/_matrix/media/v3/upload",
        content=attachment.data,
        params={"filename": attachment.name},
        headers={"Content-Type": attachment.mimetype},
        timeout=timeout,
    )
    uri = answer.token("content_uri")
    if uri is None:
        raise NotMatrixError(f"{http.base_url} took an upload and named no content_uri.")
    return uri


def check_size(attachment: Attachment, limit: int | None) -> None:
    """Refuse before sending what the server would refuse after; raises `AttachmentError`."""
    if limit is not None and len(attachment.data) > limit:
        raise AttachmentError(
            f"The attachment {attachment.name} has {len(attachment.data)} bytes and the server takes {limit}. "
            "Send a smaller file or a link."
        )


class MediaStore:
    """Received files under the state directory, bounded one by one and together, in bytes and in number.

    The oldest make room for a new one, save those of messages that nobody has read yet.
    """

    def __init__(self, http: MatrixHttp, files: FileFetcher, settings: MatrixSettings) -> None:
        self._http = http
        self._files = files
        self._settings = settings

    async def fetch(self, media: Media, event_id: str) -> str:
        """Store the file of a received event; returns its path, or its reference and why it was not."""
        if media.encrypted:
            return f"{media.uri}, not stored: it is encrypted"
        if not self._files.stores:
            return media.uri
        return await self._files.fetch(
            media.name,
            event_id,
            lambda deadline: self._patiently(media, deadline),
            size=media.size,
            where=media.uri,
        )

    async def _patiently(self, media: Media, deadline: Deadline) -> bytes:
        """Repeat a download that may succeed the next time, as everything around it is repeated."""
        until = time.monotonic() + self._settings.send_bound
        while True:
            try:
                return await deadline.repeat(lambda timeout: self._download(media, timeout))
            except MatrixApiError as error:
                # Still under way from the sender to the server.
                if error.errcode != "M_NOT_YET_UPLOADED" or time.monotonic() + _UPLOAD_PAUSE > until:
                    raise
                await asyncio.sleep(_UPLOAD_PAUSE)

    async def _download(self, media: Media, timeout: float) -> bytes:
        reference = _REFERENCE.fullmatch(media.uri)
        if reference is None:
            raise AttachmentError(
                f"A file's reference is expected to look like mxc://server/id, found {media.uri!r}."
            )
        limit = self._files.limit
        if media.size is not None and media.size > limit:
            raise ResponseTooLargeError(
                f"{media.uri} is said to have {media.size} bytes, and {limit} are taken."
            )
        server, name = reference.groups()
        where = f"{in_path(server)}/{in_path(name)}"
        try:
            return await self._http.download(
                f"/_matrix/client/v1/media/download/{where}", limit=limit, timeout=timeout
            )
        except (MatrixApiError, NotMatrixError) as error:
            if (
                error.status not in (404, 405)
                or getattr(error, "errcode", "M_UNRECOGNIZED") != "M_UNRECOGNIZED"
            ):
                raise
            # Servers before Matrix 1.11 have the old, unauthenticated path alone.
            return await self._http.download(
                f"/_matrix/media/v3/download/{where}", limit=limit, timeout=timeout
            )
