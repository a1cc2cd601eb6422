# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the proxy on this host what it tells clients: `ask.py SECONDS ADDRESS PORT NAME AUTHORITY`.

Its names need not lead here (yet), so the address is given; the certificate is looked at as a client would, who
trusts the AUTHORITY (a PEM file) or, where that is empty, those of the system.
Prints nothing and ends with 0 when the answer is there in time, else with the reason.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import sys
import time


def ask(address: str, port: int, name: str, authority: str) -> str:
    """Why the proxy does not answer as it should; empty when it does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        if authority:
            context.load_verify_locations(authority)
        else:
            context.load_default_certs()
        with socket.create_connection((address, port), timeout=5) as plain:
            connection = http.client.HTTPSConnection(name, port, timeout=5)
            connection.sock = context.wrap_socket(plain, server_hostname=name)
            connection.request("GET", "/.well-known/matrix/client")
            answer = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    return "" if answer.status == http.client.OK else f"it answers with status {answer.status}"


def main(seconds: str, address: str, port: str, name: str, authority: str) -> int:
    """Ask until the answer is right or the time is over."""
    end = time.monotonic() + float(seconds)
    while reason := ask(address, int(port), name, authority):
        if time.monotonic() > end:
            sys.stderr.write(reason)
            return 1
        time.sleep(0.5)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
