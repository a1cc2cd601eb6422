# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of a role, asked without Ansible, with the collection's own specs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from ansible_collections.mosaic.fleet.plugins.plugin_utils.preflight import checks
from ansible_collections.mosaic.fleet.plugins.plugin_utils.preflight.specs import Specs
from ansible_collections.mosaic.fleet.plugins.plugin_utils.preflight.values import Values

ROOT = Path(__file__).resolve().parents[5]
SPECS = Specs(ROOT, lambda path: yaml.load(Path(path).read_text(), yaml.CSafeLoader))


def values(entry: str, host: str = "mos-1", **given: Any) -> Values:
    """The variables of a host that has these of a role's."""
    return Values(host, checks.options_of(entry, SPECS) | SPECS.words(), given)


def wrong(entry: str, host: str = "mos-1", **given: Any) -> list[str]:
    """What is wrong with a role's variables."""
    return list(checks.of_variables(entry, values(entry, host, **given), checks.options_of(entry, SPECS)))
