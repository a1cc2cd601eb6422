# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role conduit: its settings, where its executable comes from, and what is on the host already.

A host is looked at by the role's files/look.py.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..speech import at_least, show, whole
from ..values import Values

FLOOR = "0.10.12"
"""CVE-2025-68667 was fixed in 0.10.10, CVE-2026-24471 in 0.10.11, and 0.10.12 ignores a signing key that leaked."""
_DATA = "/var/lib/mosaic-conduit"
_OWN = {
    *("address", "allow_federation", "allow_registration", "database_backend", "database_path", "port"),
    *("rate_limiting", "registration_token", "server_name"),
}
"""What the role has variables of its own for."""
_KNOWN = (
    *(
        "allow_check_for_updates",
        "allow_encryption",
        "allow_jaeger",
        "allow_room_creation",
        "allow_unstable_room_versions",
    ),
    *(
        "cleanup_second_interval",
        "conduit_cache_capacity_modifier",
        "db_cache_capacity_mb",
        "default_room_version",
    ),
    *("enable_lightning_bolt", "ignored_keys", "ip_address_detection", "log", "max_concurrent_requests"),
    *(
        "max_fetch_prev_events",
        "max_request_size",
        "media",
        "openid_token_ttl",
        "pdu_cache_capacity",
        "proxy",
    ),
    *(
        "rocksdb_max_open_files",
        "tls",
        "tracing_flame",
        "trusted_servers",
        "turn",
        "turn_ttl",
        "turn_uris",
        "turn_username",
    ),
    "well_known",
)
"""From Conduit's src/config/mod.rs."""
_NESTED = {
    "media": {"backend", "directory_structure", "path", "retention"},
    "tls": {"certs", "key"},
    "turn": {"ttl", "uris", "username"},
    "well_known": {"client", "server"},
}
_SECRET = ("emergency_password", "jwt_secret", "turn", "turn_password", "turn_secret")
_SECRET_NESTED = {"turn": {"password", "secret"}}
_LIMITS = {"client", "federation", "preset"}


