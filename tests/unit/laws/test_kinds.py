# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kind is one room: its name stands where the kind is described, and nowhere in what serves them all.

`tmux` is free, for it is the program of the pane as well. The exceptions stand here, each with its reason; one that is not
needed any more fails, too.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
import tomllib
from mosaic_connectors.discovery import built_in
from mosaic_connectors.registry import describe

ROOT = Path(__file__).resolve().parents[3]
KINDS = sorted({*built_in()} - {"tmux"})
OF_THE_CONTRACT = ("matrix", "discord")

EXCEPTIONS = {
    "plugins/module_utils/connectors/types.py": "the contract: the two configurations have names and fields there",
    "plugins/module_utils/connectors/registry.py": "the contract: KNOWN_CONNECTOR_KINDS begins with its three kinds",
    "plugins/module_utils/connectors/__init__.py": "the contract: its names are imported from here",
    "plugins/modules/roster_connector.py": "the contract: its two kinds have options of their own",
    "plugins/modules/connector_*.py": "their documentation shows an example",
    "plugins/doc_fragments/connector.py": "the example of a secret's name",
    "plugins/callback/notify.py": "its documentation shows an example",
    "plugins/modules/matrix_*.py": "modules of that name",
    "plugins/modules/conduit_admin_info.py": "a homeserver's module",
    "plugins/modules/backup_info.py": "the example is a homeserver's backup",
    "plugins/module_utils/_homeserver.py": "what the modules matrix_* share",
    "plugins/doc_fragments/homeserver.py": "what the modules matrix_* share",
    "roles/synapse/*": "a homeserver",
    "roles/conduit/*": "a homeserver",
    "roles/tls_proxy/*": "a homeserver's proxy",
    "roles/orchestrator/defaults/main.yml": "the names of public variables",
    "roles/orchestrator/meta/argument_specs.yml": "the names of public variables",
    "roles/orchestrator/vars/main.yml": "what is derived from them: an authority to trust, a backup's name",
    "plugins/plugin_utils/preflight/kinds/*.py": "which of the role's variables say what of them",
    "plugins/plugin_utils/preflight/fleet.py": "a proxy's authority is trusted by the accounts of the homeserver behind it",
    "plugins/plugin_utils/preflight/roles/[cst]*.py": "a homeserver, or its proxy",
    "plugins/plugin_utils/preflight/roles/orchestrator.py": "the names of public variables",
    "playbooks/*": "homeservers and their accounts are provisioned in acts of their own",
}
"""What may name the contract's two kinds, by pattern; nothing may name another one."""


def files() -> Iterator[Path]:
    """Every file that is code: of the library, the modules, the filters, the roles and the playbooks."""
    for folder in ("plugins", "roles", "playbooks"):
        for file in sorted((ROOT / folder).rglob("*")):
            if file.is_file() and file.suffix in (".py", ".yml", ".j2", ".sh", ".service"):
                yield file


def rooms(kind: str) -> tuple[Path, ...]:
    """Where a kind is at home."""
    return (
        ROOT / "plugins" / "module_utils" / "connectors" / kind,
        ROOT / "roles" / "orchestrator" / "tasks" / "kinds" / kind,
    )


def naming(kind: str) -> list[str]:
    """The files outside its rooms that name a kind, in whatever case and word."""
    return [
        str(file.relative_to(ROOT))
        for file in files()
        if not any(file.is_relative_to(room) for room in rooms(kind))
        if kind in file.read_text("utf-8").lower()
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_outside_its_rooms_names_a_kind(kind: str) -> None:
    """Else a stranger's kind would not be a peer: ask its description (`registry.describe`) instead."""
    allowed = EXCEPTIONS if kind in OF_THE_CONTRACT else {}
    found = [file for file in naming(kind) if not any(fnmatch(file, pattern) for pattern in allowed)]
    assert found == []


def test_what_kinds_need_is_installed_without_anybody_choosing() -> None:
    """The role runtime installs the extra `kinds`: a kind that needs another one would lack it on every host."""
    project = ROOT / "plugins" / "module_utils" / "connectors" / "pyproject.toml"
    extras = tomllib.loads(project.read_text())["project"]["optional-dependencies"]
    needed = {one for kind in map(describe, built_in()) if kind.extra for one in extras[kind.extra]}
    assert sorted(extras["kinds"]) == sorted(needed)
    assert "[kinds,init]" in (ROOT / "roles" / "runtime" / "tasks" / "install.yml").read_text()


def test_every_exception_is_needed() -> None:
    """One that is not would let the next name in unseen."""
    found = {file for kind in OF_THE_CONTRACT for file in naming(kind)}
    assert [pattern for pattern in EXCEPTIONS if not any(fnmatch(file, pattern) for file in found)] == []
