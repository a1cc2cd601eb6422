# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind dropbox is; the entry point of this distribution names `KIND`."""

from __future__ import annotations

from mosaic_connectors import Field, Kind, Operators, SecretQuestion, Shape

DIRECTORY = Field(
    "directory",
    "DROPBOX_DIRECTORY",
    "Directory:",
    "directory with the two files",
    "PATH",
    shape=Shape(r"/\S*", "the path of a directory, such as /srv/dropbox"),
    example="/srv/dropbox",
    follows="The bridge's user has to be able to write there.",
)

SENDER = Field(
    "sender",
    "DROPBOX_SENDER",
    "Who writes into it:",
    "who writes the operator's messages (default: operator)",
    "NAME",
    shape=Shape(r"[a-z]+", "a name in lower-case letters"),
    example="alice",
    required=False,
)

KEY = SecretQuestion(
    "key",
    "DROPBOX_KEY",
    "Key of the box:",
    "file with the key of the box",
    "FILE",
    shapes=(r"\bdropbox-key-[a-z0-9]{8,}",),
)

KIND = Kind(
    name="dropbox",
    package=__package__,
    summary="two files in a directory",
    factory=".connector:DropboxConnector.from_config",
    fields=(DIRECTORY, SENDER),
    secrets=(KEY,),
    operators=Operators(Shape(r"[a-z]+", "a name in lower-case letters"), "operator"),
)
