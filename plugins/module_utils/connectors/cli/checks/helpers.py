# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The user's own commands: whether they can be run where they are run, and what became of the last run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...helpers.client import HelperError, Helpers
from ...helpers.runner import commands_of
from ...types import Check

if TYPE_CHECKING:
    from ...settings import Settings


async def check_helpers(settings: Settings, settings_check: Check, answer: object) -> Check:
    """Whether the unit can start each command that is set; `answer` is the bridge's status."""
    if settings_check.state == "skipped":
        return Check("helpers", "skipped", "The settings are not open to this user, and say which there are.")
    names = [name for name, command in commands_of(settings).items() if command]
    if not names:
        return Check("helpers", "ok", "Neither transcribe_command nor escalation_command is set.")
    try:
        wrong = await Helpers(settings.helpers_socket).check()
    except HelperError as error:
        return _unasked(settings.helpers_socket, error)
    if wrong:
        told = " ".join(f"{name}: {why}." for name, why in wrong.items())
        return Check(
            "helpers", "failed", told, "Install it where every user may run it, or correct the setting."
        )
    failures = _failures(answer)
    if failures:
        return Check("helpers", "failed", failures, "See: journalctl -u 'mosaic-helpers@*' -n 20")
    return Check("helpers", "ok", f"Can be run: {', '.join(names)}.")


def _unasked(socket_path: str, error: HelperError) -> Check:
    if isinstance(error.__cause__, PermissionError):
        return Check("helpers", "skipped", f"{socket_path} is not open to this user. Run this as root.")
    fix = "Run the playbook mosaic.fleet.provision, or see: systemctl status mosaic-helpers.socket"
    return Check("helpers", "failed", f"{error}.", fix)


def _failures(answer: object) -> str:
    """Which command's last run failed, by the bridge."""
    if not isinstance(answer, dict):
        return ""
    return " ".join(
        f"The last run of {name} failed: {why}." for name, why in answer["helpers"].items() if why
    )
