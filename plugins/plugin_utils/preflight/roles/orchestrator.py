# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role orchestrator: its kind of connector, and its paths and its command."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .. import connector, session
from ..values import Values

_SHELL = "exec bash --login"
"""The default of orchestrator_command."""

_OURS = {"claude": ("--settings",), "qwen": ("--append-system-prompt",)}
"""Options that the role gives itself, and of which a program takes the last one alone."""

OURS_IN_ENVIRONMENT = {
    "copilot": "COPILOT_CUSTOM_INSTRUCTIONS_DIRS",
    "gemini": "GEMINI_CLI_SYSTEM_SETTINGS_PATH",
    "opencode": "OPENCODE_CONFIG",
    "qwen": "QWEN_CODE_SYSTEM_SETTINGS_PATH",
}
"""The variable that the role gives a program on its command line, over what its environment has."""

_FOLDERS = ("/var/lib/mosaic-connector", "/run/mosaic-connector", "/run/mosaic-orchestrator")


def home(values: Values) -> Iterator[str]:
    """The home is the orchestrator's own."""
    if not re.match("/[^/]+/+[^/]", found := values["orchestrator_home"]):
        yield (
            f"orchestrator_home must be a folder of the orchestrator's own, such as /var/lib/mosaic, but is {found}. Name another one."
        )


def exposed(values: Values) -> Iterator[str]:
    """Whoever owns a folder may put a link to anything into it, which root would follow."""
    folders = (values["orchestrator_home"].rstrip("/"), *_FOLDERS)
    wrong = [
        path
        for path in (values["orchestrator_roster_path"], values["orchestrator_matrix_ca_path"])
        if path.startswith(tuple(f"{folder}/" for folder in folders))
    ]
    if wrong:
        yield (
            f"{' and '.join(wrong)} on {values.host} must be in a folder of root's, but is below one that belongs to "
            f"{values['orchestrator_user']}. Choose another path as orchestrator_roster_path or orchestrator_matrix_ca_path."
        )


def command(values: Values) -> Iterator[str]:
    """Something runs in the session."""
    if not values["orchestrator_command"].strip():
        yield "orchestrator_command is expected to be the command of the orchestrator and is empty. Leave it out for a shell."


def agent(values: Values) -> Iterator[str]:
    """One thing runs in the session."""
    said = values["orchestrator_command"].strip()
    if values["orchestrator_agent"] != "none" and said != _SHELL:
        yield (
            f"orchestrator_agent and orchestrator_command both say what runs on {values.host}: {values['orchestrator_agent']} and "
            f"{said!r}. Leave one of them out; more options for the program are orchestrator_agent_flags."
        )
    if values["orchestrator_agent"] == "none" and values["orchestrator_agent_flags"]:
        yield (
            f"orchestrator_agent_flags are given on {values.host}, and orchestrator_agent names no program. Name it, or leave them out."
        )
    for flag in _OURS.get(values["orchestrator_agent"], ()):
        if any(word.partition("=")[0] == flag for word in values["orchestrator_agent_flags"]):
            yield (
                f"orchestrator_agent_flags on {values.host} has {flag}, which the role gives itself: the program would read "
                "yours alone, and its operator would not be asked. Write what it says into the program's own files."
            )
    variable = OURS_IN_ENVIRONMENT.get(values["orchestrator_agent"])
    if variable in values["orchestrator_environment"]:
        yield (
            f"orchestrator_environment on {values.host} has {variable}, which the role gives {values['orchestrator_agent']} itself: "
            "yours would not be read. Write what it leads to into the program's own files, and leave it out."
        )


warnings = connector.warnings
VARIABLES = (*connector.RULES, home, exposed, command, agent, *session.VARIABLES)
