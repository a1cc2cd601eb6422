# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kind of connector that a distribution brings: its description is on the host alone, and is asked there."""

from __future__ import annotations

from collections.abc import Iterator

from .speech import show, whole
from .values import Values


def missing(values: Values, known: list[str]) -> Iterator[str]:
    """Something brings the kind."""
    if not values.is_given("runtime_extra_packages"):
        yield (
            f"orchestrator_connector is expected to be one of {', '.join(known)}, found {show(values['orchestrator_connector'])}. "
            "A kind of somebody else's needs its distribution in runtime_extra_packages."
        )


def secrets(values: Values) -> Iterator[str]:
    """Each has the name of a variable, and can stand in the file of the service as it is; none is shown."""
    wrong = [
        str(name)
        for name, value in values["orchestrator_connector_secrets"].items()
        if not whole("[A-Z][A-Z0-9_]*", str(name))
        or not isinstance(value, str)
        or not whole(r"[!#-&(-\[\]-~]*", value)
    ]
    if wrong:
        yield (
            "orchestrator_connector_secrets must be of variables, such as DROPBOX_KEY, with texts of printable ASCII without white space, "
            f"quotes and backslashes, but on {values.host} these are not: {', '.join(wrong)}. Correct them."
        )
