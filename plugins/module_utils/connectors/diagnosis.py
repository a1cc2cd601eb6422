# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the diagnoses of all connectors share: the steps by name, and what follows from health alone."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence

from .base import Diagnosed, OrchestratorConnector
from .types import Check, ConnectorHealth, ObstructedHealth

STEPS = ("server", "login", "room", "operators")
"""The checks of a channel, in their order."""

NOBODY = Check(
    "operators",
    "failed",
    "The list of operators is empty, so every message is dropped.",
    "Name them in orchestrator_operators and run the playbook mosaic.fleet.provision, or write operators into the "
    "settings file and run: systemctl reload mosaic-connector",
)


def skipped(why: str, after: str) -> Iterator[Check]:
    """The steps behind `after`, which cannot be looked at."""
    for name in STEPS[STEPS.index(after) + 1 :]:
        yield Check(name, "skipped", why)


def from_health(health: ConnectorHealth) -> Iterator[Check]:
    """The steps up to the room, as far as the health of a line tells them."""
    detail = health.detail or "The connector says no more."
    if not health.reachable:
        yield Check("server", "failed", detail, "Look whether the other side runs and this host reaches it.")
        yield from (Check(name, "skipped", "The server cannot be reached.") for name in ("login", "room"))
        return
    yield Check("server", "ok", "It answers.")
    if not health.authenticated:
        yield Check(
            "login", "failed", detail, "Renew the credentials; then: systemctl restart mosaic-connector"
        )
        yield Check("room", "skipped", "There is no login.")
        return
    yield Check("login", "ok", "It lets us in.")
    if isinstance(health, ObstructedHealth):
        yield Check("room", "failed", detail, "Grant what it names, on the channel's side.")
        return
    yield Check("room", "ok", detail)


async def diagnose(connector: OrchestratorConnector, operators: Sequence[str]) -> AsyncIterator[Check]:
    """The steps of any connector: its own where it has them, else what its health tells."""
    if isinstance(connector, Diagnosed):
        async for check in connector.diagnose(operators):
            yield check
        return
    for check in from_health(await connector.health()):
        yield check
    yield listed(operators)


def listed(operators: Sequence[str]) -> Check:
    """The operators, where nothing more can be asked than who is on the list."""
    return Check("operators", "ok", f"Listened to: {', '.join(operators)}.") if operators else NOBODY
