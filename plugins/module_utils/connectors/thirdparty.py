# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one door through which third-party libraries come in, at the moment of use.

Importing a file of this library needs only the standard library (a law of the room): what an
`ansible-doc` or an `ansible-test sanity` imports must not depend on what a host has installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .errors import MissingLibraryError


def require(library: str, *, extra: str | None = None) -> Any:
    """Import and return `library`, a dotted module name.

    `extra` names the optional dependency group of the wheel that brings it.
    Raises `MissingLibraryError`, which says how to install it.
    """
    try:
        return import_module(library)
    except ImportError as error:
        raise MissingLibraryError(library.partition(".")[0], extra=extra, cause=str(error)) from error
