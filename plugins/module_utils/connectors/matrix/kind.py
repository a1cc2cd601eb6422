# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind matrix is: its block of the roster, its secrets, its operators, its code."""

from __future__ import annotations

from ..kind import Field, Kind, Operators, Question, SecretQuestion, Shape
from ..types import MatrixConnectorConfig

MATRIX_ACCESS_TOKEN = "MATRIX_ACCESS_TOKEN"

HOMESERVER_URL = Field(
    "homeserver_url",
    "MATRIX_HOMESERVER_URL",
    "Homeserver URL:",
    "base URL of the Matrix homeserver",
    "URL",
    shape=Shape(r"https?://[^\s/?#@]+(/[^\s?#]*)?", "a base URL such as https://matrix.example.org"),
    example="https://matrix.example.internal",
    follows="If this is another homeserver, its accounts are others: mosaic-connector init logs in there.",
)

USER_ID = Field(
    "user_id",
    "MATRIX_USER_ID",
    "User id of the orchestrator:",
    "its Matrix account, @name:server",
    "ID",
    shape=Shape(r"@[^\s:]+:\S+", "a full Matrix user id such as @mos:example.org"),
    example="@mos:example.internal",
    follows="The env file still holds the token of the account before: mosaic-connector init logs in.",
)

NEW_USER_ID = Shape(
    r"@[a-z0-9._=/+-]+:\S+",
    "of lower-case letters, digits and . _ = / + - for an account that is to be registered",
)
"""What Matrix lets anybody register; accounts of long ago may have other names."""

# Room ids are opaque: from room version 12 on they have no domain.
ROOM_ID = Field(
    "room_id",
    "MATRIX_ROOM_ID",
    "Room:",
    "id (!…) or alias (#name:server); an alias is made if new",
    "ROOM",
    shape=Shape(r"![^\s]+|#[^\s:]+:\S+", "a room id (!…) or an alias such as #fleet:example.org"),
    example="!abc:example.internal",
    follows="The account has to be in that room, and the operators too: mosaic-connector init sees to it.",
)

ROOM_NAME = Question(
    "room_name", "MATRIX_ROOM_NAME", "Name of the room:", "name of a room that is made", "NAME"
)

PASSWORD = SecretQuestion(
    "password",
    "MATRIX_PASSWORD",
    "Password of {user_id}:",
    "file with the account's password",
    "FILE",
    kept=False,
)

REGISTRATION_TOKEN = SecretQuestion(
    "registration_token",
    "MATRIX_REGISTRATION_TOKEN",
    "Registration token:",
    "file with the homeserver's registration token",
    "FILE",
    kept=False,
)

ACCESS_TOKEN = SecretQuestion(
    "access_token",
    MATRIX_ACCESS_TOKEN,
    "Access token:",
    "file with an access token of the account",
    "FILE",
    shapes=(r"\b(?:syt|syr|sya|mat|mct|mcr|mpt)_[A-Za-z0-9_-]{8,}",),
)
"""The shapes are those of Synapse (syt_, syr_) and of MAS (mat_, mct_, mcr_)."""

OPERATORS = Operators(
    Shape(r"@[^\s:]+:\S+", "a full Matrix user id such as @alice:example.org"),
    "@you:example.org",
    unlikely=(Shape(r".*[A-Z].*", "has capital letters, which few ids have. Compare it with the profile"),),
)

KIND = Kind(
    name="matrix",
    package=__package__,
    summary="a room on a Matrix homeserver",
    factory=".connector:MatrixConnector.from_config",
    fields=(HOMESERVER_URL, USER_ID, ROOM_ID),
    shape=MatrixConnectorConfig,
    secrets=(REGISTRATION_TOKEN, PASSWORD, ACCESS_TOKEN),
    questions=(ROOM_NAME,),
    operators=OPERATORS,
    account=USER_ID.key,
    setup=".setup",
)
