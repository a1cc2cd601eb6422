# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A service that puts links into its own folder has root neither publish nor change what they lead to."""

from __future__ import annotations

import os
import pwd
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.role_tasks import run_tasks

SERVICE = pwd.getpwnam("daemon")  # whose group has the same name, as those of the roles have
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIBpDCCAUqgAwIBAgIR\nAbc=\n-----END CERTIFICATE-----\n"
ROOT_CRT = "caddy/pki/authorities/local/root.crt"
pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to lose here")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder as /var/lib is; in it the service's, and a secret of root's."""
    place = Path(tempfile.mkdtemp(prefix="mosaic-hostile-", dir="/tmp"))
    place.chmod(0o711)
    (place / "secret").write_text("root's alone")
    (place / "secret").chmod(0o600)
    (place / "data" / ROOT_CRT).parent.mkdir(parents=True)
    for path in (place / "data", *(place / "data").rglob("*")):
        os.chown(path, SERVICE.pw_uid, SERVICE.pw_gid)
    yield place
    shutil.rmtree(place)


def publish(place: Path) -> str:
    """What the proxy's authority is, once the role has read it from the service's folder."""
    said = run_tasks(
        place,
        "tls_proxy",
        "authority.yml",
        tls_proxy_start_timeout=1,
        __tls_proxy_user=SERVICE.pw_name,
        __tls_proxy_data=str(place / "data"),
        __tls_proxy_authority=str(place / "authority.pem"),
    )
    assert "root's alone" not in said
    return said


def test_the_certificate_of_the_authority_is_published(place: Path) -> None:
    (place / "data" / ROOT_CRT).write_text(CERTIFICATE)
    (place / "data" / ROOT_CRT).chmod(0o644)
    publish(place)
    assert (place / "authority.pem").read_text() == CERTIFICATE


@pytest.mark.parametrize(
    "content", [CERTIFICATE * 2, CERTIFICATE.replace("CERTIFICATE", "PRIVATE KEY"), "a\n"]
)
def test_what_is_not_one_certificate_is_refused(place: Path, content: str) -> None:
    (place / "data" / ROOT_CRT).write_text(content)
    (place / "data" / ROOT_CRT).chmod(0o644)
    assert "must be one PEM certificate" in " ".join(publish(place).split())
    assert not (place / "authority.pem").exists()


def test_a_link_in_the_place_of_the_certificate_publishes_nothing(place: Path) -> None:
    (place / "data" / ROOT_CRT).symlink_to(place / "secret")
    assert "Permission denied" in publish(place)
    assert not (place / "authority.pem").exists()


def test_a_link_in_the_place_of_the_media_changes_nothing(place: Path) -> None:
    (place / "private").mkdir(mode=0o755)
    (place / "data" / "media").symlink_to(place / "private")
    synapse = {"__synapse_user": SERVICE.pw_name, "__synapse_data": str(place / "data")}
    run_tasks(place, "synapse", "once.yml", "Make the folder for media", **synapse)
    look = (place / "private").stat()
    assert (look.st_uid, look.st_mode & 0o777) == (0, 0o755)


def test_the_folder_for_media_is_the_services(place: Path) -> None:
    synapse = {"__synapse_user": SERVICE.pw_name, "__synapse_data": str(place / "data")}
    run_tasks(place, "synapse", "once.yml", "Make the folder for media", **synapse)
    look = (place / "data" / "media").stat()
    assert (look.st_uid, look.st_mode & 0o777) == (SERVICE.pw_uid, 0o700)


def test_synapse_looks_at_its_configuration_as_its_own_user(place: Path) -> None:
    """It reads its signing key and makes folders even then."""
    python = place / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nfor last; do :; done\n{{ id -un; cat "$last"; }} >{place}/data/looked\n')
    python.chmod(0o755)
    (place / "templates").mkdir()
    (place / "templates" / "homeserver.yaml.j2").write_text("server_name: fleet.example\n")
    config = place / "config"
    config.mkdir(mode=0o750)
    os.chown(config, 0, SERVICE.pw_gid)
    name = "Write the configuration, once Synapse itself has found it right"
    synapse = {
        "synapse_venv": str(place / "venv"),
        "__synapse_config": str(config),
        "synapse_secret_settings": {},
    }
    run_tasks(place, "synapse", "configure.yml", name, __synapse_user=SERVICE.pw_name, **synapse)
    assert (place / "data" / "looked").read_text() == f"{SERVICE.pw_name}\nserver_name: fleet.example\n"
    assert [path.name for path in config.iterdir()] == ["homeserver.yaml"]
