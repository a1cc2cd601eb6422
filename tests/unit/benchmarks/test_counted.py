# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The counting callback, on a playbook whose numbers are known."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from benchmarks.counted import count, listed

PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Remember a fact
      ansible.builtin.set_fact: {seen: true}
    - name: Run a command on both
      ansible.builtin.command: "true"
      changed_when: true
      notify: [Reload]
    - name: Write a file on one
      ansible.builtin.copy: {content: hello, dest: "{{ folder }}/file", mode: "0600"}
      when: inventory_hostname == "there"
    - name: Skip everywhere
      ansible.builtin.command: "false"
      when: false
    - name: Include a file of one task
      ansible.builtin.include_tasks: inner.yml
    - name: Delegate to the controller
      ansible.builtin.command: "true"
      delegate_to: localhost
      when: inventory_hostname == "there"
  handlers:
    - name: Reload
      ansible.builtin.ping:
    - name: Never notified
      ansible.builtin.ping:
"""
ELSEWHERE = '''
DOCUMENTATION = """
name: elsewhere
short_description: This machine, as if it were another
description: Local, by another name.
author: The mosaic.fleet authors
"""
from ansible.plugins.connection.local import Connection as Local
class Connection(Local):
    transport = "elsewhere"
'''


def test_headers_and_executions_are_counted(tmp_path: Path) -> None:
    """Headers are those that a reader sees, skipped ones and handlers too; an execution counts where it happens."""
    (tmp_path / "play.yml").write_text(PLAY)
    (tmp_path / "inner.yml").write_text("- name: Run raw\n  ansible.builtin.raw: 'true'\n")
    (tmp_path / "connections").mkdir()
    (tmp_path / "connections" / "elsewhere.py").write_text(ELSEWHERE)
    common = f"ansible_python_interpreter={sys.executable} folder={tmp_path}"
    (tmp_path / "hosts").write_text(
        f"here ansible_connection=local {common}\nthere ansible_connection=elsewhere {common}\n"
    )
    environment = {"ANSIBLE_CONNECTION_PLUGINS": str(tmp_path / "connections"), "ANSIBLE_HOME": str(tmp_path)}
    run = count(["-i", str(tmp_path / "hosts"), str(tmp_path / "play.yml")], environment)
    assert run.status == 0, run.output
    seen = re.findall(r"^(TASK|RUNNING HANDLER) \[(.+)\] \*", run.output, re.MULTILINE)
    assert [(line["header"], line["name"]) for line in run.headers] == seen
    assert len(seen) == 8
    # there: a command, a copy (a look and the file), raw, the handler; here: a command, raw, the handler, the delegated one
    assert run.of_hosts() == {"there": 5}
    assert len(run.calls_here) == 4
    assert run.changed() == 6
    assert run.spent.cpu > 0
    assert "       -> there: ansible.builtin.raw" in listed(run)
