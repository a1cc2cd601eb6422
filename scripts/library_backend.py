# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The build backend (PEP 517, PEP 660) of the repository's root: setuptools, in the folder of the library."""

from __future__ import annotations

import os
from pathlib import Path

# What is built is described there, once. A build tool starts a process for each call, so that no other is moved.
os.chdir(Path(__file__).parents[1] / "plugins" / "module_utils" / "connectors")
# What setuptools leaves beside what it reads would become part of the library.
os.environ["DIST_EXTRA_CONFIG"] = str(Path(__file__).with_suffix(".cfg"))

from setuptools.build_meta import (  # noqa: E402
    build_editable,
    build_sdist,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]
