# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Synapse for tests: own directory, loopback, a free port, SQLite, gone when the test is.

It lives in a virtual environment of its own, named by `MOSAIC_SYNAPSE_VENV` or made on demand
under `.cache/synapse-venv`, and is used by fixtures (conftest.py) and by the benchmarks alike.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import hmac
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SERVER_NAME = "mosaic.test"
START_TIMEOUT = 60.0
VENV_VARIABLE = "MOSAIC_SYNAPSE_VENV"

_REPOSITORY = Path(__file__).resolve().parents[2]
_UNLIMITED = {"per_second": 10_000, "burst_count": 10_000}
_RAISED_LIMITS: dict[str, Any] = {
    "rc_message": _UNLIMITED,
    "rc_registration": _UNLIMITED,
    "rc_registration_token_validity": _UNLIMITED,
    "rc_login": {"address": _UNLIMITED, "account": _UNLIMITED, "failed_attempts": _UNLIMITED},
    "rc_admin_redaction": _UNLIMITED,
    "rc_joins": {"local": _UNLIMITED, "remote": _UNLIMITED},
    "rc_joins_per_room": _UNLIMITED,
    "rc_invites": {"per_room": _UNLIMITED, "per_user": _UNLIMITED, "per_issuer": _UNLIMITED},
    "rc_room_creation": _UNLIMITED,
}


@dataclass(frozen=True)
class Account:
    """An account made through the shared-secret API."""

    user_id: str
    device_id: str
    access_token: str
    password: str


class Synapse:
    """One server on its own directory; it survives `stop` and `start`, so a test can restart it."""

    def __init__(self, directory: Path, *, raised_limits: bool = True, python: Path | None = None) -> None:
        self.directory = directory
        self.server_name = SERVER_NAME
        self.registration_shared_secret = secrets.token_hex(16)
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._python = python or synapse_python()
        self._process: subprocess.Popen[bytes] | None = None
        self._write_config(_RAISED_LIMITS if raised_limits else {})

    @property
    def database(self) -> Path:
        """The SQLite file, for a test that restores a backup while the server is stopped."""
        return self.directory / "homeserver.db"

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self.directory / "console.log").open("ab") as console:
            self._process = subprocess.Popen(
                [str(self._python), "-m", "synapse.app.homeserver", "-c", "homeserver.yaml"],
                cwd=self.directory,
                stdout=console,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                preexec_fn=_die_with_parent,  # noqa: PLW1509  # one call, no lock taken
            )
        deadline = time.monotonic() + START_TIMEOUT
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                log = (self.directory / "console.log").read_text(errors="replace")[-2000:]
                raise RuntimeError(f"Synapse did not start; the end of its console:\n{log}")
            time.sleep(0.05)  # nothing can be awaited here: the server opens its port when it is ready

    def stop(self) -> None:
        """Stop the server gracefully; harmless when it does not run."""
        self._end(signal.SIGTERM, patience=15)

    def kill(self) -> None:
        """End the server as a power cut would."""
        self._end(signal.SIGKILL, patience=5)

    def _end(self, signal_number: int, patience: float) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal_number)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)

    def register(self, localpart: str, *, password: str | None = None, admin: bool = False) -> Account:
        """Make an account by the shared secret; works whatever the registration settings are."""
        password = password or secrets.token_hex(12)
        nonce = self.call("GET", "/_synapse/admin/v1/register")["nonce"]
        signed = "\0".join([nonce, localpart, password, "admin" if admin else "notadmin"])
        mac = hmac.new(self.registration_shared_secret.encode(), signed.encode(), hashlib.sha1)
        body = {
            "nonce": nonce,
            "username": localpart,
            "password": password,
            "admin": admin,
            "mac": mac.hexdigest(),
        }
        made = self.call("POST", "/_synapse/admin/v1/register", body)
        return Account(made["user_id"], made["device_id"], made["access_token"], password)

    def call(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> dict[str, Any]:
        """One plain JSON request, independent of the library under test; raises on an HTTP error."""
        request = urllib.request.Request(self.url + path, method=method)
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(request, data, timeout=30) as response:
            document: dict[str, Any] = json.load(response)
        return document

    def create_room(self, owner: Account, *members: Account, **options: Any) -> str:
        """A private room of `owner` that `members` have joined; returns its id."""
        body = {"preset": "private_chat", "invite": [member.user_id for member in members], **options}
        room_id: str = self.call("POST", "/_matrix/client/v3/createRoom", body, token=owner.access_token)[
            "room_id"
        ]
        for member in members:
            self.call("POST", f"/_matrix/client/v3/join/{room_id}", {}, token=member.access_token)
        return room_id

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self.url + "/health", timeout=2) as response:
                return bool(response.read() == b"OK")
        except OSError:
            return False

    def _write_config(self, limits: dict[str, Any]) -> None:
        config = {
            "server_name": self.server_name,
            "pid_file": "homeserver.pid",
            "listeners": [
                {
                    "port": self.port,
                    "type": "http",
                    "bind_addresses": ["127.0.0.1"],
                    "resources": [{"names": ["client"]}],
                }
            ],
            "database": {"name": "sqlite3", "args": {"database": str(self.database)}},
            "log_config": str(self.directory / "log.yaml"),
            "media_store_path": str(self.directory / "media"),
            "signing_key_path": str(self.directory / "signing.key"),
            "report_stats": False,
            "trusted_key_servers": [],
            "suppress_key_server_warning": True,
            "macaroon_secret_key": secrets.token_hex(16),
            "form_secret": secrets.token_hex(16),
            "registration_shared_secret": self.registration_shared_secret,
            "enable_registration": True,
            "registration_requires_token": True,
            "bcrypt_rounds": 4,
            **limits,
        }
        # JSON is YAML, so neither this file nor its users need a YAML library.
        (self.directory / "homeserver.yaml").write_text(json.dumps(config, indent=1))
        (self.directory / "log.yaml").write_text(
            json.dumps(
                {
                    "version": 1,
                    "handlers": {"file": {"class": "logging.FileHandler", "filename": "homeserver.log"}},
                    "root": {"level": "WARNING", "handlers": ["file"]},
                    "disable_existing_loggers": False,
                }
            )
        )


@contextlib.contextmanager
def running_synapse(directory: Path, *, raised_limits: bool = True) -> Iterator[Synapse]:
    """A started server on `directory`, stopped at the end whatever happens."""
    server = Synapse(directory, raised_limits=raised_limits)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def synapse_python() -> Path:
    """The interpreter that has Synapse; made on first use (about 30 seconds and 240 MB)."""
    named = os.environ.get(VENV_VARIABLE)
    venv = Path(named) if named else _REPOSITORY / ".cache" / "synapse-venv"
    python = venv / "bin" / "python"
    venv.parent.mkdir(parents=True, exist_ok=True)
    # Two test runs may start at once; the second waits for the first to finish installing.
    with (venv.parent / f".{venv.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _has_synapse(python):
            subprocess.run([sys.executable, "-m", "venv", str(venv)], check=True, timeout=120)
            subprocess.run(
                [str(python), "-m", "pip", "install", "-q", "matrix-synapse"], check=True, timeout=600
            )
    return python


def _has_synapse(python: Path) -> bool:
    look = "import importlib.util as u, sys; sys.exit(u.find_spec('synapse') is None)"
    # -P-like: the working directory holds a file of the same name as Synapse's package.
    return python.exists() and subprocess.run([str(python), "-I", "-c", look], check=False).returncode == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _die_with_parent() -> None:
    # PR_SET_PDEATHSIG: a test run that is killed leaves no server behind.
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
