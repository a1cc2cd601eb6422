# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a setup runs, and what it talks to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.http_server import served
from fakes.rooms_server import RoomsServer
from fakes.setup_bench import Bench


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench(tmp_path)
    monkeypatch.setenv("MOSAIC_SETTINGS", str(bench.settings))
    monkeypatch.delenv("MOSAIC_CA_PATH", raising=False)
    return bench


@pytest.fixture
def server() -> Iterator[RoomsServer]:
    """A homeserver that registers with one token."""
    with served(RoomsServer("synapse", registration_token="registration-token-0")) as server:
        yield server  # type: ignore[misc]
