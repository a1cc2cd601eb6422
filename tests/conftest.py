# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all tests need: this very tree as the collection that it is, `ansible_collections.mosaic.fleet`, and a Ctrl-C."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

# Helpers are imported as fakes.…, also by a runner that does not know pyproject.toml (ansible-test units).
sys.path.insert(0, str(Path(__file__).resolve().parent))

_ROOT = Path(__file__).resolve().parent.parent
_COLLECTIONS = _ROOT / ".cache" / "collections"


def _place_collection() -> None:
    """Ansible's names need a folder `ansible_collections/mosaic/fleet`; a link in .cache/ is one."""
    link = _COLLECTIONS / "ansible_collections" / "mosaic" / "fleet"
    if not link.exists():
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(_ROOT)


def _let_signals_through() -> None:
    """A shell's background job ignores SIGINT and SIGQUIT, and nohup's SIGHUP; so would every program under test."""
    for number, usual in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGQUIT, signal.SIG_DFL),
        (signal.SIGHUP, signal.SIG_DFL),
    ):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, usual)


# How fast this machine is now says nothing about the code under test.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")
_let_signals_through()
_place_collection()
sys.path.insert(0, str(_COLLECTIONS))
