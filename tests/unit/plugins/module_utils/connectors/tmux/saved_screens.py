# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The screens of real programs in tests/data/screens, with what is known of them."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from mosaic_connectors.tmux.fixture import Fixture, load_fixture
from mosaic_connectors.tmux.programs import Programs
from mosaic_connectors.tmux.reader import read_screen
from mosaic_connectors.tmux.reading import Reading
from mosaic_connectors.tmux.screen import Screen

PLACE = Path(__file__).parents[5] / "data/screens"
TABLES = Programs()
NO_PROGRAMS = Programs(known=())


@dataclass(frozen=True)
class Saved:
    """One saved screen. `dialog` is whether nothing may be typed now, `draft` what stands in the block; see the README."""

    name: str
    fixture: Fixture
    program: str
    dialog: bool | None
    draft: str | None

    @cached_property
    def screen(self) -> Screen:
        return self.fixture.screen()

    def read(self, programs: Programs = TABLES) -> Reading:
        return _read(self, programs)

    def fault(self, reading: Reading) -> str | None:
        """What a reading of it has wrong."""
        if self.dialog is True:
            return "dialog unseen" if reading.typable else None
        if self.dialog is None:
            return None
        if reading.block is None or reading.dialog is not None:
            return "false hold"
        if self.draft is None:
            return None
        if not self.draft:
            return "false draft" if reading.draft else None
        right = bool(reading.draft) if self.draft == "*" else (reading.draft or "").startswith(self.draft)
        return None if right else "draft unseen"


@lru_cache(maxsize=4096)  # every test asks, and a reading is a value
def _read(one: Saved, programs: Programs) -> Reading:
    return read_screen(one.screen, programs)


def _load(path: Path) -> Saved:
    said: dict[str, Any] = json.loads(path.read_text())
    return Saved(path.stem, load_fixture(path), said["program"], said["dialog"], said["draft"])


SCREENS: tuple[Saved, ...] = tuple(_load(path) for path in sorted(PLACE.glob("*.json")))
IDLE = tuple(one for one in SCREENS if one.dialog is False and one.draft == "")
DRAFTS = tuple(one for one in SCREENS if one.dialog is False and one.draft)
MODAL = tuple(one for one in SCREENS if one.dialog is True)


def some(screens: Iterable[Saved], count: int) -> list[Saved]:
    """A spread of them, the same at every run."""
    listed = list(screens)
    return listed[:: max(len(listed) // count, 1)]
