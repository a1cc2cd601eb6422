# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on their way out: from a path or a URL to bytes with a name and a type."""

from __future__ import annotations

import asyncio
import mimetypes
import stat
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from .characters import storable
from .errors import ConfigError, UnreachableError
from .thirdparty import require

_UNKNOWN_TYPE = "application/octet-stream"
_USER_AGENT = "mosaic-connectors"


class AttachmentError(ConfigError):
    """An attachment that cannot be sent, whatever the server says: missing, unreadable, too large."""


@dataclass(frozen=True)
class Attachment:
    """A file ready to be uploaded."""

    name: str
    mimetype: str
    data: bytes


async def load_attachment(source: str, *, limit: int, timeout: float) -> Attachment:
    """Read the file that `source`, a path or an http(s) URL, names: at most `limit` bytes.

    Raises `AttachmentError` naming the source, or `UnreachableError` for a URL that may answer later.
    """
    try:
        parts = urlsplit(source)
    except ValueError as error:
        raise AttachmentError(f"The attachment {source} is no usable URL: {error}.") from error
    if parts.scheme in ("http", "https"):
        try:
            return await asyncio.wait_for(_load_url(source, limit), timeout)
        except asyncio.TimeoutError as error:
            raise UnreachableError(
                f"The attachment {source} was not loaded within {timeout:g} seconds."
            ) from error
    path = unquote(parts.path) if parts.scheme == "file" else source
    return await asyncio.to_thread(_load_path, path, limit)


def _load_path(source: str, limit: int) -> Attachment:
    advice = "Give the path of a file, or a URL."
    try:
        path = Path(source).expanduser()
        if not stat.S_ISREG(path.stat().st_mode):
            raise AttachmentError(f"The attachment {path} is no regular file. {advice}")
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except FileNotFoundError as error:
        raise AttachmentError(f"The attachment {source} does not exist. {advice}") from error
    except OSError as error:
        raise AttachmentError(
            f"The attachment {source} cannot be read: {error.strerror}. {advice}"
        ) from error
    except (RuntimeError, ValueError) as error:  # the home of nobody; a NUL
        raise AttachmentError(f"The attachment {source!r} is no usable path: {error}. {advice}") from error
    _check_size(len(data), limit, str(path))
    name = storable(path.name)
    return Attachment(name, _type_of(name), data)


async def _load_url(url: str, limit: int) -> Attachment:
    httpx = require("httpx")
    chunks: list[bytes] = []
    size = 0
    try:
        # A client of its own: nothing of ours, least of all a token, goes to a foreign server.
        client = httpx.AsyncClient(headers={"User-Agent": _USER_AGENT}, follow_redirects=True)
        async with client, client.stream("GET", url) as response:
            if response.status_code >= 500 or response.status_code == 429:
                raise UnreachableError(
                    f"The attachment {url} is not to be had for now: HTTP {response.status_code}."
                )
            if response.status_code != 200:
                raise AttachmentError(
                    f"The attachment {url} was answered with HTTP {response.status_code}. Check the URL."
                )
            async for chunk in response.aiter_bytes():
                size += len(chunk)
                _check_size(size, limit, url)
                chunks.append(chunk)
    except httpx.InvalidURL as error:
        raise AttachmentError(f"The attachment {url} is no usable URL: {error}.") from error
    except httpx.HTTPError as error:
        raise UnreachableError(
            f"The attachment {url} cannot be loaded: {str(error) or type(error).__name__}."
        ) from error
    name = storable(PurePosixPath(unquote(urlsplit(url).path)).name) or "attachment"
    return Attachment(name, _declared_type(response) or _type_of(name), b"".join(chunks))


def _check_size(size: int, limit: int, source: str) -> None:
    if size > limit:
        raise AttachmentError(
            f"The attachment {source} is larger than {limit} bytes. Send a smaller file or a link."
        )


def _declared_type(response: Any) -> str | None:
    declared: str = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return declared if "/" in declared and declared.isascii() else None


def _type_of(name: str) -> str:
    return mimetypes.guess_type(name)[0] or _UNKNOWN_TYPE
