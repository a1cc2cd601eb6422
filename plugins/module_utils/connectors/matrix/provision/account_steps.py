# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carrying out what was decided about an account, so that an interruption at any point can be resumed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...envfile import read_env_file, update_env_file
from ...errors import ConfigError
from ...secrets import Secret
from ..errors import MatrixApiError
from ..http import MatrixHttp
from ..kind import MATRIX_ACCESS_TOKEN
from .account_plan import (
    KEYS,
    MATRIX_DEVICE_ID,
    MATRIX_PASSWORD,
    MATRIX_USER_ID,
    Account,
    Step,
    Stored,
)
from .accounts import (
    AccountDeactivatedError,
    Login,
    NameTakenError,
    deactivate,
    log_in,
    log_in_alone,
    register,
)
from .synapse_admin import register_with_secret


@dataclass(frozen=True)
class Enrolment:
    """All that is at hand for coming to a token; `password` is the given one, else the stored one.

    `alone` says that nobody else is logged in on the device, so that a login may end what is.
    """

    user_id: str
    device_id: str
    credentials_path: str
    method: str = "auto"
    password: Secret | None = None
    access_token: Secret | None = None
    registration_token: Secret | None = None
    shared_secret: Secret | None = None
    admin: bool = False
    alone: bool = True

    @property
    def by_secret(self) -> bool:
        """Whether to register by the shared secret."""
        if self.method == "auto":
            return self.registration_token is None and self.shared_secret is not None
        return self.method == "shared_secret"

    def keys_after(self, stored: Mapping[str, str], step: Step, device_id: str | None) -> set[str]:
        """Which keys the credentials file holds when `step` is done."""
        keys = {MATRIX_USER_ID, MATRIX_ACCESS_TOKEN} | ({MATRIX_DEVICE_ID} if device_id else set())
        generates = step is Step.REGISTER and self.password is None
        keeps = stored.get(MATRIX_PASSWORD) and (step in (Step.KEEP, Step.ADOPT) or self.password_is(stored))
        return keys | ({MATRIX_PASSWORD} if generates or keeps else set())

    def device_after(self, account: Account, step: Step) -> str | None:
        """The device that the stored token belongs to when `step` is done."""
        if account.adopted is not None and step is Step.ADOPT:
            return account.adopted.device_id or None
        return account.device_id if step is Step.KEEP else self.device_id

    def password_is(self, stored: Mapping[str, str]) -> bool:
        """Whether the password at hand is the stored one, not one that takes its place."""
        return self.password is not None and self.password.reveal() == stored.get(MATRIX_PASSWORD)


async def carry_out(http: MatrixHttp, wanted: Enrolment, account: Account, step: Step) -> Step:
    """Do what was decided; returns what was done in the end. Raises `ConfigError` and what requests raise."""
    if step is Step.KEEP:
        keep(wanted, account)
        return step
    if account.adopted is not None:
        adopt(wanted, account.adopted)
        return step
    return await enrol(http, wanted, step)


def keep(wanted: Enrolment, account: Account) -> bool:
    """Write beside a token that works whose it is; True when the file had to be touched."""
    return update_env_file(
        wanted.credentials_path, {MATRIX_USER_ID: wanted.user_id, MATRIX_DEVICE_ID: account.device_id}
    )


def adopt(wanted: Enrolment, session: Login) -> None:
    """Store a token that was issued elsewhere."""
    update_env_file(
        wanted.credentials_path,
        {
            MATRIX_USER_ID: session.user_id,
            MATRIX_DEVICE_ID: session.device_id or None,
            MATRIX_ACCESS_TOKEN: session.access_token.reveal(),
        },
    )


async def enrol(http: MatrixHttp, wanted: Enrolment, step: Step) -> Step:
    """Log in or register, store the token and go on with it; returns what was done in the end.

    Where the server did not tell beforehand that the account exists, a registration that finds the
    name taken becomes a login.
    """
    if step is Step.REGISTER:
        try:
            session = await _register(http, wanted)
        except NameTakenError:
            if wanted.password is None:
                raise
            step = Step.LOG_IN
    if step is Step.LOG_IN:
        come_in = log_in_alone if wanted.alone else log_in
        session = await come_in(http, wanted.user_id, _known(wanted), wanted.device_id)
    _store(wanted, session)
    if session.user_id != wanted.user_id:
        # Only now the server has told its name. What it gave is kept, so that nothing is lost.
        raise ConfigError(
            f"user_id is expected to be an account of this homeserver, but {wanted.user_id} came out as "
            f"{session.user_id}. Write that if it is meant; otherwise correct homeserver_url, and name another "
            "credentials_path."
        )
    http.access_token = session.access_token
    return step


