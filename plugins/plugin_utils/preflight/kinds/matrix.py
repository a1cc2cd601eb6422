# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Matrix: a homeserver, an account and a room."""

from __future__ import annotations

from collections.abc import Iterator

from ....module_utils.connectors.matrix.kind import NEW_USER_ID, USER_ID
from ..speech import show
from ..values import Values

FIELDS = {
    "homeserver_url": ("orchestrator_matrix_homeserver_url",),
    "user_id": ("orchestrator_matrix_user_id",),
    "room_id": ("orchestrator_matrix_room_alias", "orchestrator_matrix_room_id"),
}
ENVIRONMENT = {"MATRIX_ACCESS_TOKEN": "orchestrator_matrix_access_token"}


def account(values: Values) -> Iterator[str]:
    """The account is there, or can be registered."""
    user = values["orchestrator_matrix_user_id"]
    exists = values["orchestrator_matrix_password"] or values["orchestrator_matrix_access_token"]
    if USER_ID.shape.fits(user) and not exists and not NEW_USER_ID.fits(user):
        yield (
            f"The name in orchestrator_matrix_user_id must be {NEW_USER_ID.words}, but it is {user}. Write {user.lower()}, or give the "
            "orchestrator_matrix_password of an account that exists."
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


RULES = (account, authority)
