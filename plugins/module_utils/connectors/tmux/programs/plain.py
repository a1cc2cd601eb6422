# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that show a prompt of their own and are no agents: a shell, Python's, IPython's."""

from __future__ import annotations

from .table import Program

SHELL = Program(
    name="shell",
    seen=("bash 5.2", "dash 0.5"),
    prompts=(r"^(?:\([^()]*\) )?(?:\[[^\]]*\]|[\w.-]+@[\w.-]+[: ][^\s$#%]*|[\w.~/+-]*)\s?[$#%❯➜](?= |$)",),
    interrupts=True,
    is_shell=True,
)

PYTHON = Program(name="python", seen=("3.11",), prompts=(r"^(?:>>>|\.\.\.)(?= |$)",), interrupts=True)

IPYTHON = Program(
    name="ipython", seen=("8",), prompts=(r"^In \[\d+\]:(?= |$)", r"^\s+\.\.\.:(?= |$)"), interrupts=True
)
