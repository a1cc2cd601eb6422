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
from urllib.parse import unquote, urljoin, urlsplit

from .bodies import Body, BodyEncodingError, BodyTooLongError
from .border import identifier, words
from .characters import storable
from .ending import within
from .errors import AttachmentError, ConfigError, UnreachableError
from .http_client import make_client
from .public_hosts import addressed
from .thirdparty import require

__all__ = ["Attachment", "AttachmentError", "load_attachment"]

_UNKNOWN_TYPE = "application/octet-stream"

MOST_REDIRECTS = 5
"""How often a URL may point to another one."""


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
            return await within(_load_url(source, limit), timeout)
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
        place = url
        for _unused in range(MOST_REDIRECTS + 1):
            answer = await _ask(place, limit)
            if isinstance(answer, Attachment):
                return answer
            place = answer
    except BodyTooLongError as error:
        raise _too_large(url, limit) from error
    except BodyEncodingError as error:
        raise AttachmentError(
            f"The attachment {url} comes compressed, as {error}. Load it yourself and attach the file."
        ) from error
    except (httpx.InvalidURL, UnicodeError) as error:
        raise AttachmentError(f"The attachment {url} is no usable URL: {error}.") from error
    except (httpx.HTTPError, httpx.StreamError, OSError) as error:
        raise UnreachableError(
            f"The attachment {url} cannot be loaded: {words(str(error)) or type(error).__name__}."
        ) from error
    raise AttachmentError(
        f"The attachment {url} is redirected more than {MOST_REDIRECTS} times. Check the URL."
    )


async def _ask(url: str, limit: int) -> Attachment | str:
    """The file at `url`, or where it is said to be."""
    try:
        # A client of its own: nothing of ours, least of all a token, goes to a foreign server. And one for each
        # redirect, since each has its own proxy and its own trust.
        client = make_client(url)
    except ConfigError as error:
        raise AttachmentError(f"The attachment {url} is no usable URL: {error}.") from error
    async with client:
        named = client.build_request("GET", url)
        pinned, extensions = await addressed(named.url)
        request = client.build_request(
            "GET", pinned, headers={"Host": named.headers["Host"]}, extensions=extensions
        )
        response = await client.send(request, stream=True)
        try:
            if response.has_redirect_location:
                return _redirected(url, response.headers["Location"])
            return await _taken(url, response, limit)
        finally:
            await response.aclose()


def _redirected(url: str, location: str) -> str:
    place = urljoin(url, location)
    if not place.startswith(("http://", "https://")):
        raise AttachmentError(f"The attachment {url} is redirected elsewhere than to a web server.")
    return place


async def _taken(url: str, response: Any, limit: int) -> Attachment:
    _check_status(url, response.status_code)
    body = Body(limit, response.headers.get("content-encoding", ""))
    async for chunk in response.stream:
        body.take(chunk)
    name = storable(PurePosixPath(unquote(urlsplit(url).path)).name) or "attachment"
    return Attachment(name, _declared_type(response) or _type_of(name), body.content())


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
