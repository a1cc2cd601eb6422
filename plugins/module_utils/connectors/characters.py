# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters that cannot be kept, and what stands for them."""

from __future__ import annotations

_SURROGATES = dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


def encodable(text: str) -> str:
    """`text` with lone surrogates, which escapes in JSON can make and UTF-8 cannot say, as U+FFFD."""
    return text.translate(_SURROGATES)


def storable(text: str) -> str:
    """`text` with lone surrogates and NUL, which no server stores, as U+FFFD."""
    return encodable(text).replace("\0", "\ufffd")
