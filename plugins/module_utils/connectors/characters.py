# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Characters that no server and no database stores."""

from __future__ import annotations

_UNSTORABLE = dict.fromkeys((0, *range(0xD800, 0xE000)), "\ufffd")


def storable(text: str) -> str:
    """`text` with NUL and lone surrogates, which an escape in JSON can make, as the replacement character."""
    return text.translate(_UNSTORABLE)
