# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive being read: every byte digested, every file compared with the manifest at the end."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from .manifest import ABOUT, MANIFEST, About, BackupError, Entry, about_from_json, check_manifest, entry_of

BLOCK = 1 << 20
_LONGEST_DOCUMENT = 1 << 30

Blocks = Iterator[bytes]
Taker = Callable[[tarfile.TarInfo, Blocks], None]
"""Takes one member and all of its content; what it does not read is read for it."""


@dataclass(frozen=True)
class Archive:
    """What was found in an archive, all of it compared with its manifest."""

    about: About
    entries: dict[str, Entry]

    @property
    def files(self) -> int:
        """How many files there are in it."""
        return sum(entry.kind == "file" for entry in self.entries.values())

    @property
    def size(self) -> int:
        """How many bytes these files have."""
        return sum(entry.size for entry in self.entries.values())


def read_archive(
    stream: BinaryIO, take: Taker | None = None, accept: Callable[[About], None] | None = None
) -> Archive:
    """Read an archive from its first to its last byte. Raises `BackupError` for one that is damaged or cut short.

    `accept` is asked once it is known whose data it is, before anything is taken, and raises to refuse it.
    """
    with tarfile.open(fileobj=stream, mode="r|") as tar:
        about = about_from_json(_document(tar, tar.next(), ABOUT))
        if accept is not None:
            accept(about)
        entries: dict[str, Entry] = {}
        while (member := tar.next()) is not None and member.name != MANIFEST:
            entries[member.name] = _take(tar, member, take)
        check_manifest(_document(tar, member, MANIFEST), entries)
        if tar.next() is not None:
            raise BackupError("The archive goes on after its manifest: it is damaged. Use another archive.")
    while stream.read(BLOCK):
        pass  # the padding, at whose end gzip and age find out whether all was whole
    return Archive(about, entries)


def _document(tar: tarfile.TarFile, member: tarfile.TarInfo | None, name: str) -> bytes:
    if member is None or member.name != name or member.size > _LONGEST_DOCUMENT:
        raise BackupError(
            f"The archive is expected to have {name} here and has "
            f"{member.name if member else 'ended'}: it was cut short, or is none of mosaic.fleet.backup. Use another archive."
        )
    file = tar.extractfile(member)
    return file.read() if file else b""


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, take: Taker | None) -> Entry:
    digest = hashlib.sha256()

    def blocks() -> Blocks:
        file = tar.extractfile(member) if member.isreg() else None
        while file is not None and (block := file.read(BLOCK)):
            digest.update(block)
            yield block

    content = blocks()
    if take is not None:
        take(member, content)
    for _block in content:
        pass  # what nobody wanted is checked all the same
    return entry_of(member, digest.hexdigest() if member.isreg() else "")
