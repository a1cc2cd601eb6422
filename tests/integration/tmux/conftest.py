# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the tests with a real tmux."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from integration.tmux_server import TmuxServer, tmux_server


@pytest.fixture
def tmux() -> Iterator[TmuxServer]:
    """A tmux server of this test's own, without a session yet."""
    with tmux_server() as server:
        yield server
