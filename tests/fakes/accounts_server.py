# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A homeserver's accounts at the wire, as Conduit 0.10 and as Synapse 1.163 keep them.

What differs between the two is what reference and live trials say: Conduit asks for one stage and
takes it without a session, answers `/register/available` while registration is closed, kills the
old token of a device that logs in again, and has no admin API. Synapse asks for token then dummy
in a session, and forbids the probe while registration is closed.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

from fakes.http_server import FakeServer, Refusal, Reply, Request

SERVER_NAME = "hs.test"
SHARED_SECRET = "shared-secret-of-the-fake"
CLIENT = "/_matrix/client/v3"
TOKEN_STAGE = "m.login.registration_token"
DUMMY_STAGE = "m.login.dummy"
ISSUER = "https://auth.hs.test/"
METADATA = "/_matrix/client/v1/auth_metadata"


@dataclass
class User:
    """An account; `devices` maps a device id to its live tokens."""

    password: str
    display_name: str | None
    admin: bool = False
    deactivated: bool = False
    devices: dict[str, list[str]] = field(default_factory=dict)


class AccountsServer(FakeServer):
    """Registration, login, profiles, deactivation, and on Synapse the admin API."""

    def __init__(self, flavour: str = "synapse", *, registration_token: str | None = None) -> None:
        super().__init__()
        self.flavour = flavour
        self.registration = True
        self.users: dict[str, User] = {}
        self.tokens: dict[str, dict[str, Any]] = {}
        self.hides_profiles = False
        self.login_lasts_ms = 0
        """How long a login lasts; 0: until it is ended."""
        self._sessions: dict[str, dict[str, Any]] = {}
        self._nonces: set[str] = set()
        if registration_token is not None:
            self.add_token(registration_token)
        self._add_routes()

    def add_token(self, token: str, uses_allowed: int | None = None, expiry_time: int | None = None) -> None:
        """A registration token that exists already."""
        self.tokens[token] = {
            "token": token,
            "uses_allowed": uses_allowed,
            "pending": 0,
            "completed": 0,
            "expiry_time": expiry_time,
        }

    def add_user(self, localpart: str, password: str, *, admin: bool = False, device: str = "OTHER") -> str:
        """An account that exists already; returns a token of it."""
        name = None if self.flavour == "conduit" else localpart
        self.users[localpart] = User(password, name, admin=admin)
        return self._new_token(localpart, device)

    def expire_tokens(self, localpart: str) -> None:
        """Log out every device, as an admin or a restore does; the devices stay."""
        for tokens in self.users[localpart].devices.values():
            tokens.clear()

    def delegate(self, path: str = METADATA, *, passwords: bool = False) -> None:
        """Leave the accounts to an authentication service, as Synapse does that is told of a MAS.

        With `passwords` the service itself answers `/login` in the homeserver's stead, as its
        compatibility layer does behind a proxy; without, nobody answers it.
        """
        gone = (f"{CLIENT}/register", f"{CLIENT}/account/deactivate", "/_synapse/admin/v1/regist")
        if not passwords:
            gone = (*gone, f"{CLIENT}/login")
        self._routes = [
            route for route in self._routes if not route[1].pattern.startswith(tuple(map(re.escape, gone)))
        ]
        self.route("GET", path, lambda _request: {"issuer": ISSUER})

    def owner(self, request: Request) -> tuple[str, str]:
        """Localpart and device of the token of a request, or a refusal."""
        if request.token is None:
            raise Refusal(401, "M_MISSING_TOKEN")
        for localpart, user in self.users.items():
            for device, tokens in user.devices.items():
                if request.token in tokens:
                    return localpart, device
        raise Refusal(401, "M_UNKNOWN_TOKEN", "Invalid access token passed.")

    def _add_routes(self) -> None:
        self.route("GET", f"{CLIENT}/account/whoami", self._whoami)
        self.route("GET", f"{CLIENT}/register/available", self._available)
        self.route("POST", f"{CLIENT}/register", self._register)
        self.route("GET", f"{CLIENT}/login", self._login_flows)
        self.route("POST", f"{CLIENT}/login", self._login)
        self.route("POST", f"{CLIENT}/logout", self._logout)
        self.route("POST", f"{CLIENT}/account/deactivate", self._deactivate)
        self.route("GET", f"{CLIENT}/profile/{{}}", self._profile)
        self.route("GET", f"{CLIENT}/profile/{{}}/displayname", self._profile)
        self.route("PUT", f"{CLIENT}/profile/{{}}/displayname", self._set_name)
        if self.flavour == "synapse":
            self.route("GET", "/_synapse/admin/v1/register", self._nonce)
            self.route("POST", "/_synapse/admin/v1/register", self._register_by_secret)
            self.route("GET", "/_synapse/admin/v1/registration_tokens", self._list_tokens)
            self.route("POST", "/_synapse/admin/v1/registration_tokens/new", self._new_registration_token)
            self.route("DELETE", "/_synapse/admin/v1/registration_tokens/{}", self._delete_token)

    def _whoami(self, request: Request) -> Any:
        localpart, device = self.owner(request)
        return {"user_id": f"@{localpart}:{SERVER_NAME}", "device_id": device}

    def _available(self, request: Request) -> Any:
        localpart = request.query["username"]
        if not self.registration and self.flavour == "synapse":
            raise Refusal(403, "M_FORBIDDEN", "Registration has been disabled")
        self._check_name(localpart)
        return {"available": True}

    def _check_name(self, localpart: str) -> None:
        if localpart != localpart.lower():
            raise Refusal(400, "M_INVALID_USERNAME", "User ID can only contain lower-case characters.")
        if localpart in self.users:
            raise Refusal(400, "M_USER_IN_USE", "User ID already taken.")

    def _register(self, request: Request) -> Any:
        if not self.registration:
            raise Refusal(403, "M_FORBIDDEN", "Registration has been disabled")
        self._check_name(request.body["username"])
        return self._interactive(request, self._registration_stages(), self._finish_registration)

    def _registration_stages(self) -> list[str]:
        if self.flavour == "conduit":
            return [TOKEN_STAGE] if self.tokens else [DUMMY_STAGE]
        return [TOKEN_STAGE, DUMMY_STAGE]

    def _interactive(self, request: Request, stages: list[str], finish: Any) -> Any:
        auth = request.body.get("auth") or {}
        session = auth.get("session")
        if session is None and (not auth or self.flavour == "synapse"):
            session = secrets.token_hex(8)
        state = self._sessions.setdefault(session or "one-shot", {"completed": []})
        refusal: dict[str, Any] = {}
        if auth:
            error = self._stage_error(auth, stages, state["completed"])
            if error is None:
                state["completed"].append(auth["type"])
            else:
                refusal = {"errcode": "M_FORBIDDEN", "error": error}
        if set(stages) <= set(state["completed"]):
            return finish(request)
        flows = [{"stages": stages}]
        return Reply(
            401,
            {"flows": flows, "params": {}, "session": session, "completed": state["completed"], **refusal},
        )

    def _stage_error(self, auth: dict[str, Any], stages: list[str], completed: list[str]) -> str | None:
        if auth["type"] not in stages or auth["type"] in completed:
            return "Not a stage of this flow"
        if auth["type"] == TOKEN_STAGE:
            token = self.tokens.get(auth.get("token", ""))
            used_up = token is not None and token["uses_allowed"] is not None
            if token is None or (used_up and token["completed"] >= token["uses_allowed"]):
                return "Invalid registration token"
            token["completed"] += 1
        if auth["type"] == "m.login.password":
            user = self.users[auth["identifier"]["user"].removeprefix("@").partition(":")[0]]
            return None if auth["password"] == user.password else "Invalid password"
        return None

    def _finish_registration(self, request: Request) -> Any:
        body = request.body
        first_on_conduit = self.flavour == "conduit" and not self.users
        name = None if self.flavour == "conduit" else body["username"]
        self.users[body["username"]] = User(body["password"], name, admin=first_on_conduit)
        return self._session(body["username"], body["device_id"])

    def _session(self, localpart: str, device: str) -> dict[str, Any]:
        return {
            "user_id": f"@{localpart}:{SERVER_NAME}",
            "device_id": device,
            "access_token": self._new_token(localpart, device),
            "home_server": SERVER_NAME,
            **({"expires_in_ms": self.login_lasts_ms} if self.login_lasts_ms else {}),
        }

    def _new_token(self, localpart: str, device: str) -> str:
        tokens = self.users[localpart].devices.setdefault(device, [])
        if self.flavour == "conduit":
            tokens.clear()
        tokens.append(f"fake-access-{secrets.token_hex(12)}")
        return tokens[-1]

    def _login_flows(self, _request: Request) -> Any:
        return {"flows": [{"type": "m.login.password"}]}

    def _login(self, request: Request) -> Any:
        localpart = request.body["identifier"]["user"].removeprefix("@").partition(":")[0]
        user = self.users.get(localpart)
        if user is not None and user.deactivated:
            raise Refusal(403, "M_USER_DEACTIVATED", "This account has been deactivated")
        if user is None or user.password != request.body["password"]:
            raise Refusal(403, "M_FORBIDDEN", "Invalid username or password")
        return self._session(localpart, request.body.get("device_id") or secrets.token_hex(5).upper())

    def _logout(self, request: Request) -> Any:
        localpart, device = self.owner(request)
        # Both remove the device, and so every token it has (Synapse 1.163 live, Conduit 0.10.12 source).
        del self.users[localpart].devices[device]
        return {}

    def _deactivate(self, request: Request) -> Any:
        localpart = self.owner(request)[0]
        return self._interactive(request, ["m.login.password"], lambda _request: self._gone(localpart))

    def _gone(self, localpart: str) -> dict[str, Any]:
        self.users[localpart].deactivated = True
        self.users[localpart].devices.clear()
        return {"id_server_unbind_result": "success"}

    def _profile(self, request: Request) -> Any:
        if self.hides_profiles and request.token is None:
            raise Refusal(403, "M_FORBIDDEN")
        user = self.users.get(request.arguments[0].removeprefix("@").partition(":")[0])
        if user is None:
            raise Refusal(404, "M_NOT_FOUND", "Profile was not found")
        return {} if user.display_name is None else {"displayname": user.display_name}

    def _set_name(self, request: Request) -> Any:
        localpart = self.owner(request)[0]
        self.users[localpart].display_name = request.body["displayname"]
        return {}

    def _nonce(self, _request: Request) -> Any:
        nonce = secrets.token_hex(8)
        self._nonces.add(nonce)
        return {"nonce": nonce}

    def _register_by_secret(self, request: Request) -> Any:
        body = request.body
        if body["nonce"] not in self._nonces:
            raise Refusal(400, "M_UNKNOWN", "unrecognised nonce")
        self._nonces.discard(body["nonce"])
        kind = "admin" if body["admin"] else "notadmin"
        signed = "\0".join([body["nonce"], body["username"], body["password"], kind])
        if hmac.new(SHARED_SECRET.encode(), signed.encode(), hashlib.sha1).hexdigest() != body["mac"]:
            raise Refusal(403, "M_UNKNOWN", "HMAC incorrect")
        self._check_name(body["username"])
        self.users[body["username"]] = User(body["password"], body["username"], admin=body["admin"])
        return self._session(body["username"], body["device_id"])

    def _admin_only(self, request: Request) -> None:
        localpart = self.owner(request)[0]
        if not self.users[localpart].admin:
            raise Refusal(403, "M_FORBIDDEN", "You are not a server admin")

    def _list_tokens(self, request: Request) -> Any:
        self._admin_only(request)
        return {"registration_tokens": list(self.tokens.values())}

    def _new_registration_token(self, request: Request) -> Any:
        self._admin_only(request)
        body = request.body
        self.add_token(body["token"], body["uses_allowed"], body["expiry_time"])
        return self.tokens[body["token"]]

    def _delete_token(self, request: Request) -> Any:
        self._admin_only(request)
        if self.tokens.pop(request.arguments[0], None) is None:
            raise Refusal(404, "M_NOT_FOUND")
        return {}
