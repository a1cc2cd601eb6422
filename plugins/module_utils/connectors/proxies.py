# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which proxy of the environment an address is asked through: read forgivingly, and never shown.

`NO_PROXY` may hold what others put there (ranges of addresses, addresses in brackets, ports): what fits an
address counts, and what means nothing to us is passed over. A proxy's address may hold a password, so that
errors name the variable and never its value.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from .errors import ConfigError

_KINDS = {"http": "http", "https": "https", "socks5": "socks5", "socks5h": "socks5", "socks": "socks5"}
"""Schemes that proxies are written with, and what they mean; `socks` is what desktops write."""

_SECURE = {"https": "https", "wss": "https", "http": "http", "ws": "http"}


@dataclass(frozen=True)
class Proxy:
    """A proxy and the variable that names it."""

    url: str
    variable: str

    def unusable(self) -> ConfigError:
        """The error to raise when it cannot be used."""
        return ConfigError(
            f"The environment variable {self.variable} is expected to name a proxy such as "
            "http://proxy.example.org:3128 or socks5://proxy.example.org:1080, and does not. "
            "Correct it, unset it, or add the host to NO_PROXY."
        )


def proxy_for(url: str, environ: Mapping[str, str] | None = None) -> Proxy | None:
    """The proxy for an http, https, ws or wss URL, or None; raises `ConfigError` for an unusable one."""
    values = os.environ if environ is None else environ
    parts = urlsplit(url)
    variable = _variable(_SECURE.get(parts.scheme, "all"), values)
    if variable is None or not parts.hostname or _goes_directly(parts.hostname, parts.port, values):
        return None
    named = values[variable].strip()
    scheme, separator, rest = named.partition("://")
    if not separator:
        scheme, rest = "http", named
    kind = _KINDS.get(scheme.lower())
    proxy = Proxy(f"{kind}://{rest}", variable)
    try:
        usable = kind is not None and bool(urlsplit(proxy.url).hostname) and urlsplit(proxy.url).port != 0
    except ValueError:
        usable = False
    if not usable:
        raise proxy.unusable()
    return proxy


def _variable(kind: str, values: Mapping[str, str]) -> str | None:
    names = (f"{kind}_proxy", f"{kind}_proxy".upper(), "all_proxy", "ALL_PROXY")
    return next((name for name in names if values.get(name, "").strip()), None)


def _goes_directly(host: str, port: int | None, values: Mapping[str, str]) -> bool:
    """Whether NO_PROXY excepts a host; our own host's loopback is nothing that a proxy could reach."""
    if host == "localhost" or _is_within(host, "127.0.0.0/8") or _is_within(host, "::1/128"):
        return True
    return any(_excepts(one, host, port) for one in _exceptions(values))


def _exceptions(values: Mapping[str, str]) -> Iterator[str]:
    for one in (values.get("no_proxy") or values.get("NO_PROXY") or "").split(","):
        if one.strip():
            yield one.strip().lower()


def _excepts(exception: str, host: str, port: int | None) -> bool:
    if exception == "*" or _is_within(host, exception.strip("[]")):
        return True
    name, _colon, its_port = exception.rpartition(":")
    if name and its_port.isdigit() and name.count(":") == 0:
        return str(port) == its_port and _excepts(name, host, None)
    suffix = exception.removeprefix("*").removeprefix(".")
    return bool(suffix) and (host == suffix or host.endswith(f".{suffix}"))


def _is_within(host: str, network: str) -> bool:
    try:
        return ip_address(host.partition("%")[0]) in ip_network(network, strict=False)
    except ValueError:
        return False
