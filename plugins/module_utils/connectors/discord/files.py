# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Discord message calls a file, and how the orchestrator is told of it: pure functions, nothing is fetched.

Source: Discord API v10, "Attachment Object", "Unfurled Media Item"; Reference, "Signed Attachment CDN URLs".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..border import Foreign, words

_CDN = "https://cdn.discordapp.com"
_HOSTS = ("cdn.discordapp.com", "media.discordapp.net")

WAITING = "still with Discord"
"""Where a file is that nobody asked for yet."""


@dataclass(frozen=True)
class File:
    """A file that came with a message; `url` is signed, holds for a day and needs no token."""

    id: str
    name: str
    what: str
    mimetype: str
    size: int | None
    url: str

    def describe(self, where: str) -> str:
        """One line for the orchestrator; `where` is a path, or says why there is none."""
        size = f"{self.size} bytes" if self.size is not None else ""
        facts = ", ".join(filter(None, (self.mimetype, size)))
        return f"[{self.what}: {self.name}{f' ({facts})' if facts else ''}: {where}]"


Where = Callable[[File], str]
"""Says where a file is, or why it is not to be had."""


def waiting(_file: File) -> str:
    """Nothing was fetched."""
    return WAITING


def attached(found: Foreign) -> File:
    """The file of an attachment object."""
    size, url = found.number("size"), found.token("url") or ""
    return File(
        id=found.identifier("id") or url,
        name=found.words("filename") or "file",
        what="file",
        mimetype=found.words("content_type", limit=100),
        size=size if size is not None and size >= 0 else None,
        url=url,
    )


def shown(found: Foreign) -> File | None:
    """The file of a media item of a component; None for an address of somebody else's, which is told as it is."""
    url = found.token("url") or ""
    if not is_discords(url, _CDN):
        return None
    path = urlsplit(url).path
    return File(
        id=found.identifier("attachment_id") or path,
        name=words(path.rpartition("/")[2]) or "media",
        what="media",
        mimetype=found.words("content_type", limit=100),
        size=None,
        url=url,
    )


def is_discords(url: str, api_url: str) -> bool:
    """Whether an address is of Discord's own file servers, by TLS, or of the API which is configured."""
    try:
        parts, api = urlsplit(url), urlsplit(api_url)
    except ValueError:
        return False
    own = (parts.scheme, parts.netloc) == (api.scheme, api.netloc)
    return own or (parts.scheme == "https" and parts.netloc in _HOSTS)
