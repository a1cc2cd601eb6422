# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What `mosaic-connector doctor` looks at, in its order; each check says what to do when it fails."""

from __future__ import annotations

from .course import NAMES, examine

__all__ = ["NAMES", "examine"]
