# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole way: kind, its steps, the diff, a yes, the files; and what is said when it stops on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..config import check_kind
from ..kind import Question
from ..registry import DEFAULT_CONNECTOR_KIND, describe, descriptions
from ..types import ConnectorConfig
from .changes import diff, owned_by_the_role, plan
from .dialogue import Dialogue, StoppedError, UsageError
from .general import General
from .questions import KIND, ways_to_answer
from .steps import Setup, SetupResult
from .writing import FileChange, write_together

UNIT = Path("/etc/systemd/system/mosaic-connector.service")


async def run(setup: Setup, kind: str | None = None) -> None:
    """Set a connector up: `kind`, or the one that is answered.

    Raises `ConnectorError`; whatever ends it early leaves the files as they were and says what was
    made on the server.
    """
    changes: list[FileChange] = []
    try:
        chosen = kind or await _kind(setup)
        steps = steps_of(chosen)
        if not setup.dialogue.interactive:
            _require_answers(chosen, steps.unanswered(setup))
        outcome = await steps.guide(setup)
        changes = plan(
            setup.files,
            connector=_connector(setup, chosen, outcome),
            settings=_settings(setup, outcome),
            credentials=outcome.credentials,
        )
        if await settle_changes(
            setup.dialogue, changes, f"Write {'this' if len(changes) == 1 else 'these'}?"
        ):
            follow_up(setup.dialogue)
        else:
            setup.dialogue.good(f"Everything is set up for {chosen} already: nothing was changed")
    except BaseException as error:
        if changes and all(change.is_in_force for change in changes):
            setup.dialogue.note("Everything was written by then.")
            _forget_staging(setup)
        else:
            _tell_what_stays(setup, quietly=isinstance(error, UsageError))
        raise
    _forget_staging(setup)


async def settle_changes(dialogue: Dialogue, changes: list[FileChange], question: str) -> list[Path]:
    """Show what would change, ask, and write; returns what was written. Raises `StoppedError` for a no."""
    if not changes:
        return []
    for change in changes:
        dialogue.say()
        dialogue.diff(diff(change))
    dialogue.say()
    for change in owned_by_the_role(changes):
        dialogue.note(
            f"{change.path} is managed by Ansible: put this into the inventory as well, or the next run "
            "takes it back."
        )
    if not await dialogue.confirm(question):
        raise StoppedError("stopped")
    written = write_together(changes)
    for path in written:
        dialogue.good(f"{path} is written")
    return written


def follow_up(dialogue: Dialogue, *, reload_only: bool = False) -> None:
    """Say what has to be done so that the change comes into force."""
    if not UNIT.exists():
        dialogue.note(
            "No service runs the bridge on this host yet: the role mosaic.fleet.orchestrator sets it up."
        )
        dialogue.note("By hand: mosaic-connector run")
    elif reload_only:
        dialogue.note("In force after: systemctl reload mosaic-connector")
    else:
        dialogue.note("In force after: systemctl restart mosaic-connector")
    dialogue.note("To check everything: mosaic-connector doctor")


async def _kind(setup: Setup) -> str:
    present = setup.files.connector

    async def check(value: str) -> str:
        check_kind(value)
        return value

    async def ask(default: str | None) -> str:
        kinds = descriptions()
        width = max(len(kind.name) for kind in kinds)
        shown = {kind.name: f"{kind.name:<{width}}  {kind.summary}" for kind in kinds}
        return await setup.dialogue.choose(KIND.prompt, shown, default, missing=ways_to_answer(KIND))

    return await setup.settle(
        KIND, check, present=present.kind if present else None, default=DEFAULT_CONNECTOR_KIND, ask=ask
    )


def steps_of(kind: str) -> Any:
    """What knows how to set a kind up, by `unanswered` and `guide`: its own steps, or the general ones."""
    check_kind(kind)
    described = describe(kind)
    return described.steps() or General(described)


def _require_answers(kind: str, questions: list[Question]) -> None:
    """Name all that is missing at once, before anything is asked of a server."""
    if questions:
        ways = ", ".join(ways_to_answer(question) for question in questions)
        raise UsageError(f"Nobody is asked with --yes, so kind {kind} needs {ways}.")


def _connector(setup: Setup, kind: str, outcome: SetupResult) -> ConnectorConfig:
    """The blocks of other kinds stay, so that a switch back has nothing to ask."""
    present = setup.files.connector or ConnectorConfig(kind)
    if outcome.block is not None:
        present = present.with_block(kind, outcome.block)
    return replace(present, kind=kind)


def _settings(setup: Setup, outcome: SetupResult) -> dict[str, Any]:
    wanted = dict(setup.files.wanted_settings)
    operators = [*setup.other_operators, *outcome.operators]
    if outcome.operators and operators != list(setup.files.document.operators):
        wanted["operators"] = operators
    if setup.new_ca_path and setup.new_ca_path != setup.files.document.ca_path:
        wanted["ca_path"] = setup.new_ca_path
    return wanted


def _forget_staging(setup: Setup) -> None:
    if setup.staging is not None:
        setup.staging.discard()


def _tell_what_stays(setup: Setup, *, quietly: bool) -> None:
    dialogue = setup.dialogue
    kept = setup.staging is not None and setup.staging.holds_news
    if not kept:
        _forget_staging(setup)
    if quietly and not kept and not setup.made:
        return
    dialogue.say()
    dialogue.note("Nothing was written: roster, env file and settings are as they were.")
    if setup.made:
        dialogue.note(f"On the server there is now: {'; '.join(setup.made)}.")
    if setup.staging is not None and kept:
        dialogue.note(
            f"Its credentials wait in {setup.staging.path} (mode 0600); the next mosaic-connector init takes them up."
        )
