#!/usr/bin/python
# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Tell every mistake of the variables at once, before anything is changed
version_added: 1.0.0
description:
  - Checks the variables of the collection's roles, and fails with a sentence for each mistake, all in one message. A sentence
    says what was expected, what was found, and what to do, and never shows a secret.
  - A variable whose name is one or two letters from one of the collection's, and that no role and no playbook reads, is a
    mistake as well. List in C(fleet_known_variables) those that are meant.
  - Each role of the collection does so by itself. The playbooks do it once for all hosts, before the first change.
  - Runs on the controller, and asks no host.
author:
  - The mosaic.fleet authors (@mosaic-fleet)
extends_documentation_fragment:
  - mosaic.fleet.attributes
options:
  roles:
    description: The roles whose variables to check, on the host of the task.
    type: list
    elements: str
    default: []
  look:
    description: What was found on the host, as the preflight of the one role in O(roles) asks for it.
    type: dict
  checks:
    description: What to check of a role, its variables, or what was found of its data or of its program.
    type: list
    elements: str
    choices: [variables, data, program]
    default: [variables, data, program]
  playbook:
    description:
      - Check all hosts of the play, for this playbook of the collection, which may then be told nothing that it does not know.
      - For a task with C(run_once).
    type: str
  groups:
    description:
      - For O(playbook), the roles that the hosts of each group get. V(homeserver) is the one that C(homeserver_implementation)
        names, and V(backup.restore) the entry point C(restore) of the role C(backup).
    type: dict
    default: {}
attributes:
  diff_mode:
    support: none
    details: Nothing is changed.
  platform:
    details: Runs on the controller.
"""

EXAMPLES = r"""
- name: Check the variables of an orchestrator on this host
  mosaic.fleet.preflight:
    roles: [orchestrator, runtime]

- name: Check the variables of all hosts of the play
  mosaic.fleet.preflight:
    playbook: provision
    groups:
      homeserver: [homeserver, runtime]
      orchestrators: [orchestrator, runtime]
  run_once: true
"""

RETURN = r"""
msg:
  description: Every mistake, a sentence in a line each.
  type: str
  returned: when there are some
  sample: >-
    backup_recipients is expected to name the public key of age, or of ssh, whose owner is to open the archives, and is empty.
"""
