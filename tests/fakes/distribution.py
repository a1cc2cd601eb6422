# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The distribution of tests/examples/dropbox, as an interpreter sees it that has it installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import tomllib

PROJECT = Path(__file__).parents[1] / "examples" / "dropbox"


@contextmanager
def installed(name: str = "mosaic-dropbox", **entry_points: str) -> Iterator[None]:
    """Have it on the path, with the entry points of its own pyproject.toml, or others."""
    declared = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["entry-points"]
    lines = [f"{kind} = {value}" for kind, value in (entry_points or declared["mosaic_connectors"]).items()]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        information = Path(folder, f"{name.replace('-', '_')}-1.0.dist-info")
        information.mkdir()
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (information / "entry_points.txt").write_text("\n".join(["[mosaic_connectors]", *lines, ""]))
        patch.syspath_prepend(folder)
        patch.syspath_prepend(str(PROJECT))
        yield
