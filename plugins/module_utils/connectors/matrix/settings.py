# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the Matrix connector behaves, where the roster has no say."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

from ..http_client import CA_PATH_VARIABLE


@dataclass(frozen=True)
class MatrixSettings:
    """Bounds and habits; every time is in seconds, every size in bytes."""

    ca_path: str | None = None
    validate_certs: bool = True
    request_timeout: float = 30.0
    health_timeout: float = 10.0
    token_doubt: float = 2.0
    """How long after a refusal of the token it is asked about again, twice."""

    sync_timeout: float = 30.0
    """How long the server may hold a poll that has nothing to say (Conduit caps it at 30)."""
    sync_grace: float = 10.0
    """How much longer we wait for its answer before the connection counts as dead."""
    timeline_limit: int = 100
    """Events asked for per poll and per page (Synapse caps both at 100 and 1000)."""
    gap_pages: int = 1000
    """Pages that one gap is filled with at most; the rest is given up, and said so."""
    recovery_pages: int = 10
    """Pages that are searched backwards for a known event when the server lost our place."""
    deliver_backlog: bool = False
    """Whether the very first start delivers what the room already holds."""

    handler_timeout: float = 300.0
    handler_attempts: int = 5

    backoff_first: float = 1.0
    backoff_cap: float = 60.0
    join_cap: float = 15.0
    """The longest wait between two tries to join a room we are not invited to yet."""
    elsewhere_interval: float = 60.0
    """Between two looks at invitations and at other rooms."""
    send_bound: float = 45.0
    """How long one call of `send` goes on trying."""

    attachment_bytes: int = 100 * 1024 * 1024
    """The largest attachment read from a path or URL, whatever the server would take."""
    download_bytes: int = 20 * 1024 * 1024
    """The largest received file that is stored; above it the message names the reference alone."""
    media_store_bytes: int = 256 * 1024 * 1024
    """What received files may take together; the oldest go first."""
    media_store_files: int = 1000
    """How many of them there may be."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> MatrixSettings:
        """The defaults, with `MOSAIC_CA_PATH` where it is set."""
        values = os.environ if environ is None else environ
        return cls(ca_path=values.get(CA_PATH_VARIABLE) or None)
