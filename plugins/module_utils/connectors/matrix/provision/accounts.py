# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts over the client-server API: who am I, is the name taken, log in, register, deactivate.

Every function makes the requests of one step and no decision; decisions are in `account_plan.py`.
Source: Matrix client-server API v1.11, "Client Authentication".
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...border import Foreign, in_path
from ...errors import ConfigError, ConnectorError
from ...secrets import Secret
from ..answers import present, required
from ..errors import MatrixApiError, RateLimitedError, UnknownTokenError
from ..http import CLIENT, MatrixHttp
from ..identifiers import split_user_id
from .uia import DUMMY, PASSWORD, REGISTRATION_TOKEN, UiaRefusedError, uia_request

DEVICE_DISPLAY_NAME = "mosaic.fleet"


@dataclass(frozen=True)
class Login:
    """A device that is logged in."""

    user_id: str
    device_id: str
    access_token: Secret


async def whoami(http: MatrixHttp) -> tuple[str, str | None]:
    """User id and device id of the client's token; raises `UnknownTokenError` when it is dead."""
    answer = await http.request("GET", f"{CLIENT}/account/whoami")
    return required(answer, "user_id"), answer.identifier("device_id")


async def account_exists(http: MatrixHttp, user_id: str) -> bool | None:
    """Whether a local account exists (a deactivated one does); None when the server does not tell.

    Needs no token and leaves no trace: `/register/available`, and where a closed registration
    forbids that (Synapse), the profile. Raises `ConfigError` for a name the server does not allow.
    """
    localpart = split_user_id(user_id)[0]
    try:
        answer = await http.request(
            "GET", f"{CLIENT}/register/available", params={"username": localpart}, authenticated=False
        )
        return not answer.is_true("available")
    except RateLimitedError:
        raise
    except MatrixApiError as error:
        if error.errcode == "M_USER_IN_USE":
            return True
        if error.errcode == "M_INVALID_USERNAME":
            raise ConfigError(
                f"The homeserver does not allow the user id {user_id!r}: {error.said}. "
                "Use lower-case letters, digits and . _ = - / only, and the homeserver's own server name."
            ) from error
    return await _has_profile(http, user_id)


async def _has_profile(http: MatrixHttp, user_id: str) -> bool | None:
    try:
        await http.request("GET", f"{CLIENT}/profile/{in_path(user_id)}", authenticated=False)
    except RateLimitedError:
        raise
    except MatrixApiError as error:
        return False if error.status == 404 else None
    return True


async def log_in(http: MatrixHttp, user_id: str, password: Secret, device_id: str) -> Login:
    """Log in with a password on one fixed device, so that doing it again adds no device.

    Raises `ConfigError` when the password is wrong or the account deactivated.
    """
    body = {
        "type": PASSWORD,
        "identifier": {"type": "m.id.user", "user": user_id},
        "password": password.reveal(),
        "device_id": device_id,
        "initial_device_display_name": DEVICE_DISPLAY_NAME,
    }
    try:
        answer = await http.request(
            "POST", f"{CLIENT}/login", json=body, authenticated=False, secrets=(password,)
        )
    except RateLimitedError:
        raise
    except MatrixApiError as error:
        raise _login_refused(error, user_id) from error
    return login_of(http, answer)


async def log_in_alone(http: MatrixHttp, user_id: str, password: Secret, device_id: str) -> Login:
    """Log in on a device that is nobody else's, so that no other token of it lives on; raises as `log_in` does.

    One may live that nobody knows: of a login whose answer was lost, with the process that waited for it. The spec
    (v1.11, "Login") has the homeserver end it at the next login on the device, and Synapse 1.163 does not.
    """
    first = await log_in(http, user_id, password, device_id)
    before, http.access_token = http.access_token, first.access_token
    try:
        await log_out(http)
    finally:
        http.access_token = before
    return await log_in(http, user_id, password, device_id)


def _login_refused(error: MatrixApiError, user_id: str) -> ConnectorError:
    if error.errcode == "M_USER_DEACTIVATED":
        return AccountDeactivatedError(
            f"{user_id} is deactivated on the homeserver, which cannot be undone. Choose another user_id."
        )
    if error.status == 403:
        return ConfigError(
            f"The homeserver does not accept the password of {user_id}. "
            "Give the right one as password, or reset it on the homeserver."
        )
    return error


async def log_out(http: MatrixHttp) -> None:
    """End the device of the client's token, with every token it has; a dead token is no error."""
    with contextlib.suppress(UnknownTokenError):
        await http.request("POST", f"{CLIENT}/logout", json={})


class AccountDeactivatedError(ConfigError):
    """The account was deactivated: nobody can log in as it again."""


class NameTakenError(ConfigError):
    """The account exists already."""


