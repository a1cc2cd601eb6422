# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP: routes, tokens, bodies and errors (src/main.rs, src/api/ruma_wrapper/axum.rs)."""

from __future__ import annotations

import contextlib
import importlib
import json
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from errors import MatrixError
from version import has_rate_limits
from world import World

CLIENT = "/_matrix/client"
VERSIONS = ["r0.5.0", "r0.6.0", *(f"v1.{minor}" for minor in range(1, 13))]
# Of Conduit 0.11: how many at once, and how many in a day after that.
LIMITS = {"login": (20, 5), "registration": (10, 3)}


@dataclass
class Raw:
    """An answer that is no JSON."""

    content: bytes


@dataclass
class Request:
    """What is asked, and by whom."""

    query: dict[str, str]
    raw: bytes
    body: dict[str, Any] = field(default_factory=dict)
    user_id: str = ""
    device_id: str = ""

    def number(self, name: str, default: int) -> int:
        """A number of the query; what is none counts as the default, as Conduit has it."""
        try:
            return int(self.query[name])
        except (KeyError, ValueError):
            return default

    def shown(self, event: dict[str, Any]) -> dict[str, Any]:
        """An event as this device gets it: it alone sees its transaction ids."""
        shown = {key: value for key, value in event.items() if key not in ("count", "device")}
        if event.get("device") != self.device_id or event["sender"] != self.user_id:
            shown["unsigned"] = {}
        return shown

    def stripped(self, event: dict[str, Any]) -> dict[str, Any]:
        """A piece of the state as somebody gets it who is only invited."""
        return {key: event[key] for key in ("type", "sender", "content", "state_key")}


@dataclass
class Route:
    """One endpoint."""

    method: str
    pattern: re.Pattern[str]
    handler: Callable[..., Any]
    auth: bool
    limit: str | None


ROUTES: list[Route] = []
Handler = Callable[..., Any]


def route(
    method: str,
    path: str,
    *,
    auth: bool = False,
    version: str = "v3",
    base: str | None = None,
    limit: str | None = None,
) -> Callable[[Handler], Handler]:
    """Make a function answer requests; `{name}` in the path becomes its argument."""
    full = (f"{CLIENT}/{version}" if base is None else base) + path
    pattern = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(full)) + "/?$")

    def register(handler: Handler) -> Handler:
        ROUTES.append(Route(method, pattern, handler, auth, limit))
        return handler

    return register


@route("GET", "/versions", base=CLIENT)
def versions(world: World, request: Request) -> dict:
    """Whether it answers at all."""
    return {"versions": VERSIONS, "unstable_features": {}}


@route("GET", "/.well-known/matrix/client", base="")
def well_known(world: World, request: Request) -> dict:
    """Always served."""
    client = (world.settings.get("well_known") or {}).get("client") or f"https://{world.server_name}"
    return {"m.homeserver": {"base_url": client}}


@route("GET", "/capabilities", auth=True)
def capabilities(world: World, request: Request) -> dict:
    """Version 12 is the default of rooms."""
    stable = dict.fromkeys((str(number) for number in range(6, 13)), "stable")
    return {"capabilities": {"m.room_versions": {"default": "12", "available": stable}}}


class Buckets:
    """The rate limits of 0.11, by the address that a proxy names."""

    def __init__(self) -> None:
        self._full: dict[tuple[str, str], tuple[float, float]] = {}

    def take(self, kind: str, address: str) -> None:
        """Count a request; raises 429 when there were too many."""
        burst, per_day = LIMITS[kind]
        level, at = self._full.get((kind, address), (0.0, time.monotonic()))
        now = time.monotonic()
        level = max(0.0, level - (now - at) * per_day / 86400)
        if level + 1 > burst:
            wait = int((level + 1 - burst) * 86400 / per_day * 1000)
            raise MatrixError(429, "M_LIMIT_EXCEEDED", "Too many requests", retry_after_ms=wait)
        self._full[(kind, address)] = (level + 1, now)


