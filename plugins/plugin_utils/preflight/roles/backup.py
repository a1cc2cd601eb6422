# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role backup: who can open the archives, how many are kept, and when they are made."""

from __future__ import annotations

from collections.abc import Iterator

from ..session import environment_in
from ..speech import show, whole
from ..values import Values

_UNIT = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
_LINE = r"[^\x00-\x1f\x7f]*"
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


def schedule(values: Values) -> Iterator[str]:
    """What goes into a unit is one line, and its name is one; whether systemd understands the time is asked of it on the controller."""
    if not whole(_UNIT, name := values["backup_schedule_name"]):
        yield f"backup_schedule_name must be of letters, digits, _ and -, 64 at most, but is {show(name)}. It names the units."
    for variable in ("backup_schedule", "backup_schedule_delay"):
        if not whole(_LINE, given := values[variable]):
            yield f"{variable} must be one line, but is {show(given)}."


VARIABLES = (recipients, keys, kept)
RESTORE = (identity,)
SCHEDULE = (schedule, environment_in("backup_schedule_environment"))
