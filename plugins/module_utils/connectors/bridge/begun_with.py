# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of the roster a bridge began with, for whoever looks whether that is still what the roster says."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path

from ..config import connector_block
from ..types import ConnectorConfig

NOTE = "block.sha256"


def runtime_directory() -> Path | None:
    """The directory that systemd keeps for the service while it is up; None for a bridge that no unit runs."""
    # systemd joins several directories with colons; the first is the service's own.
    runtime = os.environ.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    return Path(runtime) if runtime else None


def note_block(config: ConnectorConfig | None) -> None:
    """Leave the digest of the roster's block in the service's runtime directory; without one, nothing.

    It is that of the block as JSON with sorted keys, which is what Ansible's `to_json` makes of it: the role orchestrator
    restarts a bridge whose note differs. A note that cannot be written costs a restart, and no message.
    """
    place = runtime_directory()
    if place is None or config is None:
        return
    text = json.dumps(connector_block(config), sort_keys=True)
    with suppress(OSError):
        (place / NOTE).write_text(hashlib.sha256(text.encode()).hexdigest())
