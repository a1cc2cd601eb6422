# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The laws of the tasks: what no role and no playbook may do, on any host and with any inventory."""

from __future__ import annotations

import re

from unit.laws.tasks import tasks, texts

_PARTIAL = re.compile(
    r"""(?: \| \s* (?:first|last|min|max|random) \b   # of a sequence that may be empty
          | \[ -?[0-9]+ \]                            # an element that may be missing
          | \b groups \. [a-z_]+ \b )                 # a group that the inventory may not have
        (?! \s* \| \s* default \b )""",
    re.VERBOSE,
)


def test_what_a_task_says_can_be_said_when_nothing_is_wrong() -> None:
    """Ansible renders `fail_msg` before it looks at `that`: a message that cannot be rendered fails a host that is well."""
    partial = []
    for task in tasks():
        speech = task.arguments("ansible.builtin.assert", "ansible.builtin.fail", "ansible.builtin.debug")
        if speech is None:
            continue
        said = [speech.get("fail_msg"), speech.get("msg"), task.body.get("vars")]
        partial += [f"{task}: {found}" for text in texts(said) for found in _PARTIAL.findall(text)]
    assert not partial, "\n".join(partial)
