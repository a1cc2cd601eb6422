# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an archive says about itself: first whose data it is, last everything that is in it.

An archive is a tar file, compressed by gzip, encrypted by age. Its members are `about.json`, the dumps below `dumps/`,
the files below `files/` with their whole paths, and `manifest.json`, which holds the digest of each of them.
"""

from __future__ import annotations

import json
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..connectors.errors import ConnectorError

FORMAT = 1
ABOUT = "about.json"
MANIFEST = "manifest.json"
DUMPS = "dumps/"
FILES = "files"
"""A file's name in the archive is this and its absolute path."""


class BackupError(ConnectorError):
    """An archive cannot be made, read or put in place."""


@dataclass(frozen=True)
class About:
    """Whose data an archive holds; sizes in bytes, the time in UTC (ISO 8601)."""

    kind: str
    name: str
    host: str
    version: str
    made_at: str
    sizes: dict[str, int]
    """How much each path held when the archive was begun."""
    format: int = FORMAT

    def to_json(self) -> bytes:
        """The first member of the archive."""
        return json.dumps(asdict(self)).encode()


def about_from_json(content: bytes) -> About:
    """Read the first member; raises `BackupError` for what this program did not write, or a later one did."""
    try:
        document = json.loads(content)
        found = document["format"]
        if found == FORMAT:
            about = About(**document)
            if not all(isinstance(size, int) for size in about.sizes.values()):
                raise TypeError("the sizes are no numbers")
            return about
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BackupError(
            "The archive is expected to begin with what it is about, and does not. It was not made by mosaic.fleet.backup."
        ) from error
    raise BackupError(
        f"The archive has format {found}, and this version of mosaic.fleet reads format {FORMAT}. "
        "Restore it with the version that made it."
    )


def check_about(about: About, kind: str | None, name: str | None) -> None:
    """Refuse an archive of another kind or name than is expected; None expects nothing. Raises `BackupError`."""
    if (kind or about.kind, name or about.name) != (about.kind, about.name):
        raise BackupError(
            f"The archive is expected to be of {kind} {name}, and is of {about.kind} {about.name} "
            f"(made on {about.host} at {about.made_at}). Name the right archive."
        )


@dataclass(frozen=True)
class Entry:
    """One member of an archive, as it was written and as it has to be found."""

    kind: str
    """`file`, `directory` or `link`."""
    mode: int
    owner: str
    group: str
    size: int = 0
    sha256: str = ""
    target: str = ""


def entry_of(member: tarfile.TarInfo, sha256: str = "") -> Entry:
    """The entry that a member of the tar file stands for; raises `BackupError` for a device or the like."""
    if not (member.isreg() or member.isdir() or member.issym()):
        raise BackupError(
            f"The archive holds {member.name}, which is no file, directory or link. It was not made by mosaic.fleet.backup."
        )
    kind = "file" if member.isreg() else "directory" if member.isdir() else "link"
    size = member.size if member.isreg() else 0
    return Entry(kind, member.mode & 0o777, member.uname, member.gname, size, sha256, member.linkname)


def manifest_to_json(entries: Mapping[str, Entry]) -> bytes:
    """The last member of the archive."""
    return json.dumps({name: asdict(entry) for name, entry in entries.items()}).encode()


def check_manifest(content: bytes, found: Mapping[str, Entry]) -> None:
    """Compare what was found in an archive with its manifest; raises `BackupError` naming the first difference."""
    try:
        document: dict[str, Any] = json.loads(content)
        expected = {name: Entry(**entry) for name, entry in document.items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise BackupError(
            "The archive's manifest cannot be read: it is damaged. Use another archive."
        ) from error
    for name in expected.keys() | found.keys():
        if expected.get(name) != found.get(name):
            raise BackupError(
                f"{name} is not in the archive as the archive's manifest has it: it is damaged. Use another archive."
            )
