# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Changing the access token of a service without ever being left with none that works.

Three steps, with the service's restart between the first and the second: `begin` puts a new token
into the credentials file and keeps the former one beside it, `settle` revokes the former one,
`restore` puts it back. Interrupted at any point, the next `begin` finishes what was begun; a new token that did not do
and could not be revoked, because the homeserver was away as well, is kept until the next step revokes it.

The new token belongs to another device. On Synapse 1.163 `/logout` ends a device with all its tokens,
so revoking the old token of a shared device would end the new one as well; on Conduit 0.10 logging in
on the same device kills the old token before the new one is proven.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ...envfile import read_env_file, update_env_file
from ...errors import ConfigError, ConnectorError, StateError
from ...secrets import Secret
from ..errors import UnknownTokenError
from ..http import MatrixHttp
from ..kind import MATRIX_ACCESS_TOKEN
from .account_plan import MATRIX_DEVICE_ID, MATRIX_USER_ID, check_owner, default_device_id, secret_in
from .accounts import Login, log_in_alone, log_out, whoami

FORMER_SUFFIX = ".former"
"""What the file of the former token is called, beside the credentials file."""

DISCARDED_SUFFIX = ".discarded"
"""What the file of a new token is called that did not do and is not revoked yet."""

_SESSION = (MATRIX_USER_ID, MATRIX_DEVICE_ID, MATRIX_ACCESS_TOKEN)

Client = Callable[["Secret | None"], MatrixHttp]
"""Makes a client for the homeserver, with this token."""


@dataclass(frozen=True)
class TokenFiles:
    """The credentials file of one service, and beside it the tokens that are not in use and not revoked yet."""

    path: str

    @property
    def former_path(self) -> str:
        """Where the former token is until the new one is proven."""
        return self.path + FORMER_SUFFIX

    def current(self) -> dict[str, str]:
        """What the credentials file says; raises `SecretError`."""
        return read_env_file(self.path, missing_ok=True)

    def former(self) -> dict[str, str]:
        """The session that is kept; empty when no change is under way."""
        return read_env_file(self.former_path, missing_ok=True)

    def replaced(self) -> bool:
        """Whether a former token is kept and another one has taken its place."""
        kept = self.former().get(MATRIX_ACCESS_TOKEN)
        return bool(kept) and kept != self.current().get(MATRIX_ACCESS_TOKEN)

    def discarded(self) -> dict[str, str]:
        """The session that did not do and is not revoked; empty without one. Never the one in use."""
        stored = read_env_file(self.path + DISCARDED_SUFFIX, missing_ok=True)
        return {} if stored.get(MATRIX_ACCESS_TOKEN) == self.current().get(MATRIX_ACCESS_TOKEN) else stored

    def put(self, session: Login) -> None:
        """Keep the session that is there, then let the new one take its place."""
        stored = self.current()
        update_env_file(self.former_path, {key: stored.get(key) for key in _SESSION})
        update_env_file(
            self.path,
            {
                MATRIX_USER_ID: session.user_id,
                MATRIX_DEVICE_ID: session.device_id or None,
                MATRIX_ACCESS_TOKEN: session.access_token.reveal(),
            },
        )

    def put_back(self) -> None:
        """Let the former session take its place again, and keep the one that did not do until it is revoked."""
        former, stored = self.former(), self.current()
        if self.replaced():
            update_env_file(self.path + DISCARDED_SUFFIX, {key: stored.get(key) for key in _SESSION})
        update_env_file(self.path, {key: former.get(key) for key in _SESSION})

    def forget_former(self) -> None:
        """Remove the file of the former token; raises `StateError`."""
        _remove(self.former_path)

    def forget_discarded(self) -> None:
        """Remove the file of the token that did not do; raises `StateError`."""
        _remove(self.path + DISCARDED_SUFFIX)


def _remove(path: str) -> None:
    try:
        Path(path).unlink(missing_ok=True)
    except OSError as error:
        raise StateError(
            f"{path} holds a token and cannot be removed: {error.strerror}. Remove it by hand."
        ) from error


