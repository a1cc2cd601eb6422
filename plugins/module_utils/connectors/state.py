# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where state is kept, and small documents in it that are replaced whole.

What changes with every message is in the store (`store/`). Both live under the state directory;
without one, in memory.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .durable import make_directory, replace_file
from .errors import StateError

STATE_VARIABLES = ("MOSAIC_STATE_DIR", "STATE_DIRECTORY")
"""The environment variables that may name the state directory; the first one set wins."""


def state_directory(environ: Mapping[str, str] | None = None) -> Path | None:
    """The directory for our state, or None when the environment names none (memory only)."""
    values = os.environ if environ is None else environ
    for name in STATE_VARIABLES:
        # systemd joins several directories with colons; the first is the service's own.
        value = values.get(name, "").split(":")[0]
        if value:
            return Path(value)
    return None


def write_atomically(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Replace `path` by `content`, durably: a reader or a crash sees the old file or the new one.

    Raises `StateError`.
    """
    try:
        make_directory(path.parent)
        replace_file(path, content, lambda descriptor: os.fchmod(descriptor, mode))
    except OSError as error:
        raise _cannot("written", path, error) from error


def read_document(path: Path | None) -> dict[str, Any]:
    """The JSON object stored at `path`; an empty one when there is none.

    Raises `StateError` when the file cannot be read or holds something else.
    """
    if path is None:
        return {}
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise _cannot("read", path, error) from error
    if not isinstance(document, dict):
        raise _cannot("read", path, ValueError("a JSON object is expected"))
    return document


def write_document(path: Path | None, document: Mapping[str, Any]) -> None:
    """Store a JSON object at `path`, durably; with None it is not stored. Raises `StateError`."""
    if path is not None:
        write_atomically(path, json.dumps(document).encode())


def _cannot(done: str, path: Path, error: Exception) -> StateError:
    return StateError(
        f"The state file {path} cannot be {done}: {error}. "
        "Check that MOSAIC_STATE_DIR names a directory this user may write, on a disk with room."
    )
