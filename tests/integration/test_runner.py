# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A playbook under ansible-runner, by which AWX runs its jobs, and which keeps every event of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from integration.synapse import Synapse

_ROOT = Path(__file__).resolve().parents[2]


def test_a_fleet_is_checked_and_no_event_holds_a_secret(synapse: Synapse, tmp_path: Path) -> None:
    """The collection's playbook is found by its full name; what is kept of accounts that were made has no token of theirs."""
    operator = synapse.register("runner_operator")
    secret, credentials = tmp_path / "secret", tmp_path / "connector.env"
    secret.write_text(synapse.registration_shared_secret)
    secret.chmod(0o600)
    common = {"homeserver_url": synapse.url, "credentials_path": str(credentials)}
    make = {
        "hosts": "mos-1",
        "gather_facts": False,
        "check_mode": False,
        "tasks": [
            {
                "mosaic.fleet.matrix_user": {
                    **common,
                    "user_id": "@run:mosaic.test",
                    "shared_secret_path": str(secret),
                }
            },
            {
                "mosaic.fleet.matrix_room": {
                    **common,
                    "alias": "#run:mosaic.test",
                    "invite": [operator.user_id],
                }
            },
        ],
    }
    host = {
        "ansible_connection": "local",
        "ansible_python_interpreter": sys.executable,
        "ansible_become": False,
        "runtime_wheel_cache": str(tmp_path / "wheels"),
    }
    job = tmp_path / "job"
    for folder, name, document in (
        ("project", "site.yml", [make, {"import_playbook": "mosaic.fleet.provision"}]),
        ("inventory", "hosts.json", {"orchestrators": {"hosts": {"mos-1": host}}}),
    ):
        (job / folder).mkdir(parents=True)
        (job / folder / name).write_text(json.dumps(document))
    events = _run(job)
    stats = events[-1]["event_data"]
    assert stats["ok"]["mos-1"] > 10
    assert (stats["failures"], stats["dark"]) == ({}, {})
    kept = {
        file.name: file.read_text(errors="replace")
        for file in (job / "artifacts").rglob("*")
        if file.is_file()
    }
    assert any("shared_secret_path" in text for text in kept.values())  # with what the modules were called
    secrets = [
        line.partition("=")[2]
        for line in credentials.read_text().splitlines()
        if "_TOKEN=" in line or "_PASSWORD=" in line
    ]
    assert len(secrets) == 2
    assert [
        name for name, text in kept.items() for one in (*secrets, secret.read_text()) if one in text
    ] == []


def _run(job: Path) -> list[dict[str, dict[str, dict[str, int]]]]:
    """Run a job to its good end; its events in order, the last of which are the figures."""
    binaries = Path(sys.executable).parent
    environment = {
        **os.environ,
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "ANSIBLE_COLLECTIONS_PATH": str(_ROOT / ".cache" / "collections"),
        "ANSIBLE_INJECT_INVOCATION": "1",
    }
    command = [
        str(binaries / "ansible-runner"),
        "run",
        str(job),
        "--playbook",
        "site.yml",
        "--cmdline",
        "--check --diff -vvv",
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    files = sorted(
        job.glob("artifacts/*/job_events/*.json"), key=lambda file: int(file.name.partition("-")[0])
    )
    return [json.loads(file.read_text()) for file in files]
