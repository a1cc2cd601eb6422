# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role synapse: its federation, its database and workers, and what is on the host already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..speech import at_least, show, whole
from ..values import Values

_SERVER_NAME = r"[A-Za-z0-9.-]+(:[0-9]{1,5})?"
_CERTIFICATE = r"\s*-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\s*"
_MOST_WORKERS = 8
_TAKEN = (
    *("database", "databases", "redis", "instance_map", "stream_writers"),
    *("worker_replication_secret", "worker_replication_secret_path"),
)
_DATABASE = "mosaic-synapse"
_ENGINES = {"sqlite3": "sqlite", "psycopg2": "postgresql"}


def name(values: Values) -> Iterator[str]:
    """Matrix allows the server's name."""
    if not whole(_SERVER_NAME, found := values["synapse_server_name"]):
        yield f"synapse_server_name is expected to be a host name, with a port at most, found {show(found)}."


def version(values: Values) -> Iterator[str]:
    """The version is one."""
    if not whole(r"[0-9]+(\.[0-9]+)+[0-9A-Za-z.+-]*", found := values["synapse_version"]):
        yield f"synapse_version must be a version, such as 1.163.2, but is {show(found)}."


def listening(values: Values) -> Iterator[str]:
    """It listens somewhere."""
    if not values["synapse_bind_addresses"]:
        yield "synapse_bind_addresses is expected to name one address at least. Leave it out for loopback."
    if not 0 < (port := values["synapse_port"]) < 65536:
        yield f"synapse_port must be a port, from 1 to 65535, but is {port}."


def federation(values: Values) -> Iterator[str]:
    """It federates with those on a list, or with nobody."""
    on, allowed = values["synapse_federation"], values["synapse_federation_domain_whitelist"]
    if on and not allowed:
        yield "synapse_federation is on, and synapse_federation_domain_whitelist is expected to name the homeservers to talk to, and is empty."
    if allowed and not on:
        yield (
            "synapse_federation_domain_whitelist names homeservers to talk to, and synapse_federation, which is expected to be true then, "
            "is not."
        )
    if wrong := [server for server in allowed if not whole(_SERVER_NAME, server)]:
        yield (
            "synapse_federation_domain_whitelist is expected to hold server names, as they stand behind the colon of an account, and holds "
            f"{', '.join(wrong)}. Synapse knows no wildcards here."
        )


def authorities(values: Values) -> Iterator[str]:
    """Their authorities are certificates, and are of use."""
    given = values["synapse_federation_authorities"]
    if wrong := [text for text in given if not whole(_CERTIFICATE, text)]:
        yield (
            "Each of synapse_federation_authorities is expected to be one certificate in PEM, its text and not its path, found "
            f"{show(wrong[0][:30])}…"
        )
    if given and not values["synapse_federation"]:
        yield "synapse_federation_authorities is given, and synapse_federation, which is expected to be true then, is not."


def workers(values: Values) -> Iterator[str]:
    """There are as many workers as the database can bear, with ports of their own."""
    number, first, port = values["synapse_workers"], values["synapse_worker_port"], values["synapse_port"]
    if not 0 <= number <= _MOST_WORKERS:
        yield (
            f"synapse_workers is expected to be a number from 0 to {_MOST_WORKERS}, which is as many as PostgreSQL has connections for, "
            f"found {show(number)}."
        )
    elif number and values["synapse_database"] != "postgresql":
        yield (
            f"synapse_workers is {number}, and several processes cannot share a database of sqlite. Set synapse_database to postgresql, or "
            "synapse_workers to 0."
        )
    if 0 < number <= _MOST_WORKERS and (
        first <= port < first + number or first < 1 or first + number > 65536
    ):
        yield (
            f"The workers are expected to have ports of their own, and from synapse_worker_port on ({first}) {number} of them meet "
            f"synapse_port ({port}) or leave what ports there are. Choose another synapse_worker_port."
        )


def settings(values: Values) -> Iterator[str]:
    """No setting contradicts a variable, nor gives the accounts away."""
    given = [values["synapse_settings"], values["synapse_secret_settings"]]
    if taken := [key for key in _TAKEN if any(key in some for some in given)]:
        yield (
            f"synapse_settings and synapse_secret_settings are expected to hold what the role has no variable for, and hold {', '.join(taken)}. "
            "Use synapse_database and synapse_workers."
        )
    services = [some.get("matrix_authentication_service") for some in given]
    if any(service.get("enabled") for service in services if isinstance(service, Mapping)):
        yield (
            "synapse_settings hands the accounts over to a Matrix Authentication Service, and then this role can make none: neither "
            "registration tokens nor the shared secret work any more. Leave matrix_authentication_service out; a homeserver that has one "
            "already serves as somebody else's does, with orchestrator_matrix_access_token."
        )


def sizes(values: Values) -> Iterator[str]:
    """Lifetimes and sizes are some."""
    lifetimes = ("synapse_message_lifetime", "synapse_local_media_lifetime", "synapse_remote_media_lifetime")
    wrong = [lifetime for lifetime in lifetimes if not whole("([1-9][0-9]*[smhdwy])?", values[lifetime])]
    if not whole("[1-9][0-9]*[KM]?", values["synapse_max_upload_size"]):
        wrong.append("synapse_max_upload_size")
    if wrong:
        yield (
            f"{', '.join(wrong)}: a lifetime is expected to be a number with s, m, h, d, w or y, such as 90d, or empty for ever, and "
            "synapse_max_upload_size a number of bytes, or with K or M, such as 50M."
        )


def server(values: Values, look: Mapping[str, Any]) -> Iterator[str]:
    """The homeserver that is there keeps its name and its database.

    `look` has `server_name` and `engine` of the configuration that was found, and `postgresql`, what PostgreSQL says of the
    database.
    """
    wanted, database = values["synapse_server_name"], values["synapse_database"]
    if look["server_name"] not in ("", wanted):
        yield (
            f"The homeserver on {values.host} is called {look['server_name']}, and synapse_server_name says {wanted}. The name is part of "
            "every account and room and cannot be changed: give the old name, or make a new homeserver on another host."
        )
    if (there := _ENGINES.get(look["engine"], look["engine"])) not in ("", database):
        way = (
            "Give sqlite, or move the data first, as the role's README tells (When one process is not enough)."
            if there == "sqlite"
            else f"There is no way back from {there}: give that, or make a new homeserver on another host."
        )
        yield (
            f"The homeserver on {values.host} keeps its data in {there}, and synapse_database says {database}, which would leave every "
            f"account and message behind. {way}"
        )
    needed = f"UTF8 C C {_DATABASE}"
    if database == "postgresql" and (found := look["postgresql"].strip()) not in ("", needed):
        yield (
            f"The database {_DATABASE} on {values.host} is expected to have the encoding UTF8, the locale C and the owner {_DATABASE} "
            f"({needed}), and has {found}. Rename it or drop it: the role makes the right one."
        )


def program(values: Values, look: Mapping[str, Any]) -> Iterator[str]:
    """The wanted version can follow the one that is there."""
    wanted, there = values["synapse_version"], look["version"]
    if there and not at_least(wanted, there):
        yield (
            f"{values.host} has Synapse {there}, and synapse_version says {wanted}. An older Synapse may not read the database of a newer "
            f"one. Give {there} or newer, or restore a backup that was made with the older one."
        )


VARIABLES = (name, version, listening, federation, authorities, workers, settings, sizes)
DATA = (server,)
PROGRAM = (program,)
