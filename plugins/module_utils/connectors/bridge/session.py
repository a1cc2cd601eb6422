# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A look at the orchestrator's session that changes nothing: for `status` and `doctor`."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

from ..ending import within
from ..errors import TmuxError
from ..secrets import redact_shapes
from ..terminal import one_line
from ..tmux.pane import Pane
from ..tmux.reading import Reading

logger = logging.getLogger(__name__)

LOOK_SECONDS = 3.0
"""The longest that a look may take."""


@dataclass(frozen=True)
class SessionLook:
    """What the session is: `state` is running, asking (a dialog is open), ended, or away."""

    name: str
    state: str
    detail: str | None = None
    program: str | None = None
    """The program that its picture is recognised by."""
    seen: str | None = None
    """What the bridge sees there now, in one sentence: the input block and what is typed in it, or why there is none."""


async def look_at_session(pane: Pane, timeout: float = LOOK_SECONDS) -> SessionLook:
    """Look at the pane within `timeout` seconds; never raises for a session that is not there."""
    try:
        return await within(_look(pane), timeout)
    except asyncio.TimeoutError:
        return SessionLook(pane.session, "away", f"tmux gave no answer within {timeout:g} s.")
    except TmuxError as error:
        return SessionLook(pane.session, "away", str(error))
    except Exception as error:
        logger.exception("looking at the session failed unexpectedly")
        return SessionLook(pane.session, "away", f"The look failed unexpectedly ({type(error).__name__}).")


async def _look(pane: Pane) -> SessionLook:
    view = await pane.view()
    if view.state.dead:
        return SessionLook(pane.session, "ended", "The program in it has ended.")
    reading = view.reading
    seen = describe(reading)
    if reading.dialog:
        detail = f"It shows a dialog: {redact_shapes(reading.dialog.line)}"
        return SessionLook(pane.session, "asking", detail, reading.program, seen)
    return SessionLook(pane.session, "running", None, reading.program, seen)


def describe(reading: Reading) -> str:
    """What is seen in a pane, for a human: program, input block, draft, dialog."""
    program = reading.program or "a program that is not known"
    if reading.block is None:
        return f"{program}; no input block that is certain. {reading.why}"
    if reading.block.draft:
        return f"{program}; a draft stands in its input block: {one_line(redact_shapes(reading.block.draft), 80)}"
    return f"{program}; its input block is empty"
