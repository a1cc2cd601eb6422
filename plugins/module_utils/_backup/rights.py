# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Work that root leaves to another user, in a process that has that user's rights alone."""

from __future__ import annotations

import os
import pwd
import signal
import warnings
from collections.abc import Callable

from .manifest import BackupError


def as_user(uid: int, work: Callable[[], None]) -> None:
    """Have `work` done by a process of the user `uid`; by this one where that is root, or we are not.

    Raises `BackupError`, with the words of the one that `work` raised.
    """
    if uid == 0 or os.geteuid() != 0:
        work()
        return
    source, sink = os.pipe()
    with warnings.catch_warnings():
        # The other thread reads the archive that is written. It holds no lock that is needed in the child.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(source)
        _be(uid, work, sink)
    os.close(sink)
    try:
        with os.fdopen(source, "rb") as pipe:
            words = pipe.read().decode(errors="replace")
    except BaseException:  # a signal that ends us
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        _child, status = os.waitpid(child, 0)
    if status != 0:
        raise BackupError(words or f"A process of the user {uid} ended with status {status}. Back up again.")


def _be(uid: int, work: Callable[[], None], sink: int) -> None:
    """Never returns: what the parent has open and registered must not be ended twice."""
    status = 1
    try:
        os.setgroups([])
        os.setgid(pwd.getpwuid(uid).pw_gid)
        os.setuid(uid)
        work()
        status = 0
    except BaseException as error:
        os.write(sink, str(error).encode())
    finally:
        os._exit(status)
