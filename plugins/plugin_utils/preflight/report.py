# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All the mistakes of a run in one message, host by host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_NAMED = 5
"""How many hosts are named before they are counted: a mistake in a group's variables is one, however large the group."""


def report(of_run: Sequence[str], by_host: Mapping[str, Sequence[str]]) -> str:
    """The message; hosts that have the same mistakes share their lines. Empty where nothing is wrong."""
    shared: dict[tuple[str, ...], list[str]] = {}
    for sentence in dict.fromkeys(sentence for sentences in by_host.values() for sentence in sentences):
        hosts = tuple(host for host, sentences in by_host.items() if sentence in sentences)
        shared.setdefault(hosts, []).append(sentence)
    if not (of_run or shared):
        return ""
    lines = [f"- {sentence}" for sentence in of_run]
    for hosts, sentences in sorted(shared.items(), key=lambda group: -len(group[0])):
        lines += [f"{_people(hosts, len(by_host))}:", *(f"- {sentence}" for sentence in sentences)]
    count = len(of_run) + sum(map(len, shared.values()))
    return "\n".join(
        [
            f"Nothing has been changed: {count} {'mistake' if count == 1 else 'mistakes'} must be corrected first. What is installed on the "
            "hosts has not been looked at yet.",
            *lines,
        ]
    )


def _people(hosts: Sequence[str], all_of_them: int) -> str:
    if len(hosts) == all_of_them > 1:
        return "On every host"
    if len(hosts) > _NAMED:
        return f"On {', '.join(hosts[: _NAMED - 1])} and {len(hosts) - _NAMED + 1} more"
    return f"On {', '.join(hosts)}"
