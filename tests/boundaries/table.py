# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of docs/reliability.md, of the cases that were tried."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from points import DEEDS

BEGIN, END = "<!-- made: boundaries -->", "<!-- end: boundaries -->"
HEAD = (
    "| playbook | what is lost | cases | tried | the next run comes to the same end |",
    "|---|---|---|---|---|",
)


def table(told: dict[str, list[dict[str, Any]]], known: dict[str, Counter[str]]) -> str:
    """A row for each playbook and deed. `known` counts the cases that there are, `told` has those that were tried."""
    rows = list(HEAD)
    for playbook, cases in told.items():
        if not known[playbook]:
            rows.append(f"| `{playbook}` | not run yet | | 0 | |")
        for deed, words in DEEDS.items():
            tried = [case for case in cases if case["deed"] == deed and case["result"] != "not reached"]
            right = sum(case["result"] == "right" for case in tried)
            if known[playbook][deed]:
                rows.append(
                    f"| `{playbook}` | {words} | {known[playbook][deed]} | {len(tried)} | {right if tried else ''} |"
                )
    return "\n".join(rows)


def write_page(page: Path, made: str) -> bool:
    """Put the table between its marks; whether the page has them."""
    text = page.read_text() if page.exists() else ""
    if BEGIN not in text:
        return False
    before, _mark, rest = text.partition(BEGIN)
    page.write_text(f"{before}{BEGIN}\n{made}\n{END}{rest.partition(END)[2]}")
    return True
