# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Conduit as a process: the stand-in, and the real one when CONDUIT names it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

REPOSITORY = Path(__file__).parents[3]
TOKEN = "31415926535"


class Conduit:
    """One Conduit on loopback, with its own data."""

    def __init__(self, executable: Path, folder: Path) -> None:
        self.executable = executable
        self.config = folder / "conduit.toml"
        self.data = folder / "data"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=40)
        self._process: subprocess.Popen[bytes] | None = None

    def configure(self, **settings: object) -> None:
        """Write the configuration; a text is a text, whatever it looks like."""
        values = {
            "server_name": "fleet.example",
            "database_backend": "sqlite",  # smaller than the other, and both are stood in for
            "database_path": str(self.data),
            "port": self.port,
            "allow_registration": True,
            "registration_token": TOKEN,
            "enable_lightning_bolt": False,
            "allow_check_for_updates": False,
            **settings,
        }
        lines = [f"{key} = {_toml(value)}" for key, value in values.items() if value is not None]
        self.config.write_text("\n".join(["[global]", *lines, ""]), encoding="utf-8")

    def start(self) -> None:
        """Start and wait until it answers."""
        self._process = subprocess.Popen([self.executable], env=self.environment, stderr=sys.stderr)
        deadline = time.monotonic() + 60
        while True:
            try:
                assert self.http.get("/_matrix/client/versions").status_code == 200
                return
            except httpx.TransportError:
                assert self._process.poll() is None, "it ended by itself"
                assert time.monotonic() < deadline, "it does not answer"
                time.sleep(0.05)

    def stop(self) -> None:
        """End it and wait."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(40)
            self._process = None

    def fails(self) -> str:
        """What it says when it does not start."""
        done = subprocess.run(
            [self.executable], env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode != 0
        return done.stdout + done.stderr

    @property
    def environment(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "NO_COLOR": "1", "CONDUIT_CONFIG": str(self.config)}

    def call(
        self, method: str, path: str, body: object = None, token: str | None = None, **query: object
    ) -> httpx.Response:
        """One request of the client-server API."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        prefix = "" if path.startswith("/_matrix") else "/_matrix/client/v3"
        return self.http.request(method, prefix + path, json=body, headers=headers, params=query)

    def register(self, name: str, **more: object) -> dict:
        """An account, by the token."""
        auth = {"type": "m.login.registration_token", "token": TOKEN}
        answer = self.call(
            "POST", "/register", {"username": name, "password": "secret", "auth": auth, **more}
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


def _toml(value: object) -> str:
    return (
        str(value).lower()
        if isinstance(value, bool)
        else repr(value)
        if isinstance(value, int)
        else f'"{value}"'
    )


@pytest.fixture(scope="session")
def standin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("standin") / "conduit"
    subprocess.run([sys.executable, REPOSITORY / "tests/standins/build.py", "conduit", target], check=True)
    return target


@pytest.fixture(params=["stand-in", "real"])
def conduit(request: pytest.FixtureRequest, standin: Path, tmp_path: Path) -> Iterator[Conduit]:
    """A Conduit that is configured and not started yet."""
    executable = standin
    if request.param == "real":
        if not os.environ.get("CONDUIT"):
            pytest.skip("the real Conduit: CONDUIT=/path/to/conduit names one")
        executable = Path(os.environ["CONDUIT"])
    made = Conduit(executable, tmp_path)
    made.configure()
    yield made
    made.stop()
    made.http.close()
