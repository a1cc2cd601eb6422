# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment of a connector that is made for one question or one message."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping

from .state import STATE_VARIABLES


@contextlib.contextmanager
def environ(variables: Mapping[str, str | None]) -> Iterator[None]:
    """Run with these variables (None: without it), and without those that name the state of the running service."""
    before = dict(os.environ)
    os.environ.update({name: value for name, value in variables.items() if value is not None})
    for name in (*STATE_VARIABLES, *(name for name, value in variables.items() if value is None)):
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
