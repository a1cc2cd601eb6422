# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Coming to an access token: a stored one that works, a given one, a login, or a registration."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass

from ...envfile import update_env_file
from ...errors import ConfigError, ConnectorError
from ...secrets import Secret
from ...setup.dialogue import StoppedError, UsageError
from ...setup.questions import ways_to_answer
from ...setup.staging import Staging
from ...setup.steps import Setup
from ..errors import UnknownTokenError
from ..identifiers import split_user_id
from ..kind import ACCESS_TOKEN, MATRIX_ACCESS_TOKEN, PASSWORD, REGISTRATION_TOKEN, USER_ID
from .account_plan import (
    KEYS,
    MATRIX_DEVICE_ID,
    MATRIX_PASSWORD,
    MATRIX_USER_ID,
    Account,
    Step,
    Stored,
    decide,
    default_device_id,
    look,
    secret_in,
)
from .account_steps import Enrolment, enrol
from .accounts import whoami
from .patient_http import PatientHttp

_LOG_IN, _REGISTER, _TOKEN = "login", "register", "token"
_CHOICES = {
    _LOG_IN: "log in with its password",
    _REGISTER: "register it, with the homeserver's registration token",
    _TOKEN: "use an access token that I have",
}


@dataclass(frozen=True)
class _Found:
    """An account as it is: what is stored about it here, and what the server says."""

    user_id: str
    stored: dict[str, str]
    account: Account


def staging(setup: Setup) -> Staging:
    """Where the account waits for the end of its setup."""
    return setup.stage(KEYS, MATRIX_USER_ID)


async def settle_account(setup: Setup, http: PatientHttp, suggested: tuple[str | None, str | None]) -> str:
    """Settle which account it is and leave `http` with a working token of it; returns the user id."""
    if staging(setup).left_over:
        setup.dialogue.note(f"An earlier setup stopped half-way; {staging(setup).path} is taken up.")

    async def check(user_id: str) -> _Found:
        split_user_id(user_id)
        await _offer_replacement(setup, user_id)
        stored = staging(setup).of(user_id)
        http.access_token = secret_in(stored, MATRIX_ACCESS_TOKEN)
        async with setup.dialogue.step(f"looking for {user_id}"):
            return _Found(user_id, stored, await look(http, user_id, stored, with_display_name=False))

    found = await setup.settle(USER_ID, check, present=suggested[0], default=suggested[1])
    if await _given_token_works(setup, http, found.user_id):
        return found.user_id
    if found.account.token is Stored.VALID:
        setup.dialogue.good(f"The stored token of {found.user_id} works")
    elif setup.dialogue.interactive:
        await _ask_until_in(setup, http, found)
    else:
        await _enrol_as_planned(setup, http, found)
    return found.user_id


async def _given_token_works(setup: Setup, http: PatientHttp, user_id: str) -> bool:
    """Use the token that was given beforehand, if one was; a human may come in another way if it is dead."""
    given = setup.answers.secret(ACCESS_TOKEN)
    if given is None:
        return False
    attempt = _use_token(setup, http, user_id, given)
    if setup.dialogue.interactive:
        return await _tried(setup, attempt)
    await attempt
    return True


async def _offer_replacement(setup: Setup, user_id: str) -> None:
    """Another account than the env file's: a human may want just that."""
    owner = staging(setup).kept_owner
    if owner in (None, user_id) or not setup.dialogue.interactive:
        return
    question = f"{setup.files.env_file} holds the credentials of {owner}. Replace them? A password kept there is lost."
    if await setup.dialogue.confirm(question, default=False):
        staging(setup).replace()


async def _ask_until_in(setup: Setup, http: PatientHttp, found: _Found) -> None:
    exists = found.account.exists
    if exists is not None:
        setup.dialogue.note(f"{found.user_id} {'exists' if exists else 'does not exist yet'}.")
    way = _REGISTER if exists is False else _LOG_IN
    known = setup.answers.secret(PASSWORD) or secret_in(found.stored, MATRIX_PASSWORD)
    if known is not None and exists is not False and await _tried(setup, _log_in(setup, http, found, known)):
        return
    while True:
        way = await setup.dialogue.choose("How does it get in?", _CHOICES, way, missing="")
        if await _WAYS[way](setup, http, found):
            return


async def _by_password(setup: Setup, http: PatientHttp, found: _Found) -> bool:
    """Ask for the password until it is right; an empty one goes back to the other ways."""
    prompt = f"Password of {found.user_id} (empty: another way):"
    while password := await setup.dialogue.secret(prompt, missing=ways_to_answer(PASSWORD)):
        if await _tried(setup, _log_in(setup, http, found, password)):
            return True
    return False


