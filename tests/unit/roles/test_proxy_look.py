# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role tls_proxy finds out on a host before it touches anything."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "roles" / "tls_proxy" / "files" / "look.py"
NOW = datetime.now(timezone.utc)


def ask(**question: Any) -> dict[str, Any]:
    defaults = {
        "unit": "mosaic-proxy.service",
        "executable": "/nowhere/caddy",
        "addresses": [],
        "ports": [],
        "names": ["matrix.example"],
        "certificate": "",
        "key": "",
    }
    command = [sys.executable, str(SCRIPT), json.dumps(defaults | question)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def certify(folder: Path, *, days: int = 1, password: bytes | None = None) -> tuple[str, str]:
    """A certificate for matrix.example that ends after `days`, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "matrix.example")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=30))
        .not_valid_after(NOW + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("matrix.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir()
    encryption = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    (folder / "certificate.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(private)
    return str(folder / "certificate.pem"), str(folder / "key.pem")


def test_a_certificate_that_fits_is_fit(tmp_path: Path) -> None:
    certificate, key = certify(tmp_path / "a")
    assert ask(certificate=certificate, key=key)["unfit"] == ""


def test_a_certificate_that_does_not_fit_is_told_why(tmp_path: Path) -> None:
    """Another name, one that is over, another's key, a key with a password, none at all."""
    certificate, key = certify(tmp_path / "a")
    old, old_key = certify(tmp_path / "b", days=-1)
    locked, locked_key = certify(tmp_path / "c", password=b"secret")
    tries = {
        "cannot be used for other.example: Hostname mismatch": ask(
            certificate=certificate, key=key, names=["matrix.example", "other.example"]
        ),
        "certificate has expired": ask(certificate=old, key=old_key),
        "do not belong together": ask(certificate=certificate, key=old_key),
        "the key has a password": ask(certificate=locked, key=locked_key),
        "there is no key at /nowhere": ask(certificate=certificate, key="/nowhere"),
    }
    assert {
        reason: answer["unfit"] for reason, answer in tries.items() if reason not in answer["unfit"]
    } == {}


def test_a_port_of_another_program_is_named_with_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert ask(ports=[port])["taken"][0].startswith(f"{port} by ")
        assert ask(ports=[port], addresses=["192.0.2.1"])["taken"] == []


def test_a_host_without_caddy_has_no_version_of_it() -> None:
    assert ask()["version"] == ""


@pytest.mark.skipif(sys.byteorder != "little", reason="the table is this machine's")
def test_the_kernels_addresses_are_read() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        port = server.getsockname()[1]
        assert ask(ports=[port], addresses=["::1"])["taken"] != []
        assert ask(ports=[port], addresses=["127.0.0.1"])["taken"] == []
