# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a run can be cut: every play's start, and every task that changed something. It notes them, or cuts at one.

A point is known by the place of its task in a file, its host, and how often it has come by, so nothing here knows a name.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

from ansible.plugins.callback import CallbackBase

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from processes import kill_below

DOCUMENTATION = """
name: boundary
type: aggregate
short_description: Note where a run can be cut, or cut it there
description:
  - E(BOUNDARY_JOURNAL) is the file that the points are noted in.
  - E(BOUNDARY_AIMS) is a JSON list of objects with the point to cut at, and how.
author: The mosaic.fleet authors
"""
IN_MEMORY = (
    *(
        "add_host",
        "assert",
        "debug",
        "fail",
        "group_by",
        "meta",
        "set_fact",
        "set_stats",
        "validate_argument_spec",
    ),
    *("include_role", "include_tasks", "include_vars", "import_role", "import_tasks"),
)
"""Actions that touch neither a host nor the controller's files."""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """One run."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "boundary"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._journal = Path(os.environ["BOUNDARY_JOURNAL"])
        self._aims: list[dict[str, Any]] = json.loads(os.environ.get("BOUNDARY_AIMS", "[]"))
        self._play = 0
        self._came: Counter[str] = Counter()
        self._begun: dict[tuple[str, str], tuple[str, float]] = {}
        self._half = threading.Timer(0, lambda: None)
        """The middle of the task that is cut there."""

    def v2_playbook_on_play_start(self, play: Any) -> None:
        """A boundary."""
        self._play += 1
        point = f"play {self._play}"
        self._note({"point": point, "name": play.get_name()})
        for aim in self._at(point):
            if aim["deed"] == "controller":
                self._cut(aim)
            self._note({"cut": aim["key"]})
            subprocess.run(aim["kill"], check=True, capture_output=True, timeout=60)

    def v2_runner_on_start(self, host: Any, task: Any) -> None:
        """Before its worker begins, which inherits what is said here to ssh.py."""
        place = f"{self._play} {self._place(task)} {host.get_name()}"
        self._came[place] += 1
        point = f"{place} {self._came[place]}"
        self._begun[host.get_name(), task._uuid] = (point, time.monotonic())
        os.environ["BOUNDARY_POINT"] = point
        os.environ.pop("BOUNDARY_DEED", None)
        for aim in self._at(point):
            if aim["deed"] == "during":
                self._half = threading.Timer(aim["seconds"] / 2, self._cut, [aim])
                self._half.start()
            elif aim["deed"] != "controller":
                os.environ["BOUNDARY_DEED"] = json.dumps(aim)

    def v2_runner_on_ok(self, result: Any) -> None:
        """It changed something, or not."""
        told = getattr(result, "result", None) or result._result
        host, task = self._whose(result)
        point, began = self._point_of(result)
        if task.action.rpartition(".")[2] not in IN_MEMORY:
            self._note({"ran": point})
        aims = [aim for aim in self._at(point) if aim["deed"] in ("controller", "during")]
        if not (point and told.get("changed")):
            self._not_to_be_cut(result)
            return
        seconds = time.monotonic() - began
        self._note({"point": point, "name": task.get_name(), "host": host.get_name(), "seconds": seconds})
        for aim in aims:
            self._cut(aim)

    @staticmethod
    def _whose(result: Any) -> tuple[Any, Any]:
        host = getattr(result, "host", None) or result._host
        return host, getattr(result, "task", None) or result._task

    def _point_of(self, result: Any) -> tuple[str, float]:
        """It, and when its task began."""
        host, task = self._whose(result)
        return self._begun.get((host.get_name(), task._uuid), ("", 0.0))

    def v2_runner_on_skipped(self, result: Any) -> None:
        """Nothing was to be done."""
        self._not_to_be_cut(result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        """It went wrong before it was cut."""
        self._not_to_be_cut(result)

    def _not_to_be_cut(self, result: Any) -> None:
        if self._at(self._point_of(result)[0]):
            self._half.cancel()

    def _at(self, point: str) -> list[dict[str, Any]]:
        """What is to be done there."""
        return [aim for aim in self._aims if aim["point"] == point]

    def _cut(self, aim: dict[str, Any]) -> None:
        """The controller is gone, its workers and its connections with it."""
        self._note({"cut": aim["key"]})
        kill_below(os.getpid())
        os.killpg(os.getpgrp(), signal.SIGKILL)

    def _note(self, line: dict[str, Any]) -> None:
        with self._journal.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(line) + "\n")

    @staticmethod
    def _place(task: Any) -> str:
        parts = str(task.get_path()).split("/")
        return "/".join(parts[-4:])
