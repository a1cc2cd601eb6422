# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The mistakes of a host's variables, role by role, and of what was found on it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from .names import misspelt
from .roles import backup, conduit, orchestrator, runtime, synapse, tls_proxy
from .specs import Option, Specs
from .values import Values, WrongError, obey

ROLES: dict[str, ModuleType] = {
    "backup": backup,
    "conduit": conduit,
    "orchestrator": orchestrator,
    "runtime": runtime,
    "synapse": synapse,
    "tls_proxy": tls_proxy,
}
ASPECTS = ("variables", "data", "program")
"""What can be checked of a role: its variables, and what a look found of its data and of its program."""


def options_of(entry: str, specs: Specs) -> dict[str, Option]:
    """The options of a role, or of an entry point of it, that people set: `backup`, or `backup.restore`."""
    role, _dot, point = entry.partition(".")
    options = specs.entry(role, point or "main")
    if role == "backup":  # what a backup is of, the roles say that call it
        options = {name: option for name, option in options.items() if not option.required}
    return options


def of_variables(entry: str, values: Values, options: Mapping[str, Option]) -> Iterator[str]:
    """What is wrong with the variables of a role, or of an entry point of it."""
    role, _dot, point = entry.partition(".")
    yield from values.mistakes(options)
    if not _goes(role, values):
        yield from obey(getattr(ROLES[role], point.upper() or "VARIABLES"), values)


def of_look(role: str, values: Values, look: Mapping[str, Any], aspect: str) -> Iterator[str]:
    """What does not go together with what was found on the host, of its data or of its program."""
    if _goes(role, values):
        aspect = "removal" if aspect == "data" else ""
    yield from obey(getattr(ROLES[role], aspect.upper(), ()), values, look)


def of_names(values: Values, known: set[str], specs: Specs) -> Iterator[str]:
    """Which names are misspelt; `fleet_known_variables` says which are not."""
    try:
        excepted = set(values["fleet_known_variables"])
    except WrongError:
        excepted = set()  # said already
    yield from misspelt(values.names() - excepted, known, specs.uses)


def warnings(entry: str, values: Values) -> Iterator[str]:
    """What is no mistake of a role's variables, and yet may not be meant."""
    yield from obey((getattr(ROLES[entry.partition(".")[0]], "warnings", None),), values)


def _goes(role: str, values: Values) -> bool:
    """Whether the role is to be removed: what it would be like makes no difference then."""
    try:
        return f"{role}_state" in values.options and values[f"{role}_state"] == "absent"
    except WrongError:
        return False