async def _by_registration(setup: Setup, http: PatientHttp, found: _Found) -> bool:
    token = setup.answers.secret(REGISTRATION_TOKEN)
    if token is None:
        token = await setup.dialogue.secret("Registration token (empty: the server wants none):", missing="")
    password = setup.answers.secret(PASSWORD) or secret_in(found.stored, MATRIX_PASSWORD)
    if password is None:
        password = await setup.dialogue.secret(
            f"Password for {found.user_id} (empty: a strong one is made and kept in the env file):",
            missing="",
        )
    return await _tried(setup, _register(setup, http, found, password, token))


async def _by_token(setup: Setup, http: PatientHttp, found: _Found) -> bool:
    prompt = "Access token (empty: another way):"
    while token := await setup.dialogue.secret(prompt, missing=ways_to_answer(ACCESS_TOKEN)):
        if await _tried(setup, _use_token(setup, http, found.user_id, token)):
            return True
    return False


_WAYS = {_LOG_IN: _by_password, _REGISTER: _by_registration, _TOKEN: _by_token}


async def _tried(setup: Setup, attempt: Awaitable[None]) -> bool:
    """Whether an attempt succeeded; why not is shown."""
    try:
        await attempt
    except (StoppedError, UsageError):
        raise
    except ConnectorError as error:
        setup.dialogue.bad(str(error))
        return False
    return True


async def _enrol_as_planned(setup: Setup, http: PatientHttp, found: _Found) -> None:
    """What the module `matrix_user` does with the same answers."""
    password = setup.answers.secret(PASSWORD) or secret_in(found.stored, MATRIX_PASSWORD)
    token = setup.answers.secret(REGISTRATION_TOKEN)
    if found.account.exists and password is None:
        raise UsageError(
            f"{found.user_id} exists, and no token of it is stored here. Nobody is asked with --yes, so "
            f"{ways_to_answer(PASSWORD)} or {ways_to_answer(ACCESS_TOKEN)} is needed."
        )
    step = decide(found.account, found.user_id, method="auto", password_known=password is not None)
    if step is Step.LOG_IN and password is not None:
        await _log_in(setup, http, found, password)
    else:
        await _register(setup, http, found, password, token)


async def _log_in(setup: Setup, http: PatientHttp, found: _Found, password: Secret) -> None:
    wanted = _enrolment(setup, found, method="login", password=password)
    async with setup.dialogue.step(f"logging in as {found.user_id}"):
        with setup.making(f"a login of {found.user_id} (device {wanted.device_id})"):
            await enrol(http, wanted, Step.LOG_IN)
    setup.dialogue.good(f"Logged in as {found.user_id}, device {wanted.device_id}")


async def _register(
    setup: Setup, http: PatientHttp, found: _Found, password: Secret | None, token: Secret | None
) -> None:
    wanted = _enrolment(setup, found, password=password, registration_token=token)
    async with setup.dialogue.step(f"registering {found.user_id}"):
        with setup.making(f"the account {found.user_id}"):
            done = await enrol(http, wanted, Step.REGISTER)
    how = "Registered" if done is Step.REGISTER else "Logged in as"
    setup.dialogue.good(f"{how} {found.user_id}, device {wanted.device_id}")


async def _use_token(setup: Setup, http: PatientHttp, user_id: str, token: Secret) -> None:
    before, http.access_token = http.access_token, token
    try:
        async with setup.dialogue.step("checking the access token"):
            owner, device_id = await whoami(http)
        if owner != user_id:
            raise ConfigError(f"This access token belongs to {owner}, and one of {user_id} is expected.")
    except UnknownTokenError as error:
        http.access_token = before
        raise ConfigError(
            f"{http.base_url} does not know this access token: it is expired, revoked or mistyped."
        ) from error
    except ConnectorError:
        http.access_token = before
        raise
    update_env_file(
        staging(setup).begin(irreplaceable=False),
        {MATRIX_ACCESS_TOKEN: token.reveal(), MATRIX_USER_ID: user_id, MATRIX_DEVICE_ID: device_id},
    )
    setup.dialogue.good(f"The access token of {user_id} works")


def _enrolment(
    setup: Setup,
    found: _Found,
    *,
    method: str = "auto",
    password: Secret | None = None,
    registration_token: Secret | None = None,
) -> Enrolment:
    return Enrolment(
        user_id=found.user_id,
        device_id=found.stored.get(MATRIX_DEVICE_ID) or default_device_id(found.user_id),
        credentials_path=staging(setup).begin(irreplaceable=True),
        method=method,
        password=password,
        registration_token=registration_token,
        alone=False,  # who only tries a setup is not to end the line of a bridge that runs elsewhere
    )
