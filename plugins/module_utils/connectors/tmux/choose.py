# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A choice of a dialog, taken in the pane: one key after the other, each on the evidence of a look.

Enter, or a number, is pressed only into the very showing of the dialog that was meant, and an arrow only once what the
last one did was seen.
"""

from __future__ import annotations

import asyncio

from .pane import Pane
from .pane_look import View
from .reading import Choice, Dialog

MOST_KEYS = 40
EFFECT_SECONDS = 2.0
"""How long a program may take to show what an arrow did."""

GONE_SECONDS = 5.0
"""... and to take the dialog away when it is answered."""

_POLL = 0.1
_ARROWS = frozenset({"Up", "Down", "Left", "Right"})


def is_certain(choice: Choice) -> bool:
    """Whether its keys can be pressed one by one on evidence: a single one, or arrows before Enter."""
    *steps, last = choice.keys or ("",)
    return bool(last) and all(step in _ARROWS for step in steps) and (not steps or last == "Enter")


async def choose(pane: Pane, showing: str, label: str) -> str:
    """Take the choice `label` of the dialog whose showing is named; returns why not, empty when it was taken.

    Raises `TmuxError` when the pane cannot be looked at, or another writer stays at it.
    """
    async with pane.alone() as keys:
        for _key in range(MOST_KEYS):
            view = await pane.view()
            choice = _offered(view, showing, label)
            if choice is None:
                return "the dialog that was asked about is not shown any more"
            if not is_certain(choice):
                return "which choice is marked cannot be read for certain"
            if not await keys.press(view, choice.keys[0]):
                await asyncio.sleep(
                    _POLL
                )  # it was drawn anew between the look and the key, which was not pressed
            elif len(choice.keys) == 1:
                return await _gone(pane, showing)
            elif not await _moved(pane, showing, choice):
                return "the dialog does not follow the arrow keys"
        return "the pane changes whenever a key is to be pressed"


async def _gone(pane: Pane, showing: str) -> str:
    """See the dialog go after the key that takes a choice."""
    deadline = asyncio.get_running_loop().time() + GONE_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        if (await pane.view()).showing != showing:
            return ""
        await asyncio.sleep(_POLL)
    return "the key was pressed, and the dialog still stands there, or an equal one does"


async def _moved(pane: Pane, showing: str, before: Choice) -> bool:
    """Whether an arrow did what it is for: the choice is as many keys away as it ought to be then."""
    deadline = asyncio.get_running_loop().time() + EFFECT_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        choice = _offered(await pane.view(), showing, before.label)
        if choice is not None and choice.keys == before.keys[1:]:
            return True
        await asyncio.sleep(_POLL)
    return False


def _offered(view: View, showing: str, label: str) -> Choice | None:
    dialog: Dialog | None = view.reading.dialog
    if dialog is None or not showing or view.showing != showing:
        return None
    return next((one for one in dialog.choices if one.label == label), None)
