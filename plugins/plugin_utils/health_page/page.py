# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page itself. Every foreign word is escaped, and a policy in the page lets nothing run or load but what we wrote."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from .findings import STATES, Finding, Host, by_urgency, finding, hosts, of_theme
from .history import FIGURES, HEIGHT, MOST, Plot

_HERE = Path(__file__).parent
_SIGNS = {"waits": "● waits", "error": "✖ wrong", "warning": "▲ warning", "ok": "✔ ok"}
"""A state as a sign and a word, so that nobody has to tell colours apart."""

_THEMES = (
    ("Queues and channels", ("queues", "channel", "restart"), True),
    ("Versions", ("version", "library"), True),
    ("Certificates, the first to end on top", ("certificate",), False),
    ("Archives, the oldest on top", ("archive",), True),
)
"""What is looked at across all hosts: heading, ids of findings, whether the largest number comes first."""

DAY = tuple(title for title, _words in FIGURES.values())
"""The columns of the last 24 hours."""

_COLUMNS = ("Host", "Part", "State", "What was found", "What to do")


def health_page(found: Sequence[Mapping[str, Any]], made_at: str) -> str:
    """The page; `made_at` is the time as it is shown. Raises `KeyError` and `ValueError` as `finding` does."""
    findings = by_urgency([finding(one) for one in found])
    style, script = (_HERE / "style.css").read_text("utf-8"), (_HERE / "script.js").read_text("utf-8")
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="color-scheme" content="light dark">',
            '<meta name="referrer" content="no-referrer">',
            "<title>The fleet: " + escape(_verdict(findings)) + "</title>",
            f"<style>{style}</style>",
            "</head>",
            "<body>",
            '<a class="skip" href="#attention">Skip to what waits</a>',
            "<header>",
            "<h1>The fleet</h1>",
            f'<p class="quiet">Looked at on <time>{escape(made_at)}</time></p>',
            f'<p class="verdict {_worst(findings)}">{escape(_verdict(findings))}</p>',
            "</header>",
            "<main>",
            *_attention(findings),
            '<form class="filter" role="search" hidden>',
            '<label for="filter">Show only rows with these words</label>',
            '<input id="filter" type="search" autocomplete="off">',
            "</form>",
            '<p id="said" class="quiet" role="status"></p>',
            *_hosts(hosts(findings)),
            *(line for theme in _THEMES for line in _theme(findings, *theme)),
            *_days(findings),
            *_section("Everything", [_row(one) for one in findings], _COLUMNS, "All findings."),
            "</main>",
            f"<script>{script}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _worst(findings: Sequence[Finding]) -> str:
    """The colour of the verdict: a human who is waited for makes nothing wrong."""
    states = {_colour(one.state) for one in findings} or {"error"}
    return next(state for state in ("error", "warning", "ok") if state in states)


def _verdict(findings: Sequence[Finding]) -> str:
    if not findings:
        return "nothing was looked at: the inventory has no hosts in homeserver and orchestrators, or none was reached"
    counts = {state: sum(one.state == state for one in findings) for state in STATES}
    named = {
        "waits": "waits for a human" if counts["waits"] == 1 else "wait for a human",
        "error": "not well",
        "warning": "will not be well if nobody does anything",
    }
    wrong = [f"{counts[state]} {words}" for state, words in named.items() if counts[state]]
    return f"{', '.join(wrong)}, of {len(findings)} parts" if wrong else f"all is well, {len(findings)} parts"


def _attention(findings: Iterable[Finding]) -> list[str]:
    wrong = [one for one in findings if one.state != "ok"]
    items = [
        f'<li><strong class="{_colour(one.state)}">{_SIGNS[one.state]}</strong> <b>{escape(one.host)}</b>, '
        f"{escape(one.part)}: {escape(one.says)}. {escape(one.advice)}</li>"
        for one in wrong
    ]
    listed = ["<ol>", *items, "</ol>"] if items else ["<p>Nothing.</p>"]
    return ['<h2 id="attention">What waits for you</h2>', *listed]


def _hosts(found: Sequence[Host]) -> list[str]:
    rows = [
        [
            _head(host.name),
            _state(host.state),
            *(_cell(_SIGNS[state][2:], str(host.counts[state]), host.counts[state]) for state in STATES),
        ]
        for host in found
    ]
    columns = ("Host", "State", "Waits", "Wrong", "Warnings", "Ok")
    return _section(
        "Hosts", rows, columns, "Every host by its most urgent finding, and how many it has of each."
    )


def _theme(findings: Sequence[Finding], heading: str, ids: Sequence[str], largest_first: bool) -> list[str]:
    found = of_theme(findings, ids, largest_first=largest_first)
    return _section(heading, [_row(one) for one in found], _COLUMNS, f"{heading}.") if found else []


def _days(findings: Sequence[Finding]) -> list[str]:
    """The last 24 hours of every host that kept them, the most urgent host first."""
    rows = []
    for one in findings:
        plots = {plot.name: plot for plot in one.plots}
        cells = [_plot(plots[name]) if name in plots else _cell(name, "not kept") for name in DAY]
        rows.append([_head(one.host), *cells] if plots else [])
    caption = "One sample in five minutes; where nothing is drawn the bridge did not run."
    return _section("The last 24 hours", [row for row in rows if row], ("Host", *DAY), caption)


def _plot(plot: Plot) -> str:
    # The words say what is drawn, so that nobody has to see it.
    drawn = f'<svg viewBox="0 0 {MOST} {HEIGHT}" preserveAspectRatio="none" aria-hidden="true"><path d="{plot.path}"/></svg>'
    return f'<td role="cell" data-name="{plot.name}" data-number="{plot.number:g}">{drawn}<span>{escape(plot.says)}</span></td>'


def _section(heading: str, rows: Sequence[Sequence[str]], columns: Sequence[str], caption: str) -> list[str]:
    """A heading and a table that can be sorted; no table where it would have no row.

    On a narrow screen its rows are blocks, which to some screen readers are no table: so its roles are said.
    """
    if not rows:
        return []
    heads = "".join(
        f'<th scope="col" role="columnheader" aria-sort="none"><button type="button" disabled>{name}</button></th>'
        for name in columns
    )
    body = [f'<tr role="row">{"".join(row)}</tr>' for row in rows]
    return [
        f"<h2>{heading}</h2>",
        f'<table role="table"><caption>{caption}</caption>',
        f'<thead role="rowgroup"><tr role="row">{heads}</tr></thead>',
        '<tbody role="rowgroup">',
        *body,
        "</tbody></table>",
    ]


def _row(one: Finding) -> list[str]:
    return [
        _head(one.host),
        _cell("Part", one.part),
        _state(one.state),
        _cell("Found", one.says, one.number),
        _cell("To do", one.advice),
    ]


def _head(text: str) -> str:
    return f'<th scope="row" role="rowheader">{escape(text)}</th>'


def _state(state: str) -> str:
    return f'<td role="cell" class="state {_colour(state)}" data-number="{STATES.index(state)}">{_SIGNS[state]}</td>'


def _colour(state: str) -> str:
    return "warning" if state == "waits" else state


def _cell(name: str, text: str, number: float | None = None) -> str:
    counted = "" if number is None else f' data-number="{number:g}"'
    return f'<td role="cell" data-name="{name}"{counted}>{escape(text)}</td>'
