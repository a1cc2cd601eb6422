# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter health_page: a page that a browser reads as it was meant, whatever the findings say."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.mosaic.fleet.plugins.filter.health_page import FilterModule

health_page = FilterModule().filters()["health_page"]
NOW = "2026-11-29 03:00 UTC"
WELL = {
    "id": "homeserver",
    "host": "home",
    "part": "homeserver",
    "well": True,
    "says": "answers",
    "do": "Never.",
}
WRONG = {
    "id": "unit",
    "host": "mos-1",
    "part": "bridge",
    "well": False,
    "says": "it is\nstopped.",
    "do": "Start it.",
}
OLD = {
    "id": "version",
    "host": "home",
    "part": "version",
    "well": False,
    "severity": "warning",
    "says": "is old",
}
ASKS = {
    "id": "queues",
    "host": "mos-2",
    "part": "queues",
    "well": True,
    "waits": True,
    "says": "1 asks",
    "do": "Answer.",
}
VOID = {"meta", "input", "br", "link", "img"}


class Read(HTMLParser):
    """A page as a strict reader sees it: every tag that is opened is closed, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: dict[str, list[str]] = {}
        self.rows: list[list[str]] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len(dict(attrs)) == len(attrs), f"an attribute of {tag} stands twice"
        self.tags.append((tag, dict(attrs)))
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += data
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]

    def table(self, heading: str) -> list[list[str]]:
        """The rows of the table below a heading, its head first."""
        tables = [one for one in self.texts["h2"] if one != "What waits for you"]
        heads = [number for number, row in enumerate(self.rows) if row[0] == "Host"]
        ends = [*heads[1:], len(self.rows)]
        place = tables.index(heading)
        return self.rows[heads[place] : ends[place]]


def test_what_waits_for_a_human_comes_first_then_what_is_wrong_then_what_will_be() -> None:
    read = Read(health_page([WELL, OLD, WRONG, ASKS], NOW))
    assert [" ".join(one.split()) for one in read.texts["li"]] == [
        "● waits mos-2, queues: 1 asks. Answer.",
        "✖ wrong mos-1, bridge: it is stopped. Start it.",
        "▲ warning home, version: is old.",
    ]
    assert [row[:2] for row in read.table("Hosts")[1:]] == [
        ["mos-2", "● waits"],
        ["mos-1", "✖ wrong"],
        ["home", "▲ warning"],
    ]
    assert read.table("Everything")[-1] == ["home", "homeserver", "✔ ok", "answers", ""]
    assert NOW in read.texts["time"]
    verdict = "1 waits for a human, 1 not well, 1 will not be well if nobody does anything, of 4 parts"
    assert verdict in read.texts["p"]
    assert read.texts["title"] == [f"The fleet: {verdict}"]


@pytest.mark.parametrize(
    ("ids", "heading", "numbers", "order"),
    [
        (
            "certificate",
            "Certificates, the first to end on top",
            [90000, "3600", None, 7],
            ["3", "1", "0", "2"],
        ),
        ("archive", "Archives, the oldest on top", [3, "495000", float("nan"), 40], ["1", "3", "0", "2"]),
    ],
)
def test_a_theme_is_ordered_by_its_numbers(ids: str, heading: str, numbers: list, order: list[str]) -> None:
    """As a role says them, in digits or as a number; who has none comes last."""
    found = [{**WELL, "id": ids, "host": str(host), "number": number} for host, number in enumerate(numbers)]
    assert [row[0] for row in Read(health_page(found, NOW)).table(heading)[1:]] == order


def day(**figures: list) -> str:
    """What a bridge kept, as its command prints it."""
    return json.dumps({"ends": NOW, "every": 300, "figures": figures})


def test_the_last_day_is_drawn_and_said_in_words() -> None:
    """A stretch as an area, zero as a line, and nothing where the bridge did not run."""
    history = day(
        up=[None] * 284 + [1, 1, 0, 1], inbox=[0, 0, None, 3, 1], received=[2, 5], outbox=[], sent="12"
    )
    page = health_page([{**ASKS, "history": history}, WELL], NOW)
    (row,) = Read(page).table("The last 24 hours")[1:]
    absent = "not kept"
    assert row == ["mos-2", "75 % of the time", absent, "most 3, last 1", absent, absent, "7 in all", absent]
    drawn = re.findall(r'<path d="([^"]*)"/>', page)
    assert drawn == [
        "M284 32V2h2V32z M286 32v-1h1v1z M287 32V2h1V32z",
        "M283 32v-1h2v1z M286 32V2h1V32z M287 32V22h1V32z",
        "M286 32V20h1V32z M287 32V2h1V32z",
    ]


@pytest.mark.parametrize(
    "history",
    [
        "",
        "no json",
        "[1]",
        {"figures": 7},
        {"figures": {"up": ["1", True, -4, float("nan"), None, {}], "sent": {"0": 1}}},
        day(inbox=["<script>alert(1)</script>"], questions=['" onload="']),
    ],
)
def test_a_day_of_nonsense_is_none(history: object) -> None:
    assert health_page([{**ASKS, "history": history}], NOW) == health_page([ASKS], NOW)


def test_of_a_list_without_an_end_one_day_is_drawn() -> None:
    page = health_page([{**ASKS, "history": {"figures": {"sent": [1] * 100_000}}}], NOW)
    assert "288 in all" in page
    assert '<path d="M0 32V2h288V32z"/>' in page


def test_nothing_looked_at_is_no_health() -> None:
    read = Read(health_page([], NOW))
    assert read.all("table") == []
    assert any("nothing was looked at" in one for one in read.texts["p"])
    assert read.texts["title"][0].startswith("The fleet: nothing was looked at")


def test_all_is_well_is_said() -> None:
    read = Read(health_page([WELL], NOW))
    assert "all is well, 1 parts" in read.texts["p"]
    assert "Nothing." in read.texts["p"]


HOSTILE = [
    "<script>alert(1)</script>",
    "</table></main><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "' autofocus onfocus='alert(1)",
    "--></style><style>body{display:none}</style>",
    "&lt;b&gt; &amp; {{ 7 * 7 }}",
    "https://elsewhere.test/pixel.png",
    "\u202eevil\u0007\x1b[31m",
]


@pytest.mark.parametrize("word", HOSTILE)
def test_what_a_finding_says_is_words_and_nothing_else(word: str) -> None:
    """A host's name, a part, what is said of it and the advice come from anywhere; the page has the same tags as without."""
    plain = Read(health_page([{**WRONG, "number": 1}], NOW))
    hostile = {**WRONG, "number": 1, **dict.fromkeys(("host", "part", "says", "do"), word)}
    read = Read(health_page([hostile], word))
    assert read.tags == plain.tags
    row = read.table("Everything")[1]
    assert [row[0], row[1]] == [word, word]
    assert row[3] == " ".join(word.split())
    assert len(read.texts["script"]) == len(read.texts["style"]) == 1


