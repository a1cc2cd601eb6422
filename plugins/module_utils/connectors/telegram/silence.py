# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the HTTP client's own loggers say of a request is made harmless: the token stands in its address.

Source: Bot API 8.0, "Making requests".
"""

from __future__ import annotations

import logging
import re

_TOKEN_IN_ADDRESS = re.compile(r"(/bot)[0-9]+(?::|%3A)[A-Za-z0-9_-]+", re.IGNORECASE)
_CLIENT_LOGGERS = ("httpx", "httpcore.connection", "httpcore.http11", "httpcore.http2", "httpcore.proxy")


class _Silence(logging.Filter):
    """Takes tokens out of the addresses that the HTTP client logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if _TOKEN_IN_ADDRESS.search(said):
            record.msg, record.args = _TOKEN_IN_ADDRESS.sub(r"\1***", said), ()
        return True


_SILENCE = _Silence()


def silence_clients() -> None:
    """From now on no logger of the HTTP client's says a token; harmless when called again."""
    for name in _CLIENT_LOGGERS:
        logging.getLogger(name).addFilter(_SILENCE)
