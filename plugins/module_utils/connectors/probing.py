# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A look at a line, within its time: what an error in it says about the line, for every kind alike."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from .ending import within
from .errors import AnswerError, ConnectorError, Meaning
from .types import ConnectorHealth


async def health_within(
    timeout: float, look: Awaitable[ConnectorHealth], far_side: str, refusal: type[AnswerError]
) -> ConnectorHealth:
    """What `look` returns within `timeout` seconds, else the health that its error or its silence means; never raises.

    `far_side` is the far side's name in a sentence; `refusal` is the error by which it shows that it was itself
    that answered, and no proxy.
    """
    try:
        return await within(look, timeout)
    except asyncio.TimeoutError:
        return ConnectorHealth(False, False, detail=f"{far_side} did not answer within {timeout:g} seconds.")
    except ConnectorError as error:
        meaning = error.meaning if isinstance(error, refusal) else None
        # Trouble of its own is an outage. Any other refusal, a limit say, is nothing against the token, which a
        # monitor must not take for dead.
        reachable = meaning not in (None, Meaning.OUTAGE)
        return ConnectorHealth(reachable, reachable and meaning is not Meaning.DEAD_TOKEN, detail=str(error))
