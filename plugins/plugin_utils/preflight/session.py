# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a unit is started with: its environment, and the limits of an orchestrator's session."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from .speech import whole
from .values import Values

_VARIABLE = "[A-Za-z_][A-Za-z0-9_]*"
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
"""What no environment may hold: control characters but the tab and the ends of lines."""
_LINE_OF_UNIT = r"[^\x00-\x1f\x7f]*(?<!\\)"
"""One line of a unit that does not go on in the next one."""
_LIMITS = "|".join(
    (
        "CPU(Weight|Quota|QuotaPeriodSec|Affinity|SchedulingPolicy|SchedulingPriority)",
        "Memory(Min|Low|High|Max|SwapMax|ZSwapMax)",
        "MemoryDenyWriteExecute",
        "Startup(CPU|IO)Weight",
        "Allowed(CPUs|MemoryNodes)",
        "TasksMax",
        "IO(Weight|DeviceWeight|SchedulingClass|SchedulingPriority)",
        "IO(Read|Write)(Bandwidth|IOPS)Max",
        "IPAddress(Allow|Deny)",
        "Socket(BindAllow|BindDeny)",
        "Limit(CPU|FSIZE|DATA|STACK|CORE|RSS|NOFILE|AS|NPROC|MEMLOCK|LOCKS|SIGPENDING|MSGQUEUE|NICE|RTPRIO|RTTIME)",
        "Nice|OOMScoreAdjust|OOMPolicy|ManagedOOM[A-Za-z]+|Slice|UMask|TimeoutStopSec",
        "Private(Tmp|Devices|Network|IPC)",
        "Protect(System|Home|Proc)",
        "(ReadOnly|ReadWrite|Inaccessible|Exec|NoExec)Paths",
        "TemporaryFileSystem|ProcSubset|DevicePolicy|DeviceAllow|NoNewPrivileges|CapabilityBoundingSet",
        "Restrict(AddressFamilies|Namespaces|SUIDSGID|FileSystems|NetworkInterfaces)",
        "SystemCall(Filter|ErrorNumber|Architectures)",
    )
)
"""Of systemd.resource-control(5), systemd.exec(5) and systemd.service(5): what limits, and nothing that runs anything, names
somebody to run as, or is the role's own."""


def environment_in(name: str) -> Callable[[Values], Iterator[str]]:
    """A rule: in that variable names of variables have texts or numbers; a value may be a secret, and is never shown."""

    def rule(values: Values) -> Iterator[str]:
        given = values[name].items()
        if wrong := [
            str(key) for key, value in given if not (whole(_VARIABLE, str(key)) and _is_text(value))
        ]:
            yield (
                f"{name} must be a mapping of names to texts or numbers, but on {values.host} these are not: {', '.join(wrong)}. Names are "
                "of letters, digits and _, and do not begin with a digit; put what looks like a yes or a list into quotes."
            )

    return rule


def limits(values: Values) -> Iterator[str]:
    """Limits have one line each."""
    given = values["orchestrator_unit_settings"].items()
    if wrong := [str(name) for name, value in given if not (whole(_LIMITS, str(name)) and _is_line(value))]:
        yield (
            f"orchestrator_unit_settings must be a mapping of limits in [Service] of systemd to one line each, but on {values.host} these "
            f"are not: {', '.join(wrong)}. Correct them, or leave them out; what is run and as whom is said by the role's other variables."
        )


def _is_text(value: Any) -> bool:
    if isinstance(value, str):
        return not _UNPRINTABLE.search(value)
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_line(value: Any) -> bool:
    return whole(_LINE_OF_UNIT, value) if isinstance(value, str) else isinstance(value, (int, float))


VARIABLES = (
    environment_in("orchestrator_environment"),
    environment_in("orchestrator_helpers_environment"),
    limits,
)
