# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role tls_proxy: its names, addresses and certificate, and what is on the host already.

A host is looked at by the role's files/look.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..speech import at_least, show, whole
from ..values import Values

_NAME = r"(?=.*[A-Za-z])[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?"
_UPSTREAM = r"([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):[0-9]{1,5}"
_ADDRESS = r"[0-9]{1,3}([.][0-9]{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*"
_PATH = "/[A-Za-z0-9._/@:+-]+"
_ONE_EVENT = 65536
_ONE_POLL = 60


def names(values: Values) -> Iterator[str]:
    """Clients can ask for its names."""
    given = values["tls_proxy_names"]
    if not given or not all(whole(_NAME, name) for name in given):
        yield (
            "tls_proxy_names is expected to hold one host name or more, without scheme, port or wildcard, and no address, found "
            f"{show(given)}."
        )


def upstreams(values: Values) -> Iterator[str]:
    """There is a homeserver to pass requests on to."""
    wrong = [
        where
        for where in (values["tls_proxy_upstream"], *values["tls_proxy_workers"])
        if not whole(_UPSTREAM, where)
    ]
    if wrong:
        yield (
            "tls_proxy_upstream and each of tls_proxy_workers is expected to be an address and a port, as 127.0.0.1:8008, found "
            f"{', '.join(map(show, wrong))}."
        )


def addresses(values: Values) -> Iterator[str]:
    """It listens on addresses."""
    if wrong := [address for address in values["tls_proxy_addresses"] if not whole(_ADDRESS, address)]:
        yield f"tls_proxy_addresses is expected to hold addresses of the host, found {', '.join(map(show, wrong))}."


def ports(values: Values) -> Iterator[str]:
    """It listens on ports, each another one."""
    wanted = _ports(values)
    if len(set(wanted)) != len(wanted) or min(wanted) < 1 or max(wanted) > 65535:
        yield (
            "tls_proxy_https_port, tls_proxy_federation_port and 80 (when tls_proxy_redirect_http) are expected to be ports and each "
            f"another one, found {', '.join(map(str, wanted))}."
        )


def limits(values: Values) -> Iterator[str]:
    """An event and a poll come through."""
    body, answer = values["tls_proxy_max_body"], values["tls_proxy_answer_timeout"]
    if body < _ONE_EVENT or answer < _ONE_POLL:
        yield (
            f"tls_proxy_max_body is expected to be {_ONE_EVENT} bytes, one Matrix event, or more, and tls_proxy_answer_timeout {_ONE_POLL} "
            f"seconds or more, so that polls come to their end; found {body} and {answer}."
        )


def public_url(values: Values) -> Iterator[str]:
    """Clients are told a URL."""
    if not whole(r"(https://[^/@\s`{}]+)?", url := values["tls_proxy_public_url"]):
        yield f"tls_proxy_public_url is expected to be https:// and a host name, with a port at most, found {show(url)}."


def files(values: Values) -> Iterator[str]:
    """The files of a certificate are named when they are used."""
    kind, paths = (
        values["tls_proxy_certificate"],
        [values["tls_proxy_certificate_path"], values["tls_proxy_key_path"]],
    )
    wrong = [path for path in paths if not whole(_PATH, path)]
    if kind == "files" and wrong:
        yield (
            "tls_proxy_certificate is files, so tls_proxy_certificate_path and tls_proxy_key_path are expected to be paths on the host, of "
            f"letters, digits and ._/@:+-, found {', '.join(map(show, wrong))}."
        )
    if kind != "files" and any(paths):
        yield (
            "tls_proxy_certificate_path or tls_proxy_key_path is given, and tls_proxy_certificate, which is expected to be files then, is "
            f"{kind}."
        )


def public_authority(values: Values) -> Iterator[str]:
    """A public authority knows the names, and comes to the ports."""
    if values["tls_proxy_certificate"] != "acme":
        return
    if private := [name for name in values["tls_proxy_names"] if "." not in name]:
        yield (
            "tls_proxy_certificate is acme, so each of tls_proxy_names is expected to be a name that the whole world looks up, found "
            f"{', '.join(private)}. Use internal for names of a private network."
        )
    port, redirects = values["tls_proxy_https_port"], values["tls_proxy_redirect_http"]
    if port != 443 and not redirects:
        yield (
            "tls_proxy_certificate is acme, and the authority looks at port 443 or 80: tls_proxy_https_port is expected to be 443, or "
            f"tls_proxy_redirect_http to be true, found {port} and {redirects}."
        )
    directory, email = values["tls_proxy_acme_directory"], values["tls_proxy_acme_email"]
    if not whole(r"(https://[^\s{}]+)?", directory) or not whole(r"([^\s@{}]+@[^\s@{}]+)?", email):
        yield (
            "tls_proxy_acme_directory is expected to be a URL that begins with https://, and tls_proxy_acme_email an address, found "
            f"{show(directory)} and {show(email)}."
        )


def program(values: Values, look: Mapping[str, Any]) -> Iterator[str]:
    """Caddy can be had, and can listen and show the certificate."""
    host, wanted, there = values.host, ", ".join(map(str, _ports(values))), look["version"]
    caddy = values["tls_proxy_executable"]
    if look["taken"]:
        yield (
            f"The proxy is to listen on {wanted} of {host}, and there is taken: {', '.join(look['taken'])}. Stop that program, or choose "
            "other ports or addresses."
        )
    if look["unfit"]:
        yield (
            f"A certificate is expected on {host} that is good for {', '.join(values['tls_proxy_names'])}, and {look['unfit']}. Correct "
            "tls_proxy_certificate_path, tls_proxy_key_path or tls_proxy_names."
        )
    if there and not at_least(there, "2.6.0"):
        yield (
            f"Caddy 2.6 or newer is expected at {caddy} on {host}, found {there}. Upgrade it, or name another one as tls_proxy_executable."
        )
    if not there and not values["tls_proxy_packages"]:
        yield (
            f"tls_proxy_packages is empty, so Caddy is expected at {caddy} on {host}, and there is none. Put it there, or leave "
            "tls_proxy_packages out."
        )


def _ports(values: Values) -> list[int]:
    return [
        values["tls_proxy_https_port"],
        *([80] if values["tls_proxy_redirect_http"] else []),
        *([values["tls_proxy_federation_port"]] if values["tls_proxy_federation"] else []),
    ]


VARIABLES = (names, upstreams, addresses, ports, limits, public_url, files, public_authority)
PROGRAM = (program,)
