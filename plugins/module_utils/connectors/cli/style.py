# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Colour where a human looks, and none anywhere else. Source: https://no-color.org."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TextIO

_CODES = {"good": "32", "bad": "31", "warn": "33", "dim": "2", "bold": "1"}


def wants_colour(stream: TextIO, environ: Mapping[str, str] | None = None) -> bool:
    """Whether `stream` is a terminal that shows colours, and nobody asked for none by NO_COLOR."""
    values = os.environ if environ is None else environ
    return stream.isatty() and not values.get("NO_COLOR") and values.get("TERM") != "dumb"


def paint(text: str, mood: str | None, colour: bool) -> str:
    """`text` in the colour of its mood (good, bad, warn, dim, bold), if colours are wanted."""
    return f"\x1b[{_CODES[mood]}m{text}\x1b[0m" if colour and mood and text else text
