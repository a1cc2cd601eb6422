# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the orchestrator's program is seen at work."""

from __future__ import annotations

import asyncio

from ..errors import ConnectorError
from ..tmux.halt import Signs
from ..tmux.pane import Pane


async def is_at_work(pane: Pane, signs: Signs) -> bool:
    """Whether the screen says that the program works, as far as it can be seen; `signs` is of the looks before."""
    try:
        while True:
            view = await pane.view()
            program = pane.programs.named(view.reading.program)
            if program is None or view.state.dead or view.reading.dialog is not None:
                return False
            works = signs.say(view, program, asyncio.get_running_loop().time())
            if works is not None:
                return works
            await asyncio.sleep(0.2)
    except ConnectorError:
        return False
