# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules run as Ansible runs them, against homeservers on a real socket."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ansible.module_utils.common import warnings
from fakes.accounts_server import SHARED_SECRET
from fakes.http_server import served
from fakes.module_arguments import patch_module_args
from fakes.rooms_server import RoomsServer

Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run_main(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a module with arguments and return what Ansible would read."""
    # As on a host, also where another test has imported the controller: warnings go into the result.
    monkeypatch.setattr("ansible.module_utils._internal.is_controller", False, raising=False)

    def run(
        module: ModuleType, *, check: bool = False, no_log: bool = False, **arguments: Any
    ) -> dict[str, Any]:
        special = {
            "_ansible_check_mode": check,
            "_ansible_diff": True,
            "_ansible_no_log": no_log,
            "_ansible_remote_tmp": "/tmp",
        }
        # A module is a process of its own on a host: what one run warned of is not told by the next.
        warnings._global_warnings.clear()
        warnings._global_deprecations.clear()
        with patch_module_args({**arguments, **special}), pytest.raises(SystemExit) as ended:
            module.main()
        result: dict[str, Any] = json.loads(capsys.readouterr().out)
        assert bool(ended.value.code) == bool(result.get("failed"))
        return result

    return run


@pytest.fixture
def synapse() -> Iterator[RoomsServer]:
    """A server that behaves as Synapse, with one registration token."""
    with served(RoomsServer("synapse", registration_token="registration-token-0")) as server:
        yield server  # type: ignore[misc]


@pytest.fixture
def conduit() -> Iterator[RoomsServer]:
    """A server that behaves as Conduit, with its one static registration token."""
    with served(RoomsServer("conduit", registration_token="registration-token-0")) as server:
        yield server  # type: ignore[misc]


@pytest.fixture(params=["synapse", "conduit"])
def either(request: pytest.FixtureRequest) -> RoomsServer:
    """The same test on both."""
    server: RoomsServer = request.getfixturevalue(request.param)
    return server


@pytest.fixture
def env(tmp_path: Path) -> Callable[[str], str]:
    """Writes a file of secrets, of the mode that one has to have."""
    path = tmp_path / "connector.env"

    def write(text: str) -> str:
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    return write


@pytest.fixture
def matrix(synapse: RoomsServer) -> tuple[dict[str, Any], str]:
    """A connector block for an account that exists, and its token."""
    token = synapse.add_user("mos", "password-of-mos")
    room_id = synapse.make_room("@mos:hs.test", "#fleet:hs.test")
    synapse.route("GET", "/_matrix/client/versions", lambda _request: {"versions": ["v1.11"]})
    block = {"homeserver_url": synapse.url, "user_id": "@mos:hs.test", "room_id": room_id}
    return {"kind": "matrix", "matrix": block}, token


def secrets_of(server: RoomsServer) -> set[str]:
    """Everything on a server that no output may contain."""
    found = {SHARED_SECRET, *server.tokens}
    for user in server.users.values():
        found.add(user.password)
        found.update(token for tokens in user.devices.values() for token in tokens)
    return found
