# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Something to put a proxy in front of: `upstream.py NAME=PORT …` answers every request with what came in, in JSON.

`?wait=SECONDS` has it take its time first.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Echo(BaseHTTPRequestHandler):
    """Which of the upstreams it was, and what it was asked."""

    protocol_version = "HTTP/1.1"
    name: str

    def do_GET(self) -> None:
        """Answer."""
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = parse_qs(urlsplit(self.path).query)
        time.sleep(float(query.get("wait", ["0"])[0]))
        body = json.dumps({"name": self.name, "path": self.path, "headers": dict(self.headers)}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_PUT = do_GET


def serve(spec: str) -> threading.Thread:
    """One upstream in a thread of its own."""
    name, port = spec.split("=")
    handler = type(name, (Echo,), {"name": name})
    thread = threading.Thread(target=ThreadingHTTPServer(("127.0.0.1", int(port)), handler).serve_forever)
    thread.start()
    return thread


if __name__ == "__main__":
    for running in [serve(spec) for spec in sys.argv[1:]]:
        running.join()
