# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The course of an examination: from what is written to what runs, on after a failure where that makes sense."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from ...diagnosis import STEPS, diagnose, from_health, listed
from ...ending import within
from ...types import Check, ConnectorHealth, ObstructedHealth
from .files import check_roster, check_secrets, check_settings
from .helpers import check_helpers
from .host import ask_bridge, check_bridge, check_queues, check_session, check_units

if TYPE_CHECKING:
    from ...base import OrchestratorConnector
    from ...settings import Settings

NAMES = ("roster", "settings", "secrets", *STEPS, "session", "units", "bridge", "queues", "helpers")
"""All checks, in their order."""


async def examine(options: argparse.Namespace) -> AsyncIterator[Check]:
    """Every check once, in the order of `NAMES`; each waits for at most `options.timeout` seconds."""
    settings, settings_check = check_settings()
    roster_check, config = check_roster(options.roster or settings.roster_path)
    yield roster_check
    yield settings_check
    connector: OrchestratorConnector | None = None
    if settings_check.state == "skipped" or roster_check.state == "skipped":
        yield Check("secrets", "skipped", "What is not open to this user says which ones are needed.")
    elif roster_check.state == "ok":
        secrets_check, connector = check_secrets(options, settings, config)
        yield secrets_check
    else:
        yield Check("secrets", "skipped", "The roster does not say which ones are needed.")
    answer = await asyncio.to_thread(ask_bridge, options)
    if connector is None:
        for check in _without_connector(answer, settings):
            yield check
    else:
        async with connector:
            async for check in _bounded(connector, settings, options.timeout):
                yield check
    yield await check_session(settings)
    yield await check_units(answer)
    yield check_bridge(answer)
    yield check_queues(answer)
    yield await check_helpers(settings, settings_check, answer)


def _without_connector(answer: object, settings: Settings) -> Iterator[Check]:
    """What the running bridge says of its channel, for who cannot ask it himself."""
    if not isinstance(answer, dict):
        why = "No connector can be made here, and no bridge tells how its channel is."
        yield from (Check(name, "skipped", why) for name in STEPS)
        return
    shape, told = (ObstructedHealth if answer["obstructed"] else ConnectorHealth), answer["health"]
    health = shape(told["reachable"], told["authenticated"], told["last_seen"], told["detail"])
    for check in from_health(health):
        yield Check(check.name, check.state, f"The running bridge says: {check.detail}", check.fix)
    yield listed(settings.operators)


async def _bounded(
    connector: OrchestratorConnector, settings: Settings, timeout: float
) -> AsyncIterator[Check]:
    """The connector's own steps; one that takes too long is failed, and those behind it are skipped."""
    steps = diagnose(connector, settings.operators)
    done: list[str] = []
    while len(done) < len(STEPS):
        try:
            check = await within(steps.__anext__(), timeout)
        except StopAsyncIteration:
            break
        except asyncio.TimeoutError:
            check = Check(
                STEPS[len(done)],
                "failed",
                f"No answer within {timeout:g} s.",
                "Look whether the other side runs and this host reaches it, or wait longer: --timeout 60",
            )
            yield check
            done.append(check.name)
            break
        yield check
        done.append(check.name)
    for name in STEPS[len(done) :]:
        yield Check(name, "skipped", "The step before it gave no answer.")
