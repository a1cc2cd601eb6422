# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Media: uploaded by the old path, downloaded with a token alone (src/api/client_server/media.rs)."""

from __future__ import annotations

import secrets
from pathlib import Path

from errors import not_found
from server import Raw, Request, route
from world import World

NAME_LENGTH = 32


def _file(world: World, name: str) -> Path:
    return Path(world.settings["database_path"], "media", name)


@route("POST", "/upload", auth=True, base="/_matrix/media/v3")
def upload(world: World, request: Request) -> dict:
    """Keep a file."""
    name = secrets.token_hex(NAME_LENGTH // 2)
    _file(world, name).parent.mkdir(exist_ok=True)
    _file(world, name).write_bytes(request.raw)
    return {"content_uri": f"mxc://{world.server_name}/{name}"}


@route("GET", "/media/download/{server}/{name}", auth=True, version="v1")
def download(world: World, request: Request, server: str, name: str) -> Raw:
    """Give it back."""
    if (
        server != world.server_name
        or len(name) != NAME_LENGTH
        or not name.isalnum()
        or not _file(world, name).exists()
    ):
        raise not_found("Media not found.")
    return Raw(_file(world, name).read_bytes())


@route("GET", "/media/config", auth=True, version="v1")
@route("GET", "/config", auth=True, base="/_matrix/media/v3")
def limits(world: World, request: Request) -> dict:
    """How large a file may be."""
    return {"m.upload.size": world.settings["max_request_size"]}
