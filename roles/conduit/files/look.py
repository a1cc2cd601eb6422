# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on the host already, in one look: `look.py HOME CONFIG DATA UNIT WINDOW`, answered in JSON.

It changes nothing, and of the configuration it says two names and no secret.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
import subprocess  # to ask the executable for its version
import sys
import time
from pathlib import Path

# Conduit decides by these files which database there is (KeyValueDatabase::check_db_setup).
BACKENDS = {"IDENTITY": "rocksdb", "conduit.db": "sqlite"}
CLOSER = "mosaic-conduit-close-registration.timer"


def look(home: Path, config: Path, data: Path, unit: str, window: Path) -> dict[str, object]:
    """Everything that the role decides upon."""
    settings = _text(config / "conduit.toml")
    return {
        "machine": platform.machine(),
        "resolver": bool(_text(Path("/etc/resolv.conf"))),
        "executable": _digest(home / "conduit"),
        "version": _version(home / "conduit"),
        "stamp": _text(home / "installed").strip(),
        "server_name": _setting(settings, "server_name"),
        "backend": _setting(settings, "database_backend"),
        "database": sorted(name for file, name in BACKENDS.items() if (data / file).exists()),
        "unit": Path("/etc/systemd/system", unit).exists(),
        "stale": _older(unit, home / "conduit", config / "conduit.toml", Path("/etc/systemd/system", unit)),
        "open": window.exists(),
        "closes": window.exists() and _active(CLOSER),
    }


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""


def _setting(document: str, key: str) -> str:
    found = re.search(rf'^{key}\s*=\s*"([^"]*)"', document, re.MULTILINE)
    return found[1] if found else ""


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()


def _older(unit: str, *paths: Path) -> bool:
    """Whether it runs, and was started before one of these was written."""
    told = _systemctl("show", "--property=ExecMainStartTimestampMonotonic", "--value", unit)
    if told is None or not told.stdout.strip().isdigit() or not _active(unit):
        return False
    began = time.time() - time.monotonic() + int(told.stdout) / 1e6
    return any(path.stat().st_mtime > began for path in paths if path.exists())


def _active(unit: str) -> bool:
    """Whether systemd runs it."""
    told = _systemctl("is-active", "--quiet", unit)
    return told is not None and told.returncode == 0


def _systemctl(*words: str) -> subprocess.CompletedProcess[str] | None:
    """What it came to; None where there is none, or no answer in time."""
    asked = ["systemctl", *words]
    try:
        return subprocess.run(asked, timeout=20, check=False, capture_output=True, text=True)  # noqa: S603  # no shell, words of our own
    except (OSError, subprocess.TimeoutExpired):
        return None


def _version(path: Path) -> str:
    """What `--version` says, without the program's name; empty when it does not run."""
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.match(r"\S+ (\d+\.\d+\.\d+\S*)", done.stdout)
    return found[1] if found else ""


if __name__ == "__main__":
    HOME, CONFIG, DATA, UNIT, WINDOW = sys.argv[1:]
    sys.stdout.write(json.dumps(look(Path(HOME), Path(CONFIG), Path(DATA), UNIT, Path(WINDOW))))
