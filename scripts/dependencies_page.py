# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write docs/dependencies.md out of a CycloneDX list of a host's virtual environment: `dependencies_page.py FILE [--check]`.

With --check the page is compared instead, but for what one Python or platform has and another has not. Either way a licence that
may not be combined with ours, or that is not known here, ends it.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[1] / "docs" / "dependencies.md"
OURS = "mosaic-connectors"
COMPATIBLE = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "GPL-3.0-or-later",
    "ISC",
    "MIT",
    "MPL-2.0",
    "PSF-2.0",
    "Unlicense",
}
"""SPDX names of the licences whose works may be combined with one under GPL-3.0-or-later."""

CLASSIFIERS = {
    "License :: OSI Approved :: Apache Software License": "Apache-2.0",
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: MIT License": "MIT",
    "License :: OSI Approved :: Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "License :: OSI Approved :: Python Software Foundation License": "PSF-2.0",
}
WORDS = """# What a host gets beside the library

The role `runtime` makes a virtual environment with the library and what it needs (the extras `kinds` and `init`). Nothing of it
is part of this collection or of the wheel: pip fetches it on the host. All of it may be combined with GPL-3.0-or-later.
`make gates ARGS=bom` compares this page with what is installed, and writes the list with its versions as CycloneDX to
`.cache/gates/mosaic-connectors.cdx.json`; a release has that beside it.

| distribution | licence |
|---|---|
"""


def licences(bill: dict[str, Any]) -> dict[str, str]:
    """Distribution: its licence, an SPDX expression; raises ValueError for one that is not told or not compatible."""
    found = {one["name"]: _licence(one) for one in bill["components"] if one["name"] != OURS}
    bad = {
        name: told
        for name, told in found.items()
        if not set(re.split(r" (?:AND|OR) ", told.strip("()"))) <= COMPATIBLE
    }
    if bad:
        raise ValueError(
            f"expected licences that go together with {OURS}'s ({', '.join(sorted(COMPATIBLE))}), found {bad}"
        )
    return dict(sorted(found.items(), key=lambda one: one[0].lower()))


def _licence(component: dict[str, Any]) -> str:
    told = component.get("licenses", [])
    for one in told:
        if "expression" in one:
            return str(one["expression"])
    names = [one["license"].get("id") or one["license"].get("name", "") for one in told if "license" in one]
    known = [CLASSIFIERS.get(name, name) for name in names]
    return next((name for name in known if name in COMPATIBLE), known[0] if known else "not told")


def main(arguments: list[str]) -> int:
    """Write the page, or compare it; the exit status."""
    found = licences(json.loads(Path(arguments[0]).read_text()))
    rows = [f"| {name} | {licence} |" for name, licence in found.items()]
    if "--check" not in arguments:
        PAGE.write_text(WORDS + "\n".join(rows) + "\n")
        return 0
    missing = [row for row in rows if row not in PAGE.read_text().splitlines()]
    if missing:
        print(
            f"{PAGE.name} is expected to have these lines; write it with scripts/dependencies_page.py FILE:\n"
            + "\n".join(missing)
        )
        return 1
    print(f"{len(found)} distributions, every licence of them compatible and on {PAGE.name}")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ValueError as error:
        sys.exit(str(error))