def next_device_id(user_id: str, current: str | None) -> str:
    """The device to log in as: one of two that take turns, so that an interrupted change leaves no heap."""
    usual = default_device_id(user_id)
    return f"{usual}_2" if current == usual else usual


async def begin(
    client: Client, files: TokenFiles, user_id: str, *, password: Secret | None, given: Secret | None
) -> None:
    """Put a new token, by a login or as `given`, in the place of the one that is there.

    Raises `ConfigError` when nothing leads to a new token; the old one is in its place then.
    """
    check_owner(files.current(), user_id)
    await settle(client, files, user_id)
    await revoke_discarded(client, files)
    stored = files.current()
    if given is not None:
        session = await _check_given(client, user_id, stored, given)
    elif password is not None:
        device_id = next_device_id(user_id, stored.get(MATRIX_DEVICE_ID))
        async with client(None) as http:
            session = await log_in_alone(http, user_id, password, device_id)
    else:
        raise ConfigError(
            f"A new token of {user_id} takes its password, or a token that was issued for it, and neither is "
            "known here. Give password or token."
        )
    files.put(session)


async def settle(client: Client, files: TokenFiles, user_id: str) -> bool:
    """Revoke the former token, once the one in its place is proven; True when there was one.

    Raises `ConfigError` when the new token does not work: then nothing is revoked.
    """
    former = files.former().get(MATRIX_ACCESS_TOKEN)
    if not former:
        return False
    if files.replaced():
        await _prove(client, user_id, files)
        await revoke(client, Secret(former))
    files.forget_former()
    return True


async def restore(client: Client, files: TokenFiles) -> str | None:
    """Put the former token back and revoke the new one; returns what kept that from being revoked.

    What has to be done here is done first: a homeserver that is away does not keep the service from its token.
    """
    files.put_back()
    files.forget_former()
    try:
        await revoke_discarded(client, files)
    except ConnectorError as error:
        return str(error)
    return None


async def revoke_discarded(client: Client, files: TokenFiles) -> None:
    """Revoke a new token that did not do, if one is kept; raises `ConnectorError` and keeps it when that cannot be done."""
    discarded = secret_in(files.discarded(), MATRIX_ACCESS_TOKEN)
    if discarded is not None:
        await revoke(client, discarded)
    files.forget_discarded()


async def revoke(client: Client, token: Secret) -> None:
    """Log out a token's device, and see that the token is dead; raises `ConnectorError` when it is not."""
    async with client(token) as http:
        await log_out(http)
        try:
            await whoami(http)
        except UnknownTokenError:
            return
    raise StateError(
        "The homeserver was told to revoke the token and accepts it still. Revoke it there: remove the device, or "
        "deactivate the account."
    )


async def _check_given(client: Client, user_id: str, stored: dict[str, str], given: Secret) -> Login:
    if given.reveal() == stored.get(MATRIX_ACCESS_TOKEN):
        raise ConfigError("token is expected to be a new one and is the one in use. Have another one issued.")
    try:
        async with client(given) as http:
            owner, device_id = await whoami(http)
    except UnknownTokenError as error:
        raise ConfigError(
            f"The homeserver does not accept the token that was given for {user_id}. Have another one issued."
        ) from error
    if owner != user_id:
        raise ConfigError(
            f"token is expected to belong to {user_id} and belongs to {owner}. Give the right one."
        )
    if device_id is not None and device_id == stored.get(MATRIX_DEVICE_ID):
        raise ConfigError(
            f"token belongs to the same device, {device_id}, as the one in use, and revoking that would end both. "
            "Have one issued for another device."
        )
    return Login(owner, device_id or "", given)


async def _prove(client: Client, user_id: str, files: TokenFiles) -> None:
    token = secret_in(files.current(), MATRIX_ACCESS_TOKEN)
    refused = (
        f"The homeserver does not accept the new token in {files.path}, so the former one is not revoked. "
        "Put that back (state restored)."
    )
    if token is None:
        raise ConfigError(refused)
    try:
        async with client(token) as http:
            owner, _device_id = await whoami(http)
    except UnknownTokenError as error:
        raise ConfigError(refused) from error
    if owner != user_id:
        raise ConfigError(
            f"The token in {files.path} is expected to belong to {user_id} and belongs to {owner}."
        )
