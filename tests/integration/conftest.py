# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real servers for the integration tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from integration.synapse import Synapse, running_synapse


@pytest.fixture(scope="session")
def synapse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    """A Synapse with its rate limits raised, shared by the whole run: make accounts of your own."""
    with running_synapse(tmp_path_factory.mktemp("synapse")) as server:
        yield server


@pytest.fixture(scope="session")
def synapse_default_limits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    """A Synapse with the rate limits it is shipped with, shared by the whole run."""
    with running_synapse(tmp_path_factory.mktemp("synapse-limited"), raised_limits=False) as server:
        yield server


@pytest.fixture
def own_synapse(tmp_path: Path) -> Iterator[Synapse]:
    """A Synapse (raised limits) for one test alone, which may stop, restart or damage it."""
    with running_synapse(tmp_path) as server:
        yield server
