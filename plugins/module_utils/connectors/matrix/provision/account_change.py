# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is and what will be of an account, in words that hold no secret: for a diff."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .account_plan import KEYS, MATRIX_DEVICE_ID, Account, Step
from .account_steps import Enrolment

Facts = dict[str, Any]


def enrolment_change(
    account: Account, stored: Mapping[str, str], step: Step, wanted: Enrolment, display_name: str | None
) -> tuple[Facts, Facts]:
    """Before and after `step`; `display_name` is the one that is wanted, or None for any."""
    device_id = wanted.device_after(account, step)
    before: Facts = {
        "account": {True: "present", False: "absent", None: "unknown"}[account.exists],
        "token": account.token.value,
        "device_id": stored.get(MATRIX_DEVICE_ID),
        "stored": keys_in(stored),
    }
    after: Facts = {
        "account": "present",
        "token": "valid",
        "device_id": device_id,
        "stored": sorted(wanted.keys_after(stored, step, device_id)),
    }
    if display_name is not None:
        before["display_name"] = account.display_name
        after["display_name"] = display_name
    return before, after


def retirement_change(stored: Mapping[str, str], *, alive: bool) -> tuple[Facts, Facts]:
    """Before and after the account is deactivated, if it is `alive`, and forgotten here."""
    before: Facts = {"account": "present" if alive else "absent", "stored": keys_in(stored)}
    return before, {"account": "absent", "stored": []}


def keys_in(stored: Mapping[str, str]) -> list[str]:
    """Which of the keys of an account a credentials file holds."""
    return sorted(key for key in KEYS if stored.get(key))
