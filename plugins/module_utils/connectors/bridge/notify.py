# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tell systemd how the service is: a datagram of `KEY=value` lines to `NOTIFY_SOCKET`.

Source: sd_notify(3), "The protocol".
"""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Mapping


class Notifier:
    """Speaks to the service manager; silent when there is none."""

    def __init__(self, environ: Mapping[str, str] | None = None) -> None:
        values = os.environ if environ is None else environ
        self._address = values.get("NOTIFY_SOCKET", "")
        self.watchdog_seconds = _watchdog_seconds(values)

    def notify(self, **state: str) -> None:
        """Send the given assignments; a lost datagram is nobody's failure."""
        if not self._address:
            return
        # A leading @ names a socket in the abstract namespace, which the kernel spells with a zero byte.
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        lines = "\n".join(f"{key}={' '.join(value.splitlines())}" for key, value in state.items())
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.setblocking(False)
            channel.sendto(lines.encode("utf-8", "replace"), address)


def _watchdog_seconds(values: Mapping[str, str]) -> float | None:
    """Seconds within which systemd wants a sign of life from this process, if it wants one."""
    if values.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    try:
        microseconds = int(values.get("WATCHDOG_USEC", "0"))
    except ValueError:
        return None
    return microseconds / 1_000_000 if microseconds > 0 else None