def name(values: Values) -> Iterator[str]:
    """Matrix allows the server's name."""
    if not whole(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?", found := values["conduit_server_name"]):
        yield f"conduit_server_name is expected to be a host name, with a port at most, found {show(found)}."


def port(values: Values) -> Iterator[str]:
    """There is such a port."""
    if not 0 < (found := values["conduit_port"]) < 65536:
        yield f"conduit_port must be a port, from 1 to 65535, but is {found}."


def token(values: Values) -> Iterator[str]:
    """Conduit starts with the registration token."""
    if values.is_given("conduit_registration_token") and not values["conduit_registration_token"]:
        yield (
            "conduit_registration_token is empty, and Conduit does not start with an empty token. Write one, or leave it out for a "
            "random one."
        )


def own_settings(values: Values) -> Iterator[str]:
    """No setting contradicts a variable."""
    if taken := sorted(_OWN & set(values["conduit_settings"])):
        yield (
            f"conduit_settings is expected to hold what the role has no variable for, and holds {', '.join(taken)}. Use "
            "conduit_server_name, conduit_address, conduit_port, conduit_database_backend, conduit_allow_federation or "
            "conduit_rate_limits; registration is opened and closed by the role alone."
        )


def known_settings(values: Values) -> Iterator[str]:
    """Conduit knows each setting."""
    settings, secret = values["conduit_settings"], values["conduit_secret_settings"]
    unknown = [
        *(key for key in settings if key not in {*_KNOWN, *_OWN}),
        *_unknown_below(settings, _NESTED),
        *(key for key in secret if key not in _SECRET),
        *_unknown_below(secret, _SECRET_NESTED),
        *(key for key in values["conduit_rate_limits"] if key not in _LIMITS),
    ]
    if unknown:
        yield (
            f"Conduit does not know {', '.join(map(str, unknown))}, and would ignore it without a word. Correct it: it knows "
            f"{', '.join(_KNOWN)} in conduit_settings, {', '.join(_SECRET)} in conduit_secret_settings (with password and secret of "
            "turn), and client, federation and preset in conduit_rate_limits."
        )


def _unknown_below(settings: Mapping[str, Any], nested: Mapping[str, set[str]]) -> Iterator[str]:
    for key, known in nested.items():
        yield from (inner for inner in _table(settings, key) if inner not in known)


def tables(values: Values) -> Iterator[str]:
    """What Conduit reads as a table is one."""
    for variable, nested in (("conduit_settings", _NESTED), ("conduit_secret_settings", _SECRET_NESTED)):
        wrong = [key for key in nested if not isinstance(values[variable].get(key, {}), Mapping)]
        if wrong:
            yield f"Each of {', '.join(wrong)} in {variable} must be a mapping. Write its settings below it."


def media(values: Values) -> Iterator[str]:
    """Conduit may write where its media are to be."""
    path = str(_table(values["conduit_settings"], "media").get("path", f"{_DATA}/media"))
    if not path.startswith(f"{_DATA}/"):
        yield (
            f"conduit_settings.media.path is expected to be below {_DATA}, where alone Conduit's service may write, found {path}. Mount "
            "what is to hold the media there, or leave it out."
        )


def secrets(values: Values) -> Iterator[str]:
    """A secret is a text."""
    settings = values["conduit_secret_settings"]
    flat = [value for key, value in settings.items() if key != "turn"]
    if not all(isinstance(value, str) for value in [*flat, *_table(settings, "turn").values()]):
        yield "Every one of conduit_secret_settings is expected to be a text, and one is a number: put it between quotes."


def version(values: Values) -> Iterator[str]:
    """The version is one, and a safe one."""
    if not whole(r"[0-9]+(\.[0-9]+)+[0-9A-Za-z.+~-]*", found := values["conduit_version"]):
        yield f"conduit_version must be a version, such as 0.10.16, but is {show(found)}."
    elif not at_least(found, FLOOR):
        yield (
            f"Conduit {found} has known security holes (CVE-2025-68667, CVE-2026-24471), and {FLOOR} or newer is expected as "
            "conduit_version; 0.10.16 is recommended."
        )
    elif values["conduit_rate_limits"] and not at_least(found, "0.11.0"):
        yield (
            f"conduit_rate_limits needs Conduit 0.11 or newer, and conduit_version is {found}, which has no rate limits and would ignore "
            "them without a word. Leave them out, or upgrade."
        )


def executable(values: Values) -> Iterator[str]:
    """What is installed is known by its digest, or is a file of the controller."""
    digest, binary = values["conduit_sha256"], values["conduit_binary"]
    url = re.sub(r"^(https?://)[^/@]*@", r"\1", values["conduit_url"])
    source = _path(values) or url or f"upstream's Conduit {values['conduit_version']}"
    there = bool(binary) and Path(source).is_file()
    if binary and not there:
        yield f"conduit_binary is expected to be a file on the controller, and there is none at {source}."
    if (digest or not binary) and not whole("[0-9A-Fa-f]{64}", digest):
        yield (
            f"conduit_sha256 is expected to be the SHA-256 of {source}, which are 64 hexadecimal digits, found {show(digest)}. Upstream "
            "publishes none: download the file once, look at it, and note what sha256sum says; or give a file of the controller as "
            "conduit_binary."
        )
    elif there and digest and (found := _digest(values)) != digest.lower():
        yield f"{source} is expected to have the SHA-256 {digest} and has {found}."


def server(values: Values, look: Mapping[str, Any]) -> Iterator[str]:
    """The homeserver that is there keeps its name, its database and a way to look up names."""
    wanted, backend = values["conduit_server_name"], values["conduit_database_backend"]
    if look["server_name"] not in ("", wanted):
        yield (
            f"The homeserver on {values.host} is called {look['server_name']}, and conduit_server_name says {wanted}. The name is part of "
            "every account and room and cannot be changed: give the old name, or make a new homeserver on another host."
        )
    if others := [kind for kind in look["database"] if kind != backend]:
        yield (
            f"The homeserver on {values.host} keeps its data in {' and '.join(look['database'])}, and conduit_database_backend says "
            f"{backend}. Conduit cannot move from one to the other: give {others[0]}, or make a new homeserver on another host."
        )
    if not look["resolver"]:
        yield f"Conduit does not start without an /etc/resolv.conf, and {values.host} has none or an empty one. Write one."


def removal(values: Values, look: Mapping[str, Any]) -> Iterator[str]:
    """Data is removed by those alone who say whose it is."""
    owner, named = look["server_name"] or values["conduit_server_name"], values["conduit_remove_data_of"]
    if values["conduit_remove_data"] and named != owner:
        yield (
            f"conduit_remove_data would remove every account, room and message of {owner} for ever, and conduit_remove_data_of is expected "
            f"to repeat that name, found {show(named)}. Write it there, or leave conduit_remove_data out to keep the data."
        )


def program(values: Values, look: Mapping[str, Any]) -> Iterator[str]:
    """The wanted version can follow the one that is there, and runs on the host."""
    wanted, there = values["conduit_version"], look["version"]
    if there and not at_least(wanted, there):
        yield (
            f"{values.host} has Conduit {there}, and conduit_version says {wanted}. An older Conduit cannot read the database of a newer "
            f"one. Give {there} or newer, or restore a backup that was made with the older one."
        )
    elif (
        look["executable"] and look["stamp"] == f"{_digest(values)} {look['executable']}" and there != wanted
    ):
        yield (
            f"The Conduit that is asked for is installed on {values.host} and says that it is {there}, and conduit_version says {wanted}. "
            f"Correct conduit_version, or name the file of {wanted}."
        )
    if not (values["conduit_binary"] or values["conduit_url"]) and look["machine"] not in (
        "x86_64",
        "aarch64",
    ):
        yield (
            f"Upstream has Conduit for x86_64 and aarch64, and {values.host} is {look['machine']}. Build it, and give its path as "
            "conduit_binary."
        )


def _path(values: Values) -> str:
    """The operator's path of the executable, as the role reads it; empty where none is given."""
    binary = values["conduit_binary"]
    return os.path.realpath(os.path.expanduser(binary)) if binary else ""  # noqa: PTH111 - as Ansible's filters do


def _digest(values: Values) -> str:
    if not (path := _path(values)):
        return str(values["conduit_sha256"]).lower()
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError:
        return ""


def _table(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    table = settings.get(key)
    return table if isinstance(table, Mapping) else {}


VARIABLES = (name, port, token, own_settings, known_settings, tables, media, secrets, version, executable)
DATA = (server,)
REMOVAL = (removal,)
PROGRAM = (program,)