async def _register(http: MatrixHttp, wanted: Enrolment) -> Login:
    if wanted.password is not None:
        return await _register_with(http, wanted, wanted.password)
    password = make_password()
    existed = _remember(wanted, password)
    try:
        return await _register_with(http, wanted, password)
    except (ConfigError, MatrixApiError) as error:
        # A plain refusal: there is no account, so nobody will need the password. After a lost connection,
        # or an answer of trouble from between, there may be one, and the next run logs in with what was written.
        if getattr(error, "status", 400) < 500:
            _forget(wanted, existed=existed)
        raise


def make_password() -> Secret:
    """A password of 256 random bits that no policy on kinds of characters refuses: it has one of each."""
    return Secret(f"{secrets.token_urlsafe(32)}-aA{secrets.randbelow(10)}")


def _remember(wanted: Enrolment, password: Secret) -> bool:
    """Write a generated password down; returns whether the file was there before."""
    existed = Path(wanted.credentials_path).exists()
    update_env_file(
        wanted.credentials_path, {MATRIX_PASSWORD: password.reveal(), MATRIX_USER_ID: wanted.user_id}
    )
    return existed


def _forget(wanted: Enrolment, *, existed: bool) -> None:
    if existed:
        update_env_file(wanted.credentials_path, {MATRIX_PASSWORD: None, MATRIX_USER_ID: None})
    else:
        Path(wanted.credentials_path).unlink()


async def _register_with(http: MatrixHttp, wanted: Enrolment, password: Secret) -> Login:
    if not wanted.by_secret:
        if wanted.admin:
            raise ConfigError(
                f"Only a shared secret can register {wanted.user_id} as an admin. "
                "Give shared_secret or shared_secret_path, or leave admin out."
            )
        token = None if wanted.method == "open" else wanted.registration_token
        return await register(http, wanted.user_id, password, wanted.device_id, token)
    if wanted.shared_secret is None:
        raise ConfigError(
            f"{wanted.user_id} does not exist, and registering it needs the shared secret. "
            "Give shared_secret or shared_secret_path."
        )
    return await register_with_secret(
        http, wanted.user_id, password, wanted.device_id, wanted.shared_secret, admin=wanted.admin
    )


def _store(wanted: Enrolment, session: Login) -> None:
    changes: dict[str, str | None] = {
        MATRIX_USER_ID: session.user_id,
        MATRIX_DEVICE_ID: session.device_id,
        MATRIX_ACCESS_TOKEN: session.access_token.reveal(),
    }
    stored = read_env_file(wanted.credentials_path, missing_ok=True)
    if wanted.password is not None and not wanted.password_is(stored):
        # A password was given that is not the generated one, and it works: the old one is wrong now.
        changes[MATRIX_PASSWORD] = None
    update_env_file(wanted.credentials_path, changes)


def can_retire(account: Account, wanted: Enrolment, stored: Mapping[str, str]) -> bool:
    """Whether there is an account of this host's that can be deactivated.

    It is this host's while the file says anything about it: a homeserver does not tell whether an
    account that exists was deactivated. Raises `ConfigError` when only the password is missing.
    """
    if not any(stored.get(key) for key in KEYS):
        return False
    if account.token is Stored.VALID and wanted.password is None:
        raise ConfigError(
            f"Deactivating {wanted.user_id} needs its password, and none is known here. Give it as password."
        )
    return wanted.password is not None and account.exists is not False


async def retire(http: MatrixHttp, wanted: Enrolment, account: Account, *, alive: bool) -> None:
    """Deactivate the account if it is `alive`, and remove what the file says about it."""
    if alive:
        try:
            if account.token is not Stored.VALID:
                session = await log_in(http, wanted.user_id, _known(wanted), wanted.device_id)
                http.access_token = session.access_token
            await deactivate(http, wanted.user_id, _known(wanted))
        except AccountDeactivatedError:
            pass  # somebody was faster: what is wanted is so
    update_env_file(wanted.credentials_path, dict.fromkeys(KEYS))


def _known(wanted: Enrolment) -> Secret:
    if wanted.password is None:
        raise ConfigError(f"The password of {wanted.user_id} is expected and not known. Give it as password.")
    return wanted.password
