# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a URL of somebody else may lead: to the public internet, and not to what only this host can reach.

Whoever may send a message may name a URL that the bridge loads. Loopback, private and link-local addresses would let
him read services of this host and its network, and have them posted into the room.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import socket
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from .errors import AttachmentError, ConfigError, UnreachableError
from .proxies import proxy_for

NETWORKS_VARIABLE = "MOSAIC_ATTACHMENT_NETWORKS"
"""The environment variable that names networks, separated by commas, which are not public and may be loaded from."""

Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"


async def addressed(url: Any) -> tuple[Any, dict[str, Any]]:
    """An httpx URL with its host as the address that was looked at, and the extensions that keep its name for TLS.

    Connecting by the name once more could lead elsewhere. A proxy resolves by itself, and is given the name. Raises
    `AttachmentError` for a host that is not public, `UnreachableError` for one that does not resolve.
    """
    allowed = allowed_networks()
    literal = _literal(url.host)
    if literal is None and proxy_for(str(url)) is not None:
        return url, {}
    found = (
        [literal]
        if literal
        else await _resolved(url.host, url.port or (443 if url.scheme == "https" else 80))
    )
    for address in found:
        if not is_public(address, allowed):
            raise AttachmentError(
                f"The attachment {url} leads to {address}, which is no public address. "
                f"Load it yourself and attach the file, or name its network in {NETWORKS_VARIABLE}."
            )
    return url.copy_with(host=str(found[0])), {"sni_hostname": url.host}


def is_public(address: Address, allowed: Iterable[Network]) -> bool:
    """Whether an address is one of the public internet, or in a network that is allowed."""
    inner = getattr(address, "ipv4_mapped", None) or getattr(address, "sixtofour", None) or address
    public = inner.is_global and not inner.is_multicast and address.is_global
    return public or any(one.version == inner.version and inner in one for one in allowed)


def allowed_networks(environ: Mapping[str, str] | None = None) -> list[Network]:
    """The networks that the environment allows; raises `ConfigError`."""
    named = (os.environ if environ is None else environ).get(NETWORKS_VARIABLE, "")
    try:
        return [ipaddress.ip_network(one.strip()) for one in named.split(",") if one.strip()]
    except ValueError as error:
        raise ConfigError(
            f"{NETWORKS_VARIABLE} is expected to name networks such as 10.1.0.0/16, separated by commas: {error}."
        ) from error


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


async def _resolved(host: str, port: int) -> list[Address]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise UnreachableError(f"The host {host} of an attachment is not found: {error}.") from error
    return [address for one in found if (address := _literal(str(one[4][0])))]