def make_handler(world: World) -> type[BaseHTTPRequestHandler]:
    """The class that answers requests about `world`."""
    buckets = Buckets()

    class Answerer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            try:
                status, document = 200, self._handle()
            except MatrixError as error:
                status, document = error.status, error.body
            content = document.content if isinstance(document, Raw) else json.dumps(document).encode()
            with contextlib.suppress(ConnectionError):
                self.send_response(status)
                self.send_header(
                    "Content-Type",
                    "application/octet-stream" if isinstance(document, Raw) else "application/json",
                )
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer

        def _handle(self) -> Any:
            parts = urlsplit(self.path)
            if (
                parts.path.startswith(("/_matrix/federation/", "/_matrix/key/"))
                or parts.path == "/.well-known/matrix/server"
            ):
                raise MatrixError(500, "M_UNKNOWN", "Federation is disabled.")
            request = Request(dict(parse_qsl(parts.query)), self._body())
            path = parts.path.replace("/_matrix/client/r0/", f"{CLIENT}/v3/")
            fitting = [(found, one) for one in ROUTES if (found := one.pattern.match(path))]
            chosen = next(((found, one) for found, one in fitting if one.method == self.command), None)
            if chosen is None:
                raise MatrixError(405 if fitting else 404, "M_UNRECOGNIZED", "Unrecognized request")
            found, endpoint = chosen
            with world.news:
                self._authenticate(request, endpoint)
                if endpoint.limit and has_rate_limits():
                    buckets.take(endpoint.limit, self.headers.get("X-Forwarded-For", self.client_address[0]))
                arguments = {name: unquote(value) for name, value in found.groupdict().items()}
                return endpoint.handler(world, request, **arguments)

        def _body(self) -> bytes:
            length = int(self.headers.get("Content-Length") or 0)
            if length > world.settings["max_request_size"]:
                self.close_connection = True
                raise MatrixError(401, "M_MISSING_TOKEN", "Missing token.")
            return self.rfile.read(length)

        def _authenticate(self, request: Request, endpoint: Route) -> None:
            scheme, _space, token = (self.headers.get("Authorization") or "").partition(" ")
            owner = world.owner(token) if scheme == "Bearer" else None
            if scheme == "Bearer" and owner is None:
                raise MatrixError(401, "M_UNKNOWN_TOKEN", "Unknown access token.", soft_logout=False)
            if endpoint.auth and owner is None:
                if "access_token" in request.query and world.owner(request.query["access_token"]) is None:
                    raise MatrixError(500, "M_UNKNOWN", "Internal server error")
                owner = world.owner(request.query.get("access_token", ""))
                if owner is None:
                    raise MatrixError(401, "M_MISSING_TOKEN", "Missing access token.")
            if owner is not None:
                request.user_id, request.device_id = owner
            with contextlib.suppress(ValueError):
                document = json.loads(request.raw)
                request.body = document if isinstance(document, dict) else {}
            if (
                endpoint.method in ("POST", "PUT")
                and request.raw[:1] not in (b"{", b"")
                and "/media/" not in self.path
            ):
                raise MatrixError(400, "M_NOT_JSON", "Not json.")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing: the path of a request may hold more than a log should."""

    return Answerer


def serve(settings: dict[str, Any], world: World) -> None:
    """Answer requests until the process is told to end."""
    for module in ("accounts", "media", "rooms", "timeline"):
        importlib.import_module(module)  # it registers its routes
    ThreadingHTTPServer.daemon_threads = True
    try:
        server = ThreadingHTTPServer((settings["address"], settings["port"]), make_handler(world))
    except OSError as error:
        sys.stderr.write(
            f"ERROR conduit: cannot bind {settings['address']}:{settings['port']}: {error.strerror}\n"
        )
        sys.exit(1)
    sys.stderr.write(f"INFO conduit: listening on {settings['address']}:{settings['port']}\n")
    server.serve_forever()
