# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run of a playbook consists of: its headers as a reader sees them, and every module that it executes somewhere.

A worker is a fork of the controller's process, so what is wrapped here before the first one begins is wrapped in all of them.
"""

from __future__ import annotations

import json
import os
from functools import wraps
from pathlib import Path
from typing import Any

from ansible.plugins.action import ActionBase
from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: counting
type: aggregate
short_description: Note each header and each execution of a module
description:
  - E(COUNTING_JOURNAL) is the file that they are noted in, one JSON object a line.
author: The mosaic.fleet authors
"""

RAW = ("raw", "ansible.builtin.raw", "ansible.legacy.raw")
"""The action that executes a command on the host with no module at all; it counts as one."""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """One run."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "counting"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        journal = Path(os.environ["COUNTING_JOURNAL"])
        journal.write_text("")

        def note(**line: str) -> None:
            with journal.open(
                "a", encoding="utf-8"
            ) as file:  # one short write, which keeps the workers' lines apart
                file.write(json.dumps(line) + "\n")

        self._note = note
        _watch(note)

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """PLAY [...]."""
        self._note(header="PLAY", name=play.get_name())

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        """TASK [...], before it is known whether any host has something to do."""
        self._header("TASK", task)

    def v2_playbook_on_cleanup_task_start(self, task: Any) -> None:
        """CLEANUP TASK [...]."""
        self._header("TASK", task)

    def v2_playbook_on_handler_task_start(self, task: Any) -> None:
        """RUNNING HANDLER [...]."""
        self._header("RUNNING HANDLER", task)

    def _header(self, kind: str, task: Any) -> None:
        self._note(header=kind, name=task.get_name(), action=task.action, place=str(task.get_path()))


def _watch(note: Any) -> None:
    """Have every execution of a module noted, and every command of raw."""
    execute, command = ActionBase._execute_module, ActionBase._low_level_execute_command

    def say(action: Any, module: str) -> None:
        here = action._templar.available_variables.get("inventory_hostname", "")
        host = str(action._task.delegate_to or here)
        note(module=module, host=host, transport=action._connection.transport, task=action._task.get_name())

    @wraps(execute)
    def noted_execute(self: Any, module_name: Any = None, *rest: Any, **named: Any) -> Any:
        say(self, str(module_name or self._task.action))
        return execute(self, module_name, *rest, **named)

    @wraps(command)
    def noted_command(self: Any, *rest: Any, **named: Any) -> Any:
        if self._task.action in RAW:
            say(self, "ansible.builtin.raw")
        return command(self, *rest, **named)

    ActionBase._execute_module, ActionBase._low_level_execute_command = noted_execute, noted_command
