# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lookup template: what Ansible's own returns, without the copy of all variables."""

from __future__ import annotations

import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest
import yaml
from ansible_collections.mosaic.fleet.plugins.lookup.template import _Variables

OWN, OURS = "ansible.builtin.template", "mosaic.fleet.template"
TEMPLATES = {
    "unit.j2": "# of {{ name }}\n{% include 'more.j2' %}\nExecStart=/bin/echo \\d {{ 'a\\\\b' }}\n\n",
    "more.j2": "{% for one in many %}\n- {{ one }} {{ lookup('ansible.builtin.template', 'data.json.j2') }}\n{% endfor %}\n",
    "data.json.j2": '{"name": "{{ name }}"}\n',
}


@pytest.fixture
def played(tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """A play in which both read the same templates, ours first, and one that is not there."""
    (tmp_path / "templates").mkdir()
    for name, text in TEMPLATES.items():
        (tmp_path / "templates" / name).write_text(text)
    same = [f"lookup('{OURS}', '{name}') == lookup('{OWN}', '{name}')" for name in TEMPLATES]
    same += [f"query('{OURS}', 'unit.j2', 'data.json.j2') == query('{OWN}', 'unit.j2', 'data.json.j2')"]
    same += ["template_path is not defined", f"lookup('{OURS}', 'unit.j2') is search('^# of demo\\n- a')"]
    tasks = [
        {"ansible.builtin.assert": {"that": same}},
        {"ansible.builtin.debug": {"msg": f"{{{{ lookup('{OURS}', 'absent.j2') }}}}"}},
    ]
    play = {
        "hosts": "localhost",
        "connection": "local",
        "gather_facts": False,
        "vars": {"name": "demo", "many": ["a", "b"]},
    }
    (tmp_path / "play.yml").write_text(yaml.safe_dump([play | {"tasks": tasks}]))
    return subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", str(tmp_path / "play.yml")],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_it_returns_what_ansibles_own_returns(played: subprocess.CompletedProcess[str]) -> None:
    """Includes, line ends and backslashes; and a template that is not there is named."""
    assert "All assertions passed" in played.stdout, played.stdout + played.stderr
    assert "absent.j2 could not be found" in " ".join((played.stdout + played.stderr).split())


def test_a_copy_of_the_variables_shares_their_values() -> None:
    """As the action `ansible.builtin.template` does it; Ansible's lookup copies them all, whatever the template reads."""
    variables = _Variables(large=object())
    copied = deepcopy(variables)
    assert copied is not variables
    assert copied["large"] is variables["large"]
