# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The body of an answer, read up to a bound: as it came over the wire, or expanded within the same bound.

The identity encoding is asked for, so that nothing has to be expanded. Where a proxy compresses all the same,
one layer of gzip is taken, in steps that can be counted; anything else is refused unread, since a kilobyte
of it may stand for any amount of memory (RFC 9110, 8.4).
"""

from __future__ import annotations

import zlib

ASKED_ENCODING = {"Accept-Encoding": "identity"}
"""The header that asks for an answer as it is."""

_AS_IT_IS = ("", "identity")
_GZIP = ("gzip", "x-gzip")
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


class BodyTooLongError(ValueError):
    """The body has more bytes than the bound."""


class BodyEncodingError(ValueError):
    """The body is in an encoding that was not asked for, or is broken in it."""


class Body:
    """A body that comes in chunks; at most `limit` bytes of it are kept."""

    def __init__(self, limit: int, encoding: str) -> None:
        """`encoding` is the Content-Encoding; raises `BodyEncodingError` for one that cannot be bounded."""
        self.limit = limit
        self._chunks: list[bytes] = []
        self._size = 0
        self._began = False
        encoding = encoding.strip().lower()
        if encoding not in _AS_IT_IS + _GZIP:
            raise BodyEncodingError(f"an encoding that was not asked for ({encoding[:40]})")
        self._expander = zlib.decompressobj(_GZIP_WINDOW) if encoding in _GZIP else None

    def take(self, chunk: bytes) -> None:
        """Add what came; raises `BodyTooLongError` and `BodyEncodingError`."""
        self._began = self._began or bool(chunk)
        if self._expander is not None:
            try:
                # One byte more than fits shows that it is too long, and no more than that is made.
                chunk = self._expander.decompress(chunk, self.limit - self._size + 1)
            except zlib.error as error:
                raise BodyEncodingError("gzip that is broken") from error
        self._size += len(chunk)
        if self._size > self.limit:
            raise BodyTooLongError
        self._chunks.append(chunk)

    def content(self) -> bytes:
        """All that came; raises `BodyEncodingError` when a compressed body ended in its middle."""
        if self._expander is not None and self._began and not self._expander.eof:
            raise BodyEncodingError("gzip that ends in its middle")
        return b"".join(self._chunks)
