# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive of the collection says nothing of who built it, when, and in which order the disk lists files."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import tarfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

SCRIPT = Path(__file__).parents[3] / "scripts" / "repack.py"
_spec = importlib.util.spec_from_file_location("repack", SCRIPT)
assert _spec is not None
assert _spec.loader is not None
repack = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(repack)

CONTENTS = {"README.md": b"words", "roles/a/main.yml": b"---\n", "plugins/b.py": b"", "run": b"#!/bin/sh\n"}


def archive(path: Path, order: list[str], moment: int, umask: int) -> Path:
    files = json.dumps({"files": [{"name": name} for name in order], "format": 1}).encode()
    digest = hashlib.sha256(files).hexdigest()
    manifest = json.dumps({"file_manifest_file": {"name": "FILES.json", "chksum_sha256": digest}}).encode()
    with tarfile.open(path, "w:gz") as packed:
        for name, content in [
            ("MANIFEST.json", manifest),
            ("FILES.json", files),
            *((name, CONTENTS[name]) for name in order),
        ]:
            member = tarfile.TarInfo(name)
            member.size, member.mtime, member.uname = len(content), moment, f"builder{moment}"
            member.mode = (0o777 if name == "run" else 0o666) & ~umask
            packed.addfile(member, io.BytesIO(content))
    return path


@settings(max_examples=20, deadline=None)
@given(
    order=st.permutations(sorted(CONTENTS)),
    moment=st.integers(1, 2_000_000_000),
    umask=st.sampled_from([0o002, 0o027, 0o077]),
)
def test_two_builds_of_one_tree_are_the_same_bytes(
    tmp_path_factory, order: list[str], moment: int, umask: int
) -> None:
    folder = tmp_path_factory.mktemp("builds")
    one = archive(folder / "one.tar.gz", sorted(CONTENTS), 1_700_000_000, 0o022)
    other = archive(folder / "other.tar.gz", order, moment, umask)
    repack.repack(one)
    repack.repack(other)
    assert one.read_bytes() == other.read_bytes()
    with tarfile.open(other) as packed:
        held = {member.name: packed.extractfile(member).read() for member in packed}
    assert {name: held[name] for name in CONTENTS} == CONTENTS
    told = json.loads(held["MANIFEST.json"])["file_manifest_file"]["chksum_sha256"]
    assert told == hashlib.sha256(held["FILES.json"]).hexdigest()
