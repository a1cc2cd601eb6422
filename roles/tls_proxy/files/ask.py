# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the proxy on this host what it tells clients: `ask.py SECONDS ADDRESS PORT NAME AUTHORITY`.

Its names need not lead here (yet), so the address is given; the certificate is looked at as a client would, who
trusts the AUTHORITY (a PEM file) or, where that is empty, those of the system.
When the answer is there in time it ends with 0, and prints how long the certificate is good for in all and how long
from now on, in seconds; else it says the reason.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import sys
import time


def ask(address: str, port: int, name: str, authority: str) -> tuple[str, str]:
    """Why the proxy does not answer as it should, empty when it does; and how long its certificate is good."""
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
            certificate = connection.sock.getpeercert() or {}
            connection.request("GET", "/.well-known/matrix/client")
            answer = connection.getresponse()
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__, ""
    if answer.status != http.client.OK:
        return f"it answers with status {answer.status}", ""
    begin, end = (ssl.cert_time_to_seconds(str(certificate[field])) for field in ("notBefore", "notAfter"))
    return "", f"{end - begin:.0f} {end - time.time():.0f}"


def main(seconds: str, address: str, port: str, name: str, authority: str) -> int:
    """Ask until the answer is right or the time is over."""
    end = time.monotonic() + float(seconds)
    while True:
        reason, good = ask(address, int(port), name, authority)
        if not reason:
            sys.stdout.write(good)
            return 0
        if time.monotonic() > end:
            sys.stderr.write(reason)
            return 1
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
