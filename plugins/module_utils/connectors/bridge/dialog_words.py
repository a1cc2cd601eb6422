# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dialog of the pane in the words of a question: what it says, and which of its choices can be taken from afar."""

from __future__ import annotations

import re

from ..question_words import LONGEST_CHOICE, MOST_CHOICES
from ..terminal import neutralise
from ..tmux.choose import is_certain
from ..tmux.reading import Dialog


def offered(dialog: Dialog, *, always: bool) -> tuple[str, ...]:
    """The choices of a dialog that can be taken from afar; none where any of it is uncertain."""
    if not dialog.whole or dialog.secret or not dialog.choices:
        return ()
    labels = [choice.label for choice in dialog.choices]
    folded = {" ".join(label.casefold().split()) for label in labels}
    if len(folded) < len(labels) or len(labels) > MOST_CHOICES:
        return ()
    if any(not 0 < len(label) <= LONGEST_CHOICE or not label.isprintable() for label in labels):
        return ()
    return tuple(
        choice.label
        for choice in dialog.choices
        if is_certain(choice) and not choice.free_text and (always or not choice.always)
    )


def worded(dialog: Dialog, labels: tuple[str, ...]) -> str:
    """All that a dialog says, as a question that offers `labels`; the other choices are named."""
    said = neutralise("\n".join(filter(None, [dialog.title or dialog.line, dialog.body])))
    fence = "`" * max(3, max(map(len, re.findall("`+", said)), default=0) + 1)
    others = ", ".join(choice.label for choice in dialog.choices if choice.label not in labels)
    more = f"\nAt the terminal alone: {others}" if others else ""
    return f"The orchestrator's program asks in its pane:\n{fence}\n{said}\n{fence}{more}"
