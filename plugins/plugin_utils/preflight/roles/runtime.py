# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role runtime: what pip is told, and a Python to work with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..speech import at_least
from ..values import Values

_LOGIN = re.compile(r"://[^/@]*@")


def arguments(values: Values) -> Iterator[str]:
    """No password is in a list of processes."""
    if any(
        _LOGIN.search(argument)
        for argument in (*values["runtime_pip_extra_args"], *values["runtime_extra_packages"])
    ):
        yield (
            "runtime_pip_extra_args and runtime_extra_packages must hold no password, since everybody on the host can read it there and a "
            "failure shows it, but a URL in them has one. Put that URL into runtime_pip_environment, as PIP_INDEX_URL or PIP_EXTRA_INDEX_URL."
        )


def wheelhouse(values: Values) -> Iterator[str]:
    """What the hosts are to install from is there."""
    folder = values["runtime_wheelhouse"]
    if folder and not any(Path(folder).expanduser().glob("*.whl")):
        yield (
            f"runtime_wheelhouse must be a folder on the controller with wheels in it, and {folder} is none. Make it by pip download "
            "(docs/run-elsewhere.md), or leave it out: the hosts install from the package index then."
        )


def python(values: Values, look: Mapping[str, Any]) -> Iterator[str]:
    """The host has a Python that is new enough; `look` says its version, or nothing where there is none."""
    version = look["python"]
    if not at_least(version, "3.10"):
        yield (
            f"{values.host} is expected to have Python 3.10 or newer as {values['runtime_python']}, and "
            f"{f'has {version}' if version else 'there is none'}. Install it, or name another interpreter by runtime_python."
        )


VARIABLES = (arguments, wheelhouse)
PROGRAM = (python,)
