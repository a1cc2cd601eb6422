# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrix: a homeserver, an account and a room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..speech import show, whole
from ..values import Values

OPERATOR = r"@[^:\s]+:\S+"
"""Synapse and Conduit both: a leading sigil, and no white space anywhere."""
_NEW = r"@[a-z0-9._=/+-]+:\S+"
"""What Matrix lets anybody register; accounts of long ago may have other names."""


def missing(values: Values) -> Iterator[str]:
    """Nothing is left out."""
    needed = {
        "orchestrator_matrix_homeserver_url": values["orchestrator_matrix_homeserver_url"],
        "orchestrator_matrix_user_id": values["orchestrator_matrix_user_id"],
        "orchestrator_matrix_room_alias or orchestrator_matrix_room_id": (
            values["orchestrator_matrix_room_alias"] or values["orchestrator_matrix_room_id"]
        ),
    }
    if absent := [name for name, value in needed.items() if not value]:
        yield (
            f"orchestrator_connector is matrix on {values.host}, and these are missing: {', '.join(absent)}. Set them for this host or its "
            "group."
        )


def operators(values: Values, wrong: Sequence[str]) -> Iterator[str]:
    """People and the orchestrator itself have ids of Matrix."""
    user = values["orchestrator_matrix_user_id"]
    strangers = [*([user] if user and not whole(OPERATOR, user) else []), *wrong]
    if strangers:
        yield (
            f"Matrix user ids are expected to look like @name:server, found {', '.join(strangers)} in orchestrator_matrix_user_id or "
            "orchestrator_operators."
        )


def account(values: Values) -> Iterator[str]:
    """The account is there, or can be registered."""
    user = values["orchestrator_matrix_user_id"]
    exists = values["orchestrator_matrix_password"] or values["orchestrator_matrix_access_token"]
    if whole(OPERATOR, user) and not exists and not whole(_NEW, user):
        yield (
            "The name in orchestrator_matrix_user_id must be of lower-case letters, digits and . _ = / + - for an account that is to be "
            f"registered, but it is {user}. Write {user.lower()}, or give the orchestrator_matrix_password of an account that exists."
        )


def homeserver(values: Values) -> Iterator[str]:
    """The homeserver has a URL, without a password."""
    url = values["orchestrator_matrix_homeserver_url"]
    if url and not whole(r"https?://[^/@\s]+(/\S*)?", url):
        yield (
            "orchestrator_matrix_homeserver_url is expected to begin with https:// or http:// and to hold no password, found "
            f"{show(url)}."
        )


def authority(values: Values) -> Iterator[str]:
    """A certificate has a place on the host."""
    path = values["orchestrator_matrix_ca_path"]
    if values["orchestrator_matrix_ca_certificate"] and not (path.startswith("/") and len(path) > 1):
        yield (
            f"The certificate of the homeserver's authority is given to {values.host}, and orchestrator_matrix_ca_path is expected to say "
            f"where it is to be written, found {show(path)}. Write, for instance, orchestrator_matrix_ca_path: "
            "/etc/mosaic/homeserver-ca.pem"
        )


VARIABLES = (missing, account, homeserver, authority)
