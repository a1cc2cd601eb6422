# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what was measured into docs/performance.md, and its charts beside it.

    python scripts/performance_page.py

A section that was not measured here stays as it is. Charts are SVG, drawn by hand: bars, the rounds' medians as numbers, a line for their range.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from benchmarks.figures import kept, told  # noqa: E402

PAGE = ROOT / "docs" / "performance.md"
CHARTS = ROOT / "docs" / "performance"

Bars = dict[str, list[float]]

SHOWN = {
    "send CPU ms, 1 in flight": 2,
    "send CPU ms, 8 in flight": 2,
    "send CPU ms, 32 in flight": 2,
    "received after ms, p50": 0,
    "received after ms, p95": 0,
    "received CPU ms": 2,
    "burst: s until the last": 1,
    "burst: lost": 0,
    "catch-up: got": 0,
    "idle RSS MiB": 1,
    "import s": 2,
}
"""The rows of the connectors' table, with their digits."""


def put(name: str, lines: list[str]) -> None:
    """Write the generated part of a section."""
    begin, end = f"<!-- made: {name} -->", f"<!-- end: {name} -->"
    text = PAGE.read_text(encoding="utf-8")
    before, found, rest = text.partition(begin)
    if not found or end not in rest:
        raise SystemExit(f"{PAGE} is expected to have the lines {begin} and {end}.")
    body = "\n".join(lines)
    PAGE.write_text(f"{before}{begin}\n{body}\n{end}{rest.partition(end)[2]}", encoding="utf-8")


def chart(name: str, title: str, bars: Bars, digits: int) -> str:
    """Draw horizontal bars and return the line of Markdown that shows them."""
    left, width, step = 210, 420, 26
    most = max(max(values) for values in bars.values()) or 1.0
    height = 40 + step * len(bars)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 90} {height}" font-family="sans-serif" font-size="13">',
        f"<title>{escape(title)}</title>",
        f'<rect width="100%" height="100%" fill="#ffffff"/><text x="8" y="20" font-weight="bold">{escape(title)}</text>',
    ]
    for number, (label, values) in enumerate(bars.items()):
        y = 34 + step * number
        middle, low, high = (
            width * value / most for value in (statistics.median(values), min(values), max(values))
        )
        ours = "#2f6f9f" if label.startswith("mosaic") else "#b8c4ce"
        parts += [
            f'<text x="{left - 8}" y="{y + 13}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{left}" y="{y}" width="{middle:.1f}" height="18" fill="{ours}"/>',
            f'<line x1="{left + low:.1f}" y1="{y + 9}" x2="{left + high:.1f}" y2="{y + 9}" stroke="#222222"/>',
            f'<text x="{left + high + 6:.1f}" y="{y + 13}">{statistics.median(values):.{digits}f}</text>',
        ]
    CHARTS.mkdir(exist_ok=True)
    (CHARTS / f"{name}.svg").write_text("\n".join([*parts, "</svg>"]) + "\n", encoding="utf-8")
    return f"![{title}](performance/{name}.svg)"


def machine(found: dict[str, Any]) -> str:
    """Where and when it was measured."""
    on = found["machine"]
    rounds = found.get("rounds", 1)
    return (
        f"Measured {on['date']} on {on['processor']}, {on['memory']}, {on['system']}; {rounds} {'round' if rounds == 1 else 'rounds'}; "
        f"the load at the end was {on['load']}."
    )


def table(head: list[str], rows: list[list[str]]) -> Iterator[str]:
    """A table of Markdown."""
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def ratios(values: list[float], beside: list[float]) -> list[float]:
    """What the rounds of one come to, in what the same rounds of the other came to."""
    return [value / other for value, other in zip(values, beside, strict=True)]