async def register(
    http: MatrixHttp,
    user_id: str,
    password: Secret,
    device_id: str,
    registration_token: Secret | None,
) -> Login:
    """Register an account by whatever flow the server offers, with a token if there is one.

    Raises `ConfigError` saying why it was refused: closed, name taken, token wrong or missing.
    """
    localpart = split_user_id(user_id)[0]
    body = {
        "username": localpart,
        "password": password.reveal(),
        "device_id": device_id,
        "initial_device_display_name": DEVICE_DISPLAY_NAME,
    }
    answers: dict[str, Mapping[str, Any]] = {DUMMY: {}}
    if registration_token is not None:
        answers[REGISTRATION_TOKEN] = {"token": registration_token.reveal()}
    try:
        answer = await uia_request(
            http,
            "POST",
            f"{CLIENT}/register",
            body,
            answers,
            authenticated=False,
            secrets=(password, registration_token),
        )
    except RateLimitedError:
        raise
    except UiaRefusedError as error:
        raise _stage_refused(error, user_id, registration_token is not None) from error
    except MatrixApiError as error:
        raise registration_refused(error, user_id) from error
    return login_of(http, answer)


def _stage_refused(error: UiaRefusedError, user_id: str, had_token: bool) -> ConfigError:
    if error.stage == REGISTRATION_TOKEN:
        return ConfigError(
            f"The homeserver does not accept the registration token for {user_id}: it is wrong, expired or "
            "used up. Mint a new one (mosaic.fleet.matrix_registration_token), and give it as registration_token."
        )
    if not had_token and REGISTRATION_TOKEN in error.missing:
        return ConfigError(
            f"{user_id} does not exist and the homeserver registers nobody without a registration token. "
            "Give one as registration_token."
        )
    ways = "a shared secret, or give an access token that was issued elsewhere"
    return ConfigError(
        f"{user_id} cannot be registered: the homeserver asks for {', '.join(error.unanswered) or 'more'}, "
        f"which a machine cannot answer. Register with {ways if had_token else f'a registration token, {ways}'}."
    )


def registration_refused(error: MatrixApiError, user_id: str) -> ConnectorError:
    """A refused registration as one clear sentence; any other error comes back as it is."""
    if error.errcode == "M_USER_IN_USE":
        return NameTakenError(
            f"{user_id} is registered already, and neither its token nor its password is known here. "
            "Give its password as password, or choose another user_id."
        )
    if error.errcode == "M_WEAK_PASSWORD" or error.errcode.startswith("M_PASSWORD_"):
        return ConfigError(
            f"The homeserver does not allow this password for {user_id}: {error.said or error.errcode}. Change it."
        )
    if error.errcode in ("M_INVALID_USERNAME", "M_EXCLUSIVE"):
        return ConfigError(
            f"The homeserver does not allow {user_id}: {error.said or error.errcode}. Change it."
        )
    if error.status == 403:
        return ConfigError(
            f"{user_id} does not exist, and registration is closed on {_server_of(user_id)}. "
            "Open it with a registration token, or use method shared_secret."
        )
    return error


async def display_name(http: MatrixHttp, user_id: str, *, authenticated: bool = True) -> str | None:
    """The display name an account has, if any."""
    try:
        answer = await http.request(
            "GET", f"{CLIENT}/profile/{in_path(user_id)}/displayname", authenticated=authenticated
        )
    except RateLimitedError:
        raise
    except MatrixApiError as error:
        if error.status == 404:
            return None
        raise
    return answer.text("displayname")


async def public_display_name(http: MatrixHttp, user_id: str) -> str | None:
    """The display name as anybody sees it; None as well where the homeserver hides it."""
    try:
        return await display_name(http, user_id, authenticated=False)
    except RateLimitedError:
        raise
    except MatrixApiError:
        return None


async def set_display_name(http: MatrixHttp, user_id: str, name: str) -> None:
    """Give the account of the client's token a display name."""
    await http.request("PUT", f"{CLIENT}/profile/{in_path(user_id)}/displayname", json={"displayname": name})


async def deactivate(http: MatrixHttp, user_id: str, password: Secret) -> None:
    """Deactivate the account of the client's token, for ever; raises `ConfigError` if refused."""
    answer = {"identifier": {"type": "m.id.user", "user": user_id}, "password": password.reveal()}
    try:
        await uia_request(
            http, "POST", f"{CLIENT}/account/deactivate", {}, {PASSWORD: answer}, secrets=(password,)
        )
    except UiaRefusedError as error:
        raise ConfigError(
            f"The homeserver does not accept the password of {user_id}, which deactivating it needs. "
            "Give the right one as password."
        ) from error


def login_of(http: MatrixHttp, answer: Foreign) -> Login:
    """The login in the answer to a login or registration; one that will end is told of."""
    lasts = answer.number("expires_in_ms")
    if lasts is not None:
        http.on_notice(
            f"The homeserver ends the login of {answer.identifier('user_id')} after {lasts / 3_600_000:.1f} hours, and "
            "the line with it. Run this again before that, or let logins last there (Synapse: session_lifetime)."
        )
    return Login(
        required(answer, "user_id"),
        required(answer, "device_id"),
        Secret(present(answer.token("access_token"), "access_token")),
    )


def _server_of(user_id: str) -> str:
    return split_user_id(user_id)[1]
