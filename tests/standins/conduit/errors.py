# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one way to refuse a request."""

from __future__ import annotations

from typing import Any


class MatrixError(Exception):
    """Becomes an HTTP status and a body of `errcode` and `error`."""

    def __init__(self, status: int, errcode: str, text: str, **more: Any) -> None:
        super().__init__(text)
        self.status = status
        self.body = {"errcode": errcode, "error": text, **more}


class UiaError(MatrixError):
    """401 with the flows of user-interactive authentication; `errcode` only after a wrong answer."""

    def __init__(self, body: dict[str, Any]) -> None:
        super().__init__(401, "M_FORBIDDEN", "")
        self.body = body


def forbidden(text: str) -> MatrixError:
    """403 M_FORBIDDEN."""
    return MatrixError(403, "M_FORBIDDEN", text)


def not_found(text: str) -> MatrixError:
    """404 M_NOT_FOUND."""
    return MatrixError(404, "M_NOT_FOUND", text)