def provisioning(found: dict[str, Any]) -> list[str]:
    """New hosts, unchanged hosts, and what an ansible.cfg brings."""
    rows = [
        [
            name,
            str(runs[-1]["headers"]),
            ", ".join(sorted({str(calls) for run in runs for calls in run["calls"].values()}, key=int)),
            told(run["wall"] for run in runs),
            told(run["wall"] / run["ping"]["wall"] for run in runs),
            told(run["cpu"] for run in runs),
            told(run["cpu"] / run["ping"]["cpu"] for run in runs),
        ]
        for name, runs in found["unchanged"].items()
    ]
    head = [
        "nothing to change",
        "headers",
        "calls for a host",
        "wall s",
        "times a ping",
        "CPU s",
        "times a ping's",
    ]
    lines = [machine(found), "", *table(head, rows), ""]
    new = [
        [name, str(run["headers"]), str(max(run["calls"].values())), told([run["wall"]]), told([run["cpu"]])]
        for name, run in found["new"].items()
    ]
    lines += [*table(["new hosts", "headers", "most calls for a host", "wall s", "CPU s"], new), ""]
    bare = [
        [
            name,
            *(
                told(run[what] for run in runs)
                for runs in (found["unchanged"][name], rounds)
                for what in ("wall", "cpu")
            ),
        ]
        for name, rounds in found["bare"].items()
    ]
    lines += table(["nothing to change", "with it: wall s", "CPU s", "without: wall s", "CPU s"], bare)
    bars = {
        name: [run["wall"] / run["ping"]["wall"] for run in runs] for name, runs in found["unchanged"].items()
    }
    return [*lines, "", chart("provisioning", "An unchanged run, in pings of the same hosts", bars, 1)]


def modules(found: dict[str, Any]) -> list[str]:
    """A task with nothing to change."""
    least = next(iter(found["figures"].values()))["cpu"]
    rows = [
        [name, told(row["cpu"], 0), told(ratios(row["cpu"], least), 2), told(row["wall"], 0)]
        for name, row in found["figures"].items()
    ]
    bars = {name: row["cpu"] for name, row in found["figures"].items()}
    drawn = chart("modules", "CPU of a task with nothing to change, ms", bars, 0)
    return [machine(found), "", *table(["task", "CPU ms", "times uri's", "wall ms"], rows), "", drawn]


def matrix(found: dict[str, Any]) -> list[str]:
    """The connector beside its peers."""
    figures = found["figures"]
    rows = [[what, *(told(row[what], digits) for row in figures.values())] for what, digits in SHOWN.items()]
    by_hand = figures.get("raw httpx", {})
    rows[3:3] = [
        [
            f"times raw httpx, {what.partition(', ')[2]}",
            *(told(ratios(row[what], by_hand[what]), 2) for row in figures.values()),
        ]
        for what in SHOWN
        if what.startswith("send CPU") and by_hand
    ]
    lines = [machine(found), "", *table(["", *figures], rows)]
    for number in (1, 8, 32):
        bars = {name: row[f"send CPU ms, {number} in flight"] for name, row in figures.items()}
        lines += ["", chart(f"send-{number}", f"CPU of a sent message, {number} in flight, ms", bars, 2)]
    return lines


def sending(found: dict[str, Any]) -> list[str]:
    """The client alone."""
    by_hand = found["figures"]["raw httpx"]
    rows = [
        [name, *(f"{told(row[what], 2)}; {told(ratios(row[what], by_hand[what]), 2)}" for what in by_hand)]
        for name, row in found["figures"].items()
    ]
    lines = [
        machine(found),
        "",
        *table(
            ["CPU ms of a message; times raw httpx", *(what.partition(", ")[2] for what in by_hand)], rows
        ),
    ]
    for what in by_hand:
        bars = {name: row[what] for name, row in found["figures"].items()}
        number = what.split()[2]
        lines += [
            "",
            chart(
                f"sending-{number}", f"CPU of a message, the client alone, {number} in flight, ms", bars, 2
            ),
        ]
    return lines


def bridge(found: dict[str, Any]) -> list[str]:
    """From the chat into the pane and back."""
    rows = [[what.replace(" ms", ""), told(values, 0)] for what, values in found["figures"].items()]
    return [machine(found), "", *table(["", "ms"], rows)]


def scale(found: dict[str, Any]) -> list[str]:
    """A fleet's days."""
    rows = [
        [
            row["what"],
            str(row["hosts"]),
            f"{row['wall']:.0f}",
            f"{row['cpu']:.0f}",
            str(row["headers"]),
            str(row["most"]),
            str(len(row["changed"])),
            str(len(row["lost"])),
        ]
        for row in found["rows"]
    ]
    head = [
        "run",
        "hosts",
        "wall s",
        "CPU s",
        "headers",
        "most calls for a host",
        "hosts changed",
        "hosts lost",
    ]
    return [machine(found), "", *table(head, rows)]


def main() -> None:
    """Write every section that there are figures for."""
    for make in (provisioning, scale, modules, matrix, sending, bridge):
        found = kept(make.__name__)
        if found:
            put(make.__name__, make(found))


if __name__ == "__main__":
    main()
