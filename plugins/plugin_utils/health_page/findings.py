# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The findings of `health` in the order of a human's attention."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .history import Plot, plots

STATES = ("waits", "error", "warning", "ok")
"""What a finding may be, the most urgent first: it waits for a human, it does not work, it will not, it is well."""


@dataclass(frozen=True)
class Finding:
    """One part of one host; `number` is what can be counted of it (seconds, hours, messages), `plots` its last day."""

    id: str
    host: str
    part: str
    state: str
    says: str
    advice: str
    number: float | None
    plots: Sequence[Plot] = ()

    @property
    def urgency(self) -> int:
        """0 for what comes first."""
        return STATES.index(self.state)


@dataclass(frozen=True)
class Host:
    """A host by its most urgent finding, and how many of its findings are in which state."""

    name: str
    state: str
    counts: Mapping[str, int]


def finding(one: Mapping[str, Any]) -> Finding:
    """A finding as a role says it; raises `KeyError` for what is missing, `ValueError` for a severity that is none."""
    severity = "ok" if one["well"] else str(one.get("severity", "error"))
    if severity not in STATES:
        raise ValueError(f"severity is expected to be error or warning, found {severity!r}")
    return Finding(
        id=str(one.get("id", "")),
        host=str(one["host"]),
        part=str(one["part"]),
        state="waits" if one.get("waits") else severity,
        says=_line(one["says"]).removesuffix("."),
        advice="" if severity == "ok" and not one.get("waits") else _line(one.get("do", "")),
        number=_number(one.get("number")),
        plots=plots(one.get("history")),
    )


def by_urgency(found: Sequence[Finding]) -> list[Finding]:
    """The most urgent first, those of one state by host and part."""
    return sorted(found, key=lambda one: (one.urgency, one.host, one.part))


def hosts(found: Sequence[Finding]) -> list[Host]:
    """Every host, the most urgent first."""
    of_host: dict[str, list[Finding]] = {}
    for one in found:
        of_host.setdefault(one.host, []).append(one)
    made = [
        Host(
            name,
            min((one.state for one in parts), key=STATES.index),
            {state: sum(one.state == state for one in parts) for state in STATES},
        )
        for name, parts in of_host.items()
    ]
    return sorted(made, key=lambda host: (STATES.index(host.state), host.name))


def of_theme(found: Sequence[Finding], ids: Sequence[str], *, largest_first: bool) -> list[Finding]:
    """The findings with these ids by their numbers, and those without one behind, by host."""

    def place(one: Finding) -> tuple[bool, float, int, str]:
        number = one.number or 0.0
        return one.number is None, -number if largest_first else number, one.urgency, one.host

    return sorted((one for one in found if one.id in ids), key=place)


def _line(value: Any) -> str:
    return " ".join(str(value).split())


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
