# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The installed library of a module's interpreter: the one way in which a module reaches the code of a kind.

A module brings a copy of what it imports by statements, which no other distribution knows: kinds are found, checked and
made by the library that the runtime has, and by nothing else.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

from .connectors.errors import ConfigError, MissingLibraryError

NAME = "mosaic_connectors"

_ADVICE = "Run the role mosaic.fleet.runtime, and set ansible_python_interpreter of this task to the Python in its runtime_venv"


class _Room:
    """A module of the library; what an older one does not have is said in a sentence."""

    def __init__(self, room: ModuleType) -> None:
        self._room = room

    def __getattr__(self, name: str) -> Any:
        try:
            return getattr(self._room, name)
        except AttributeError as error:
            raise ConfigError(
                f"The library {NAME} of {sys.executable} is older than this collection: it has no "
                f"{self._room.__name__}.{name}. {_ADVICE}."
            ) from error


class _Library:
    """Its modules, by their names, each loaded when it is first used."""

    def __getattr__(self, room: str) -> _Room:
        try:
            return _Room(import_module(f"{NAME}.{room}"))
        except ImportError as error:
            raise MissingLibraryError(NAME, cause=f"{error} in {sys.executable}. {_ADVICE}") from error


LIBRARY = _Library()
"""`LIBRARY.config.parse_connector(...)`; raises `MissingLibraryError`, or `ConfigError` for one that is too old."""


def is_sentence(error: Exception) -> bool:
    """Whether an error is one that the installed library raises on purpose, to be shown as it is."""
    return any(
        (one.__module__, one.__name__) == (f"{NAME}.errors", "ConnectorError") for one in type(error).__mro__
    )
