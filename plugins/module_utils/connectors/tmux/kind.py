# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kind tmux is: a console in the fleet's own tmux server, with nothing in the roster and no secret."""

from __future__ import annotations

from ..kind import Kind

KIND = Kind(
    name="tmux",
    package=__package__,
    summary="a console in the fleet's own tmux server; nothing more is needed",
    factory=".connector:TmuxConnector.from_config",
    setup=".setup",
)
