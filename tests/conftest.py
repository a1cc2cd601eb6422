# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets the tests import this very tree as the collection it is: `ansible_collections.mosaic.fleet`."""

from __future__ import annotations

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parent.parent
_COLLECTIONS = _ROOT / ".cache" / "collections"


def _place_collection() -> None:
    """Ansible's names need a folder `ansible_collections/mosaic/fleet`; a link in .cache/ is one."""
    link = _COLLECTIONS / "ansible_collections" / "mosaic" / "fleet"
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(_ROOT)


_place_collection()
sys.path.insert(0, str(_COLLECTIONS))
