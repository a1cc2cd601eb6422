# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets out of sight once they are read: the orchestrator's own program runs as the same user."""

from __future__ import annotations

import ctypes
import os
import re
from collections.abc import MutableMapping

_PR_SET_DUMPABLE = 4  # linux/prctl.h
_SECRET_NAME = re.compile(r"(?:^|_)(?:TOKEN|PASSWORD|PASSPHRASE|SECRET)(?:_|$)")


def forget_secrets(environ: MutableMapping[str, str] | None = None) -> None:
    """Drop every variable that is named like a secret, so that no child inherits one."""
    values = os.environ if environ is None else environ
    for name in [name for name in values if _SECRET_NAME.search(name)]:
        del values[name]


def hide_process() -> bool:
    """Make this process non-dumpable: others of the same user can read neither /proc/PID/environ nor memory.

    Returns whether the kernel agreed. Source: prctl(2), PR_SET_DUMPABLE.
    """
    try:
        return bool(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
    except (OSError, AttributeError):
        return False
