# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the archive of a collection the same at every build: `repack.py ARCHIVE [SECONDS]`.

ansible-galaxy writes the moment of the build into the archive and lists files as the disk happens to. Here they are sorted,
the clock stands at SECONDS since 1970 (default: the first moment that a zip file can name), and the two manifests agree again.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path
from typing import Any

EPOCH = 315532800


def repack(archive: Path, seconds: int = EPOCH) -> None:
    """Write `archive` anew, in one step; raises OSError, tarfile.TarError or KeyError for what is no collection's."""
    with tarfile.open(archive) as before:
        members = {member.name: member for member in before.getmembers()}
        contents = {name: before.extractfile(one).read() for name, one in members.items() if one.isfile()}  # type: ignore[union-attr]
    files = json.loads(contents["FILES.json"])
    files["files"].sort(key=lambda entry: str(entry["name"]))
    contents["FILES.json"] = _json(files)
    manifest = json.loads(contents["MANIFEST.json"])
    manifest["file_manifest_file"]["chksum_sha256"] = hashlib.sha256(contents["FILES.json"]).hexdigest()
    contents["MANIFEST.json"] = _json(manifest)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as after:
        for name in [
            "MANIFEST.json",
            "FILES.json",
            *sorted(members.keys() - {"MANIFEST.json", "FILES.json"}),
        ]:
            after.addfile(
                _plain(members[name], seconds, contents.get(name)), io.BytesIO(contents.get(name, b""))
            )
    scratch = archive.with_suffix(".new")
    with scratch.open("wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=seconds) as packer:
        packer.write(packed.getvalue())
    scratch.replace(archive)


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1).encode()


def _plain(member: tarfile.TarInfo, seconds: int, content: bytes | None) -> tarfile.TarInfo:
    """The member without what is this machine's or this moment's."""
    member.mtime, member.uid, member.gid, member.uname, member.gname = seconds, 0, 0, "", ""
    if content is not None:
        member.size = len(content)
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    member.pax_headers = {}
    return member


if __name__ == "__main__":
    repack(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