def test_it_loads_nothing_and_lets_nothing_run_but_its_own() -> None:
    page = health_page([WELL, OLD, WRONG, ASKS], NOW)
    read = Read(page)
    assert "//" not in re.sub(r"^// .*$", "", page, flags=re.MULTILINE), "an address of somewhere else"
    assert "@import" not in page
    assert "url(" not in page
    reaching = {"src", "href", "action", "srcset", "data", "poster", "style", "background"}
    reached = [
        value
        for _tag, attrs in read.tags
        for name, value in attrs.items()
        if name in reaching or name.startswith("on")
    ]
    assert reached == ["#attention"]
    policy = next(
        one["content"] for one in read.all("meta") if one.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for kind in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(read.texts[kind][0].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_it_is_made_for_screen_readers_the_keyboard_and_a_phone() -> None:
    read = Read(health_page([WELL, OLD, WRONG, ASKS], NOW))
    assert read.all("html") == [{"lang": "en"}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in read.all("meta")
    assert len(read.texts["caption"]) == len(read.all("table")) == 4
    heads = [attrs for attrs in read.all("th") if attrs["scope"] == "col"]
    assert {attrs["aria-sort"] for attrs in heads} == {"none"}
    assert len(read.all("button")) == len(heads)
    assert {attrs["type"] for attrs in read.all("button")} == {"button"}
    assert read.all("label") == [{"for": "filter"}]
    assert [attrs["id"] for attrs in read.all("input")] == ["filter"]
    assert {"id": "said", "class": "quiet", "role": "status"} in read.all("p")
    ids = [attrs["id"] for _tag, attrs in read.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    style = read.texts["style"][0]
    for wanted in (
        "color-scheme: light dark",
        "prefers-color-scheme: dark",
        "@media print",
        "max-width: 47rem",
        ":focus-visible",
    ):
        assert wanted in style


@pytest.mark.parametrize(
    ("finding", "sentence"),
    [({"host": "home", "part": "homeserver"}, "'well'"), ({**OLD, "severity": "grave"}, "found 'grave'")],
)
def test_a_finding_that_is_none_is_refused(finding: dict, sentence: str) -> None:
    with pytest.raises(AnsibleFilterError, match=sentence):
        health_page([finding], NOW)
