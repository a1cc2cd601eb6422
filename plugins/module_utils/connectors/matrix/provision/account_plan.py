# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is known about an account to the one step that makes it usable here.

The order is fixed: keep a token that works, else adopt one that was issued elsewhere, else log in,
else register. `look` makes requests that leave no trace, `decide` makes none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from ...errors import ConfigError
from ...secrets import Secret
from ..errors import UnknownTokenError
from ..http import MatrixHttp
from ..identifiers import split_user_id
from ..kind import MATRIX_ACCESS_TOKEN
from .accounts import Login, account_exists, display_name, public_display_name, whoami
from .delegation import delegated_issuer, no_way_in, takes_passwords

MATRIX_USER_ID = "MATRIX_USER_ID"
MATRIX_DEVICE_ID = "MATRIX_DEVICE_ID"
MATRIX_PASSWORD = "MATRIX_PASSWORD"  # noqa: S105  # the name of a key
KEYS = (MATRIX_USER_ID, MATRIX_DEVICE_ID, MATRIX_ACCESS_TOKEN, MATRIX_PASSWORD)
"""What a credentials file says about one account."""


class Stored(Enum):
    """What the stored token is worth."""

    MISSING = "missing"
    EXPIRED = "expired"
    VALID = "valid"


class Step(Enum):
    """What makes the account usable."""

    KEEP = "keep"
    ADOPT = "adopt"
    LOG_IN = "log in"
    REGISTER = "register"


@dataclass(frozen=True)
class Account:
    """What was found: `exists` None means that the server does not tell; `device_id` belongs to a live token.

    `adopted` is the device of a token that was issued elsewhere and works.
    `issuer` is the authentication service that keeps the accounts in the homeserver's stead, and
    `takes_passwords` whether that one lets us log in; both are asked for where no token is live.
    """

    token: Stored
    exists: bool | None
    device_id: str | None
    display_name: str | None
    adopted: Login | None = None
    issuer: str | None = None
    takes_passwords: bool = True


async def look(
    http: MatrixHttp,
    user_id: str,
    stored: Mapping[str, str],
    *,
    with_display_name: bool,
    issued: Secret | None = None,
) -> Account:
    """Find out about an account; `http` carries the stored token, if there is one.

    `issued` is a token that was issued elsewhere, asked after where the stored one is worth nothing.
    Raises `ConfigError` when the stored credentials or `issued` belong to somebody else, or `issued`
    is worth nothing either.
    """
    check_owner(stored, user_id)
    token = Stored.MISSING
    if http.access_token is not None:
        try:
            owner, device_id = await whoami(http)
        except UnknownTokenError:
            token = Stored.EXPIRED
        else:
            check_owner({MATRIX_USER_ID: owner}, user_id)
            name = await display_name(http, user_id) if with_display_name else None
            return Account(Stored.VALID, True, device_id, name)
    if issued is not None:
        session = await _check_issued(http, user_id, issued)
        name = await display_name(http, user_id) if with_display_name else None
        return Account(token, True, None, name, session)
    issuer = await delegated_issuer(http)
    passwords = issuer is None or await takes_passwords(http)
    exists = await account_exists(http, user_id)
    name = await public_display_name(http, user_id) if with_display_name and exists else None
    return Account(token, exists, None, name, None, issuer, passwords)


async def _check_issued(http: MatrixHttp, user_id: str, issued: Secret) -> Login:
    http.access_token = issued
    try:
        owner, device_id = await whoami(http)
    except UnknownTokenError as error:
        raise ConfigError(
            f"access_token is expected to be a token of {user_id} that works, and the homeserver does not accept it. "
            "Have another one issued, or leave it out."
        ) from error
    if owner != user_id:
        raise ConfigError(
            f"access_token is expected to belong to {user_id} and belongs to {owner}. Give the right one."
        )
    return Login(owner, device_id or "", issued)


def check_owner(stored: Mapping[str, str], user_id: str) -> None:
    """Refuse credentials of another account than `user_id`."""
    owner = stored.get(MATRIX_USER_ID, user_id)
    if owner != user_id:
        raise ConfigError(
            f"The credentials file is expected to belong to {user_id} and belongs to {owner}. "
            f"Name another credentials_path, or remove the account of {owner} first (state absent)."
        )


def decide(account: Account, user_id: str, *, method: str, password_known: bool) -> Step:
    """The step to take; raises `ConfigError` when none can lead anywhere."""
    if account.token is Stored.VALID:
        return Step.KEEP
    if account.adopted is not None:
        return Step.ADOPT
    if account.issuer is not None:
        if password_known and account.takes_passwords and account.exists is not False:
            return Step.LOG_IN
        raise no_way_in(user_id, account.issuer, default_device_id(user_id))
    if method == "login" and account.exists is False:
        raise ConfigError(
            f"{user_id} is expected to exist and does not. Register it, or choose a method that may."
        )
    if password_known and (account.exists or method == "login"):
        return Step.LOG_IN
    reason = (
        "the stored token is not valid any more" if account.token is Stored.EXPIRED else "no token is stored"
    )
    if account.exists:
        raise ConfigError(
            f"{user_id} exists, but {reason} and no password is known here. "
            "Give its password as password, or put a token into the credentials file. (The homeserver was asked for "
            f"the name alone: if it is not called {split_user_id(user_id)[1]}, correct user_id.)"
        )
    if method == "login":
        raise ConfigError(
            f"{user_id} is expected to exist, but {reason} and no password is known here. "
            "Give its password, or choose a method that may register."
        )
    return Step.REGISTER


def default_device_id(user_id: str) -> str:
    """One device per account, the same at every login: `MOSAIC_` and the localpart in capitals."""
    localpart = split_user_id(user_id)[0]
    return "MOSAIC_" + re.sub(r"[^A-Z0-9]+", "_", localpart.upper()).strip("_")


def secret_in(stored: Mapping[str, str], key: str) -> Secret | None:
    """The stored secret `key`, if there is one."""
    value = stored.get(key)
    return Secret(value) if value else None
