# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The environment of a connector that is made for one question or one message."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping

from .connectors.state import STATE_VARIABLES


@contextlib.contextmanager
def environ(variables: Mapping[str, str]) -> Iterator[None]:
    """Run with these variables, and without those that name the state of the running service."""
    before = dict(os.environ)
    os.environ.update(variables)
    for name in STATE_VARIABLES:
        os.environ.pop(name, None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
