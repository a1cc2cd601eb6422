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

from .bodies import Body, BodyEncodingError, BodyTooLongError
from .border import identifier, words
from .characters import storable
from .errors import ConfigError, UnreachableError
from .http_client import make_client
from .thirdparty import require

_UNKNOWN_TYPE = "application/octet-stream"
_REDIRECTS = 5


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
    try:
        return await _follow(url, limit)
    except BodyTooLongError as error:
        raise _too_large(url, limit) from error
    except BodyEncodingError as error:
        raise AttachmentError(
            f"The attachment {url} comes compressed, as {error}. Load it yourself and attach the file."
        ) from error
    except (ConfigError, httpx.InvalidURL, UnicodeError) as error:
        if isinstance(error, AttachmentError):
            raise
        raise AttachmentError(f"The attachment {url} is no usable URL: {error}.") from error
    except (httpx.HTTPError, httpx.StreamError, OSError) as error:
        raise UnreachableError(
            f"The attachment {url} cannot be loaded: {words(str(error)) or type(error).__name__}."
        ) from error


async def _follow(url: str, limit: int) -> Attachment:
    """Load a URL through its redirects; a client for each, since each has its own proxy and its own trust."""
    place = url
    for _redirect in range(_REDIRECTS + 1):
        # A client of its own: nothing of ours, least of all a token, goes to a foreign server.
        async with make_client(place) as client, client.stream("GET", place) as response:
            following = response.next_request
            if following is None:
                _check_status(url, response.status_code)
                body = Body(limit, response.headers.get("content-encoding", ""))
                async for chunk in response.stream:  # type: ignore[union-attr]
                    body.take(chunk)
                name = storable(PurePosixPath(unquote(urlsplit(url).path)).name) or "attachment"
                return Attachment(name, _declared_type(response) or _type_of(name), body.content())
            place = str(following.url)
            if not place.startswith(("http://", "https://")):
                break
    raise AttachmentError(f"The attachment {url} is redirected too often, or elsewhere than to a web server.")


def _check_status(url: str, status: int) -> None:
    if status >= 500 or status == 429:
        raise UnreachableError(f"The attachment {url} is not to be had for now: HTTP {status}.")
    if status != 200:
        raise AttachmentError(f"The attachment {url} was answered with HTTP {status}. Check the URL.")


def _check_size(size: int, limit: int, source: str) -> None:
    if size > limit:
        raise _too_large(source, limit)


def _too_large(source: str, limit: int) -> AttachmentError:
    return AttachmentError(
        f"The attachment {source} is larger than {limit} bytes. Send a smaller file or a link."
    )


def _declared_type(response: Any) -> str | None:
    declared: str = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return declared if "/" in declared and declared.isascii() and identifier(declared) else None


def _type_of(name: str) -> str:
    return mimetypes.guess_type(name)[0] or _UNKNOWN_TYPE
