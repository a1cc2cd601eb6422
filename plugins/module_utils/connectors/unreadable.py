# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a form that no connector reads: the orchestrator sees that it came, and its sender is told."""

from __future__ import annotations

from dataclasses import fields

from .types import InboundMessage, UnreadableMessage

UNKNOWN = "[a message of a kind that is not read]"
"""For a message whose words stand in a form that nobody here knows."""

NOTICE = (
    "Your message has a form that this line does not read: the orchestrator only sees that it came. Please write it as "
    "plain text here."
)


def noticed(message: InboundMessage) -> InboundMessage:
    """The message, with a word to its sender if nothing of it could be read."""
    if message.__class__ is not InboundMessage or message.text.rpartition("\n")[2] != UNKNOWN:
        return message
    values = {one.name: getattr(message, one.name) for one in fields(message)}
    return UnreadableMessage(**values, notice=NOTICE)
