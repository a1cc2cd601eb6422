# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host's data in a folder, and a pair of keys made by age itself."""

from __future__ import annotations

import getpass
import grp
import os
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Keys:
    """A pair of keys: the public one as text, the private one in a file."""

    public: str
    identity: Path


def make_keys(folder: Path, name: str = "identity") -> Keys:
    """A new pair."""
    identity = folder / name
    subprocess.run(["age-keygen", "-o", str(identity)], check=True, capture_output=True)
    public = subprocess.run(["age-keygen", "-y", str(identity)], check=True, capture_output=True, text=True)
    return Keys(public.stdout.strip(), identity)


def make_data(root: Path) -> Path:
    """A service's folder: a database in use, a secret, a link, media."""
    (root / "media" / "empty").mkdir(parents=True)
    (root / "media" / "picture").write_bytes(os.urandom(300_000))
    (root / "secret").write_text("s3cret\n")
    (root / "secret").chmod(0o600)
    (root / "link").symlink_to("media/picture")
    root.chmod(0o700)
    with closing(sqlite3.connect(root / "state.db")) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("CREATE TABLE words (word)")
        database.execute("INSERT INTO words VALUES ('first')")
        database.commit()
    return root


def rows(database: Path) -> list[str]:
    """The words in such a database."""
    with closing(sqlite3.connect(database)) as opened:
        return [row[0] for row in opened.execute("SELECT word FROM words ORDER BY rowid")]


def tree(root: Path) -> dict[str, tuple[int, bytes]]:
    """Everything below a folder but databases: its mode and content."""
    found = {}
    for path in sorted(root.rglob("*")):
        if ".db" not in path.name:
            content = b""
            if path.is_symlink():
                content = str(path.readlink()).encode()
            elif path.is_file():
                content = path.read_bytes()
            found[str(path.relative_to(root))] = (path.lstat().st_mode, content)
    return found


def me() -> tuple[str, str]:
    """The user and the group that the tests run as."""
    return getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
