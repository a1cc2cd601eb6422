# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role backup: who can open the archives, and how many are kept."""

from __future__ import annotations

from collections.abc import Iterator

from ..speech import show, whole
from ..values import Values

_PUBLIC = r"(?s:age1[a-z0-9]+|(?:ssh-ed25519|ssh-rsa) .*)"


def recipients(values: Values) -> Iterator[str]:
    """Somebody can open them; what stands there may be a private key, so it is not shown."""
    given = values["backup_recipients"]
    if not given:
        yield (
            "backup_recipients is expected to name the public key of age, or of ssh, whose owner is to open the archives, and is empty. "
            "Make a pair with `age-keygen -o mosaic-backups.key`, keep that file away from the fleet, and put the public key that it "
            "prints here."
        )


def keys(values: Values) -> Iterator[str]:
    """They are public keys."""
    given = values["backup_recipients"]
    wrong = [key for key in given if not whole(_PUBLIC, key)]
    if wrong:
        yield (
            f"Every one of backup_recipients is expected to begin with age1, ssh-ed25519 or ssh-rsa, and {len(wrong)} of "
            f"{len(given)} do not. Put public keys there, never private ones."
        )


def kept(values: Values) -> Iterator[str]:
    """A number of archives is kept."""
    keep = values["backup_keep"]
    if keep < 0:
        yield f"backup_keep is expected to be 0, to keep all, or the number of archives to keep, found {show(keep)}."


def identity(values: Values) -> Iterator[str]:
    """Somebody can open what is to be restored."""
    if not values["backup_identity"]:
        yield (
            "backup_identity is expected to be a file on the controller with the private key of age that opens the archives, and is "
            "empty. The file stays there: neither the key nor anything in plain text leaves the controller."
        )


VARIABLES = (recipients, keys, kept)
RESTORE = (identity,)
