# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one place where an HTTP client is made: no variable of the environment can break it.

httpx reads the proxies and authorities of the environment by itself, and fails in many ways over one of
them that it does not understand. Here they are read by us, for the one address that is asked.
"""

from __future__ import annotations

import logging
import os
import ssl
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .bodies import ASKED_ENCODING
from .errors import ConfigError
from .proxies import Proxy, proxy_for
from .thirdparty import require

if TYPE_CHECKING:
    import httpx

USER_AGENT = "mosaic-connectors"

CA_PATH_VARIABLE = "MOSAIC_CA_PATH"
"""Names a PEM file that every kind trusts in addition to the system's authorities."""

_AUTHORITIES_VARIABLE = "SSL_CERT_FILE"

_log = logging.getLogger(__name__)


def make_client(
    url: str,
    *,
    user_agent: str = USER_AGENT,
    accept: str = "*/*",
    trust: ssl.SSLContext | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """A client for the server of `url` that follows no redirect and asks for bodies as they are.

    `trust` is the TLS context for an https URL, by default the system's authorities; `transport` lets a test
    answer at the wire. Raises `ConfigError` for an unusable URL, or a proxy in the environment that is unusable
    for it, and `MissingLibraryError` for a SOCKS proxy without its library.
    """
    module = require("httpx")
    check_url(url)
    options: dict[str, Any] = {"transport": transport}
    if transport is None:
        secure = url.startswith("https:")
        options["verify"] = (trust or tls_context()) if secure else _trust_nobody()
        options["proxy"] = _proxy(proxy_for(url))
    else:
        options["verify"] = _trust_nobody()
    client: httpx.AsyncClient = module.AsyncClient(
        headers={"User-Agent": user_agent, "Accept": accept, **ASKED_ENCODING},
        follow_redirects=False,
        trust_env=False,
        **options,
    )
    return client


def check_url(url: str) -> None:
    """Raise `ConfigError` for a URL whose host or port no client can ask for."""
    module = require("httpx")
    try:
        # The host is decoded when it is asked for, which fails on a name that is no IDNA.
        _host = module.URL(url).host
    except (module.InvalidURL, ValueError) as error:
        raise ConfigError(
            f"A URL is expected, found {url!r}: {error}. Correct its host name or port."
        ) from error


def tls_context(validate_certs: bool = True, ca_path: str | None = None) -> ssl.SSLContext:
    """What to trust: the system's authorities and those in the PEM file `ca_path`; raises `ConfigError`.

    Made once per process and file, since reading some hundred authorities takes a tenth of a second.
    """
    if ca_path is None:
        return _context(validate_certs, None, None)
    path = str(Path(ca_path).expanduser())
    try:
        facts = Path(path).stat()
        return _context(validate_certs, path, (facts.st_mtime_ns, facts.st_size, facts.st_ino))
    except OSError as error:  # ssl.SSLError is one
        raise ConfigError(
            f"ca_path is expected to be a readable file of PEM certificates, found {ca_path!r}: {error}"
        ) from error


@lru_cache(maxsize=8)
def _context(validate_certs: bool, ca_path: str | None, _as_it_is: tuple[int, ...] | None) -> ssl.SSLContext:
    """`_as_it_is` tells a file from the one that had its name before."""
    context = _system_context()
    if ca_path is not None:
        context.load_verify_locations(cafile=ca_path)
    if not validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _system_context() -> ssl.SSLContext:
    try:
        context = ssl.create_default_context()
    except OSError:  # SSLKEYLOGFILE names what cannot be written
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_default_certs()
    named = os.environ.get(_AUTHORITIES_VARIABLE)
    if named and not os.access(named, os.R_OK):
        # OpenSSL passes over it in silence, and then nothing is trusted at all.
        _log.warning(
            "%s names no readable file; the system's own authorities are taken", _AUTHORITIES_VARIABLE
        )
        places = ssl.get_default_verify_paths()
        if os.access(places.openssl_cafile, os.R_OK):
            context.load_verify_locations(cafile=places.openssl_cafile)
    return context


@lru_cache(maxsize=1)
def _trust_nobody() -> ssl.SSLContext:
    """For an address without TLS, where httpx wants a context all the same: it reads no file."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _proxy(found: Proxy | None) -> Any:
    if found is None:
        return None
    if found.url.startswith("socks5:"):
        require("socksio")
    module = require("httpx")
    secure = {"ssl_context": tls_context()} if found.url.startswith("https:") else {}
    try:
        return module.Proxy(found.url, **secure)
    except (module.InvalidURL, ValueError) as error:
        raise found.unusable() from error
