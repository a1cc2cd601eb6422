# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on the host already, in one look: `look.py QUESTION`, asked and answered in JSON.

It changes nothing, and of the key it says nothing but whether it fits.
"""

from __future__ import annotations

import json
import pwd
import re
import socket
import ssl
import subprocess  # to ask the executable for its version
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROC = Path("/proc")
LISTEN = "0A"
ANY = {"0.0.0.0", "::"}  # noqa: S104 - nothing is bound here


def look(question: dict[str, Any]) -> dict[str, object]:
    """Everything that the role decides upon."""
    return {
        "version": version(question["executable"]),
        "user": has_user("mosaic-proxy"),
        "taken": taken(question["ports"], question["addresses"], question["unit"]),
        "unfit": unfit(question["certificate"], question["key"], question["names"]),
    }


def version(executable: str) -> str:
    """What Caddy says its version is; empty where there is none."""
    try:
        command = [executable, "version"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.match(r"v?(\d+\.\d+\.\d+)", done.stdout)
    return found[1] if found else ""


def has_user(name: str) -> bool:
    """Whether the host has this user."""
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def taken(ports: list[int], addresses: list[str], unit: str) -> list[str]:
    """A few words for each of the ports that another program than the unit's listens on."""
    found = []
    for address, port, inode in listeners():
        if port not in ports or (addresses and address not in ANY and address not in addresses):
            continue
        pid = owner(inode)
        if pid is None or not in_unit(pid, unit):
            found.append(f"{port} by {name_of(pid)}")
    return sorted(set(found))


def listeners() -> Iterator[tuple[str, int, str]]:
    """Address, port and inode of every TCP socket that listens."""
    for table, family in (("net/tcp", socket.AF_INET), ("net/tcp6", socket.AF_INET6)):
        for line in text(PROC / table).splitlines()[1:]:
            fields = line.split()
            if fields[3] == LISTEN:
                address, port = fields[1].split(":")
                yield readable(family, address), int(port, 16), fields[9]


def readable(family: socket.AddressFamily, address: str) -> str:
    """An address as people write it; the kernel's tables have it in words of the machine's byte order."""
    raw = bytes.fromhex(address)
    words = [raw[i : i + 4] for i in range(0, len(raw), 4)]
    if sys.byteorder == "little":
        words = [word[::-1] for word in words]
    return socket.inet_ntop(family, b"".join(words))


def owner(inode: str) -> str | None:
    """The id of the process that has this socket."""
    for descriptor in PROC.glob("[0-9]*/fd/*"):
        try:
            if descriptor.readlink() == Path(f"socket:[{inode}]"):
                return descriptor.parts[2]
        except OSError:
            continue  # it has just been closed
    return None


def in_unit(pid: str, unit: str) -> bool:
    """Whether systemd runs this process for this unit."""
    return f"/{unit}" in text(PROC / pid / "cgroup")


def name_of(pid: str | None) -> str:
    """What a process is called, for people."""
    return f"{text(PROC / pid / 'comm').strip()} (process {pid})" if pid else "another program"


def text(path: Path) -> str:
    """A file's text; empty where there is none."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def unfit(certificate: str, key: str, names: list[str]) -> str:
    """Why a certificate and its key cannot be used for these names; empty when they can, or none is asked for.

    Clients find out by a handshake, so this is one, in memory: the certificate trusts itself here, since who
    signed it is its owner's business.
    """
    if not certificate:
        return ""
    for what, path in (("certificate", certificate), ("key", key)):
        if not Path(path).is_file():
            return f"there is no {what} at {path}"
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        server.load_cert_chain(certificate, key, password=no_password)
        client.load_verify_locations(certificate)
    except (ssl.SSLError, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error)
        return f"the certificate {certificate} and the key {key} do not belong together or are no PEM files ({reason})"
    for name in names:
        reason = refused(server, client, name)
        if reason:
            return f"the certificate {certificate} cannot be used for {name}: {reason}"
    return ""


def no_password() -> str:
    """Refuse a key that wants a password, instead of asking at a terminal."""
    raise ValueError("the key has a password")


def refused(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str:
    """Why a client that asks for this name turns the certificate down; empty when it does not."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=name),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    for _turn in range(10):
        waiting = False
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                waiting = True
            except ssl.SSLCertVerificationError as error:
                return error.verify_message.rstrip(".")
            except ssl.SSLError as error:
                return error.reason or str(error)
        if not waiting:
            return ""
    return "the handshake does not come to an end"


if __name__ == "__main__":
    sys.stdout.write(json.dumps(look(json.loads(sys.argv[1]))))
