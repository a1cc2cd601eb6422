# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a login waits for the end of its setup: a 0600 file beside the env file.

An account that was made cannot be made again, so its password and token must survive a setup that
stops half-way, while the env file stays as it was. The next setup takes them up from here.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from ..envfile import read_env_file, update_env_file
from ..errors import ConfigError
from .places import Files

SUFFIX = ".unfinished"


class Staging:
    """The credentials of one setup of one account: the variables `keys`, of which `owner` names the account."""

    def __init__(self, files: Files, keys: tuple[str, ...], owner: str) -> None:
        """Look whether an earlier setup left something; raises `SecretError` when that cannot be read."""
        self.path = files.env_file.with_name(files.env_file.name + SUFFIX)
        self._env_file = files.env_file
        self._keys = keys
        self._owner = owner
        self._kept = {key: value for key, value in files.credentials.items() if key in keys}
        self._known = dict(self._kept)
        self._before = read_env_file(self.path, missing_ok=True)
        self._irreplaceable = bool(self._before)
        self._folders: list[Path] = []

    @property
    def left_over(self) -> str | None:
        """Whose account an earlier setup left here, if any."""
        return self._before.get(self._owner)

    @property
    def kept_owner(self) -> str | None:
        """Whose credentials the env file holds, unless an earlier setup left others here."""
        return None if self._before else self._known.get(self._owner)

    def replace(self) -> None:
        """From now on, what the env file says of an account counts for nothing."""
        self._known = {}

    def of(self, user_id: str) -> dict[str, str]:
        """What is known about an account, from an earlier setup or from the env file.

        Raises `ConfigError` when either belongs to another account.
        """
        place, known = (self.path, self._before) if self._before else (self._env_file, self._known)
        owner = known.get(self._owner, user_id)
        if owner != user_id:
            advice = (
                f"Finish that setup with {owner}, or remove that file"
                if self._before
                else "Name another --env-file, or keep that account"
            )
            raise ConfigError(f"{place} holds the credentials of {owner}, not of {user_id}. {advice}.")
        return dict(known)

    def begin(self, *, irreplaceable: bool) -> str:
        """Make the file ready to be written to, and return its path.

        `irreplaceable` says that what comes into it is known to nobody else, such as the password of
        an account that is being made: then it outlives a setup that stops.
        """
        self._irreplaceable |= irreplaceable
        if not self._before:
            missing = [folder for folder in self.path.absolute().parents if not folder.exists()]
            for folder in reversed(missing):
                folder.mkdir()
                folder.chmod(0o755)  # whatever the umask: the bridge may be another user
                self._folders.append(folder)
            update_env_file(self.path, dict(self._known))
        return str(self.path)

    def credentials(self) -> dict[str, str | None]:
        """What the env file has to say in the end; empty when nothing was begun."""
        now = read_env_file(self.path, missing_ok=True)
        return {key: now.get(key) for key in self._keys} if now else {}

    @property
    def holds_news(self) -> bool:
        """Whether the file says something that neither the env file nor anybody else knows."""
        if not self._irreplaceable:
            return False
        with suppress(ConfigError):
            return any(self._kept.get(key) != value for key, value in self.credentials().items())
        return True

    def discard(self) -> None:
        """Remove the file, and a folder that was made for it if nothing else came into it."""
        self.path.unlink(missing_ok=True)
        for folder in reversed(self._folders):
            with suppress(OSError):
                folder.rmdir()
