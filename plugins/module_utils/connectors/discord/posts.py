# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes out: a message cut into the posts it takes, each with a nonce of its own.

Source: Discord API v10, "Create Message", "Uploading Files".
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..attachments import Attachment
from ..border import Foreign
from ..characters import storable
from ..split import split_text
from .questions import rows

MAX_CHARACTERS = 2000
_FILES_PER_POST = 10
_BYTES_PER_POST = 24 * 1024 * 1024
"""A request may have 25 MiB, its other parts included; a single file above it goes by itself."""


@dataclass(frozen=True)
class Post:
    """One message as Discord takes it."""

    nonce: str
    content: str = ""
    files: tuple[Attachment, ...] = ()
    buttons: tuple[tuple[str, str], ...] = ()

    def body(self) -> dict[str, Any]:
        """The JSON part of the request: nobody is pinged, and the nonce is enforced."""
        body: dict[str, Any] = {
            "nonce": self.nonce,
            "enforce_nonce": True,
            "allowed_mentions": {"parse": []},
        }
        if self.content:
            body["content"] = self.content
        if self.buttons:
            body["components"] = rows(self.buttons)
        if self.files:
            body["attachments"] = [
                {"id": number, "filename": file.name} for number, file in enumerate(self.files)
            ]
        return body

    def is_like(self, message: Foreign) -> bool:
        """Whether a message of ours in the history is this post."""
        nonce = message.identifier("nonce")
        if nonce is not None:
            return nonce == self.nonce
        sizes = [file.number("size") for file in message.objects("attachments")]
        return (message.text("content") or "") == self.content.strip() and sizes == [
            len(f.data) for f in self.files
        ]


def posts_of(text: str, files: Iterable[Attachment], transaction_id: str) -> list[Post]:
    """The posts that carry a message; the same message under the same id makes the same posts."""
    texts = split_text(storable(text), fits) if text.strip() else []
    groups = _grouped(files)
    parts: list[tuple[str, tuple[Attachment, ...]]] = [(piece, ()) for piece in texts]
    if groups and parts:
        parts[-1] = (parts[-1][0], groups.pop(0))
    parts += [("", group) for group in groups]
    return [
        Post(_nonce(transaction_id, number), content, group) for number, (content, group) in enumerate(parts)
    ]


def _grouped(files: Iterable[Attachment]) -> list[tuple[Attachment, ...]]:
    """Neighbouring files in as few posts as the bounds of one request allow."""
    groups: list[tuple[Attachment, ...]] = []
    size = 0
    for file in files:
        size += len(file.data)
        if groups and len(groups[-1]) < _FILES_PER_POST and size <= _BYTES_PER_POST:
            groups[-1] += (file,)
        else:
            groups.append((file,))
            size = len(file.data)
    return groups


def _nonce(transaction_id: str, number: int) -> str:
    # 25 characters are all that a nonce may have; 100 bits do not meet by chance.
    return hashlib.sha256(f"{transaction_id}\0{number}".encode()).hexdigest()[:25]


def fits(text: str) -> bool:
    """Whether a text is one post."""
    # Counted as Discord's own clients do, in UTF-16: an emoji is two.
    return len(text) <= MAX_CHARACTERS and len(text.encode("utf-16-le")) // 2 <= MAX_CHARACTERS
