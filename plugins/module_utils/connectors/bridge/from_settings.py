# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a bridge is told by its settings, in the form that its parts take."""

from __future__ import annotations

from ..quiet_hours import QuietHours
from ..settings import Settings
from ..tmux.programs import Programs


def quiet_hours_of(settings: Settings) -> QuietHours | None:
    """When the operator is not reminded; None for never."""
    return None if settings.quiet_hours is None else QuietHours.parse(settings.quiet_hours)


def programs_of(settings: Settings) -> Programs:
    """What is known of the programs in the pane, by the settings."""
    return Programs.build(settings.dialog_patterns, settings.draft_patterns, settings.programs)
