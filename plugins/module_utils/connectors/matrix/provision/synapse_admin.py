# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What Synapse offers beside the Matrix specification: shared-secret registration, registration tokens.

Source: Synapse's documentation, "Admin API": "Shared-Secret Registration" (which Tuwunel speaks too)
and "Registration Tokens".
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from typing import Any

from ...border import LONG_ANSWER_BYTES, Foreign, in_path
from ...errors import ConfigError, ConnectorError
from ...secrets import Secret
from ..errors import MatrixApiError, NotMatrixError, RateLimitedError
from ..http import MatrixHttp
from ..identifiers import split_user_id
from .accounts import DEVICE_DISPLAY_NAME, Login, login_of, registration_refused

REGISTER = "/_synapse/admin/v1/register"
TOKENS = "/_synapse/admin/v1/registration_tokens"

MAX_NAME = 30
"""Characters of a token's name, so that name, dot and 32 random characters stay within Synapse's 64."""


@dataclass(frozen=True)
class RegistrationToken:
    """A registration token; `expires_at` is in seconds since the epoch, None means never."""

    token: Secret
    uses_allowed: int | None
    used: int
    expires_at: float | None


async def register_with_secret(
    http: MatrixHttp, user_id: str, password: Secret, device_id: str, shared_secret: Secret, *, admin: bool
) -> Login:
    """Register an account by the registration shared secret; works while registration is closed.

    Raises `ConfigError` when the secret is wrong, the name taken, or the server has no such API.
    """
    localpart = split_user_id(user_id)[0]
    try:
        nonce = (await http.request("GET", REGISTER, authenticated=False)).token("nonce") or ""
        body = {
            "nonce": nonce,
            "username": localpart,
            "password": password.reveal(),
            "admin": admin,
            "mac": _mac(shared_secret, nonce, localpart, password, admin),
            "device_id": device_id,
            "initial_device_display_name": DEVICE_DISPLAY_NAME,
        }
        answer = await http.request(
            "POST", REGISTER, json=body, authenticated=False, secrets=(password, shared_secret)
        )
    except RateLimitedError:
        raise
    except NotMatrixError as error:
        raise _no_such_api(http) from error
    except MatrixApiError as error:
        raise _secret_refused(error, http, user_id) from error
    return login_of(http, answer)


def _mac(secret: Secret, nonce: str, localpart: str, password: Secret, admin: bool) -> str:
    signed = "\0".join([nonce, localpart, password.reveal(), "admin" if admin else "notadmin"])
    return hmac.new(secret.reveal().encode(), signed.encode(), hashlib.sha1).hexdigest()


def _secret_refused(error: MatrixApiError, http: MatrixHttp, user_id: str) -> ConnectorError:
    if error.status in (404, 405) or "not enabled" in error.said.lower():
        return _no_such_api(http)
    if error.status == 403:
        return ConfigError(
            f"{http.base_url} does not accept the shared secret. Expected is the value of "
            "registration_shared_secret in the homeserver's configuration: correct it."
        )
    return registration_refused(error, user_id)


def _no_such_api(http: MatrixHttp) -> ConfigError:
    return ConfigError(
        f"{http.base_url} has no shared-secret registration. It needs a Synapse or a Tuwunel whose "
        "configuration sets registration_shared_secret, reached without a proxy that hides /_synapse."
    )


async def list_tokens(http: MatrixHttp, name: str) -> list[RegistrationToken]:
    """The registration tokens called `name`, used-up and expired ones included."""
    answer = await _admin_request(http, "GET", TOKENS, limit=LONG_ANSWER_BYTES)
    found = [_parse(item) for item in answer.objects("registration_tokens")]
    return [token for token in found if token.token.reveal().startswith(f"{name}.")]


async def valid_tokens(http: MatrixHttp, now: float) -> list[RegistrationToken]:
    """The registration tokens, whoever made them, that still let somebody register at `now`, in seconds since the epoch."""
    answer = await _admin_request(http, "GET", TOKENS, limit=LONG_ANSWER_BYTES)
    found = [_parse(item) for item in answer.objects("registration_tokens")]
    return [
        token
        for token in found
        if (token.uses_allowed is None or token.used < token.uses_allowed)
        and (token.expires_at is None or token.expires_at > now)
    ]


async def create_token(
    http: MatrixHttp, name: str, *, uses_allowed: int, expires_at: float | None
) -> RegistrationToken:
    """Mint a registration token called `name`: the name, a dot, and 192 random bits."""
    body = {
        "token": f"{name}.{secrets.token_urlsafe(24)}",
        "uses_allowed": uses_allowed,
        "expiry_time": None if expires_at is None else int(expires_at * 1000),
    }
    return _parse(await _admin_request(http, "POST", f"{TOKENS}/new", json=body))


async def revoke_token(http: MatrixHttp, token: Secret) -> None:
    """Delete a registration token; one that is gone already is fine."""
    try:
        # The admin API wants the token in the path, so errors must not quote the path.
        await _admin_request(http, "DELETE", f"{TOKENS}/{in_path(token.reveal())}", label=f"{TOKENS}/***")
    except MatrixApiError as error:
        if error.status != 404:
            raise


async def _admin_request(http: MatrixHttp, method: str, path: str, **options: Any) -> Foreign:
    try:
        return await http.request(method, path, **options)
    except RateLimitedError:
        raise
    except MatrixApiError as error:
        if error.status == 403:
            raise ConfigError(
                "The account in credentials_path is expected to be a server admin and is not. "
                "Name the credentials of an admin, e.g. the one that the synapse role makes."
            ) from error
        if error.errcode == "M_UNRECOGNIZED":
            raise ConfigError(
                f"{http.base_url} has no registration tokens to administer: that is Synapse's admin API. "
                "On Conduit set registration_token in its configuration instead."
            ) from error
        raise


def _parse(item: Foreign) -> RegistrationToken:
    token, expiry = item.token("token"), item.number("expiry_time")
    if token is None:
        raise NotMatrixError("The homeserver is expected to name a registration token, and does not.")
    return RegistrationToken(
        token=Secret(token),
        uses_allowed=item.number("uses_allowed"),
        used=(item.number("pending") or 0) + (item.number("completed") or 0),
        expires_at=None if expiry is None else expiry / 1000,
    )
