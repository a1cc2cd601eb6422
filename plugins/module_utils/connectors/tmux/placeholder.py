# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs write in an input block where nothing is typed."""

from __future__ import annotations

import re

PLACEHOLDER = re.compile(
    r"(?i)^\W{0,3}(?:type (?:your|a|here|to)\b|ask (?:\w+ ){0,3}(?:anything|a question)|enter (?:your|a) (?:message|prompt|question)"
    r"|(?:send|write) a (?:message|prompt)|describe (?:a|your) |(?:execute|run) (?:a )?(?:shell )?command"
    r"|press up to |how can i help|what (?:can i|would you like|do you want)"
    r"|(?:message|plan, search|try \")|reply to )"
)
"""How a line begins that a program writes where nothing is typed, in whatever colour."""
