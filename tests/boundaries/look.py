# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a host is like, as JSON: its files, its units, and what its homeserver knows. It runs there, by itself."""

from __future__ import annotations

import grp
import hashlib
import json
import os
import pwd
import re
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOTS = [
    *("/etc", "/opt", "/root", "/home", "/srv", "/usr/local", "/tmp", "/var/tmp", "/dev/shm"),
    *("/run/systemd/system", "/run/systemd/transient"),
    *(str(path) for path in (*Path("/var/lib").glob("*mosaic*"), *Path("/run").glob("*mosaic*"))),
]
LEFT_OUT = re.compile(
    r"/__pycache__|\.pyc$|-(wal|shm|journal)$|\.scope(\.d)?$|^/root/\.cache|^/(var/)?tmp/systemd-private"
    r"|^/etc/(ld\.so\.cache|mtab|resolv\.conf|hosts|hostname)$"
)
SECRET = re.compile(
    rb"syt_[A-Za-z0-9]+_|AGE-SECRET-KEY-1|_PASSWORD=|_ACCESS_TOKEN=|registration_shared_secret|macaroon_secret_key|age-encryption"
)
NUMBERED = re.compile(r"(?<=/matrix-)[0-9a-f]{16}(?=[.])")
PASSWORD_DAY = re.compile(rb"(?m)^([\w-]+:[^:\n]*:)\d+(?=(:[^:\n]*){6}$)")
"""The day on which a password was last set, in a line of /etc/shadow (shadow(5)): a run may go on past midnight."""
OLDER = ", older than its files"
"""Said of a service that runs as its files no longer say."""
TOLD = ("LoadState", "ActiveState", "UnitFileState", "NeedDaemonReload")
ASKED = ("ExecMainStartTimestampMonotonic", "FragmentPath", "DropInPaths")
SERVER = Path("/var/lib/mosaic-synapse/homeserver.db")


def kind_of(path: Path, mode: int) -> str:
    """What it is."""
    if path.is_symlink():
        return f"link to {path.readlink()}"
    kinds = {0o040000: "folder", 0o100000: "file", 0o140000: "socket", 0o010000: "pipe"}
    return kinds.get(mode & 0o170000, "special")


def name_of(look: os.stat_result) -> str:
    """Whose it is."""
    try:
        return f"{pwd.getpwuid(look.st_uid).pw_name}:{grp.getgrgid(look.st_gid).gr_name}"
    except KeyError:
        return f"{look.st_uid}:{look.st_gid} (nobody's)"


def look_at(path: Path) -> dict[str, Any]:
    """One file."""
    look = path.lstat()
    found = {
        "kind": kind_of(path, look.st_mode),
        "mode": f"{look.st_mode & 0o7777:04o}",
        "owner": name_of(look),
    }
    if found["kind"] != "file":
        return found
    content = path.read_bytes()
    if content.startswith(b"SQLite format 3"):
        return found  # what is in it is asked for below, or is what has been said
    found["digest"] = hashlib.sha256(PASSWORD_DAY.sub(rb"\1", content)).hexdigest()[:16]
    if len(content) < 65536 and "site-packages" not in str(path):
        # What names are in it, for a file whose values are another each time.
        found["names"] = re.findall(r"(?m)^\s*([\w.-]+)\s*[=:]", content.decode("utf-8", "replace"))
    if SECRET.search(content) and "site-packages" not in str(path):
        found["secret"] = True
    return found


def name_it(path: Path, found: dict[str, Any]) -> str:
    """Its path, with a sign for what is made of an id that is another in each fleet, and a number if it is not the only one."""
    name = NUMBERED.sub("#", str(path))
    while name in found:
        name += "+"
    return name


def files() -> dict[str, Any]:
    """All that is below the roots."""
    found: dict[str, Any] = {}
    for root in ROOTS:
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if not LEFT_OUT.search(f"{folder}/{name}")]
            for name in (*folders, *names):
                path = Path(folder, name)
                if LEFT_OUT.search(str(path)):
                    continue
                try:
                    found[name_it(path, found)] = look_at(path)
                except FileNotFoundError:  # gone since it was listed
                    continue
    return found


def run(*command: str) -> str:
    """What a command prints."""
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout


def units() -> dict[str, str]:
    """Every unit of ours, with what it is."""
    listed = run("systemctl", "list-units", "--all", "--plain", "--no-legend", "*mosaic*")
    listed += run("systemctl", "list-unit-files", "--plain", "--no-legend", "*mosaic*")
    names = sorted({line.split()[0] for line in listed.splitlines() if line.strip()})
    names = [name for name in names if "@." not in name]
    if not names:
        return {}
    told = run("systemctl", "show", f"--property={','.join((*TOLD, *ASKED))}", *names).split("\n\n")
    return {name: unit(block.splitlines()) for name, block in zip(names, told, strict=True)}


def unit(lines: list[str]) -> str:
    """What it is, and whether it runs as its files say: a restart that was forgotten shows in nothing else."""
    told = " ".join(line for line in lines if line.startswith(TOLD))
    values = dict(line.split("=", 1) for line in lines)
    started = int(values.get("ExecMainStartTimestampMonotonic") or 0)
    if not started or "ActiveState=active" not in told:
        return told
    began = time.time() - time.monotonic() + started / 1e6
    paths = [values.get("FragmentPath", ""), *values.get("DropInPaths", "").split()]
    written = [Path(path).stat().st_mtime for path in paths if path and Path(path).exists()]
    return told + OLDER if any(at > began for at in written) else told


def server() -> dict[str, Any]:
    """Accounts with their devices, rooms with their members, and registration that is open."""
    if not SERVER.exists():
        return {}
    database = sqlite3.connect(f"file:{SERVER}?mode=ro", uri=True)

    def ask(question: str) -> list[Any]:
        return database.execute(question).fetchall()

    try:
        return {
            "accounts": sorted(ask("SELECT name, admin, deactivated FROM users")),
            "devices": sorted(ask("SELECT user_id, count(*) FROM devices WHERE NOT hidden GROUP BY user_id")),
            "sessions": sorted(ask("SELECT user_id, count(*) FROM access_tokens GROUP BY user_id")),
            "rooms": sorted(
                ask(
                    "SELECT coalesce(a.room_alias, '(none)'), m.state_key, m.membership FROM current_state_events m"
                    " LEFT JOIN room_aliases a USING (room_id) WHERE m.type = 'm.room.member'"
                )
            ),
            "open": [
                {"for": (end / 1000 - time.time()) if end else None, "left": left}
                for left, end in ask("SELECT uses_allowed - completed, expiry_time FROM registration_tokens")
                if (left is None or left > 0) and (end is None or end / 1000 > time.time())
            ],
        }
    finally:
        database.close()


if __name__ == "__main__":
    quick = sys.argv[1:] == ["quick"]
    json.dump({"files": {} if quick else files(), "units": units(), "server": server()}, sys.stdout)
