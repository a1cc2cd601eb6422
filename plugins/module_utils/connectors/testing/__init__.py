# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a connector promises, as tests that any connector's author can run.

Installed with the wheel as a pytest plugin. Write a `Rig`, the far side of your connector as a
test can play it, and one test:

    def test_contract(connector_rule):
        connector_rule(MyRig)

which pytest runs once for every rule.
"""

from __future__ import annotations

from .rig import Rig
from .rules import RULES, check

__all__ = ["RULES", "Rig", "check"]
