# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pytest plugin: a test that asks for `connector_rule` runs once for every rule.

It imports nothing of pytest: a hook is a function with the right name.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from .rig import Rig
from .rules import RULES, Rule, check


def _check(make_rig: Callable[[], Rig], *, rule: Rule) -> None:
    check(make_rig, rule)


def pytest_generate_tests(metafunc: Any) -> None:
    """Give every test that asks for `connector_rule` one run per rule, named by it."""
    if "connector_rule" in metafunc.fixturenames:
        metafunc.parametrize(
            "connector_rule",
            [partial(_check, rule=rule) for rule in RULES],
            ids=[rule.__name__ for rule in RULES],
        )
