# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent programs, each as data: where it comes from, how it starts without an account, how a human answers it."""

from __future__ import annotations

from .aider import AIDER
from .base import Program
from .claude import CLAUDE
from .cline import CLINE
from .codex import CODEX
from .continue_ import CONTINUE
from .copilot import COPILOT
from .gemini import GEMINI
from .opencode import OPENCODE
from .pi import PI
from .qwen import QWEN

PROGRAMS: dict[str, Program] = {
    one.name: one for one in (CLAUDE, CODEX, GEMINI, OPENCODE, COPILOT, QWEN, PI, AIDER, CLINE, CONTINUE)
}

__all__ = ["PROGRAMS", "Program"]
