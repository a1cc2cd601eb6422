# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What all modules of the collection promise."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  action_group:
    support: full
    description: Use C(group/mosaic.fleet.fleet) in C(module_defaults) to set defaults for this module.
    membership: [mosaic.fleet.fleet]
  check_mode:
    support: full
    description: Can run in C(check_mode) and return what a run would change, without changing anything.
  diff_mode:
    support: full
    description: Returns details on what has changed (or would change in C(check_mode)), without secrets, in diff mode.
  idempotent:
    support: full
    description:
      - When run twice in a row outside check mode, with the same arguments, the second invocation indicates no change.
  platform:
    support: full
    description: The systems that this module runs on.
    platforms: posix
"""
