# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the fleet in a real Chromium: it renders, sorts, filters, and is read on a phone, in the dark and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.mosaic.fleet.plugins.plugin_utils.health_page.page import health_page
from fleet import FINDINGS, MADE_AT
from playwright.sync_api import Browser, Page, expect

PICTURES = Path(__file__).parents[2] / "docs" / "images"
WIDTHS = {"wide": 1280, "tablet": 768, "phone": 360}
"""Of the pictures in the docs: the head of the page, its plots, and the head in the dark."""

ORCHESTRATORS = ["agent-1", "agent-2", "agent-3", "agent-4", "agent-5"]


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """The page as a file; nothing may go wrong in it, and it may ask for nothing."""
    place = tmp_path / "fleet.html"
    place.write_text(health_page(FINDINGS, MADE_AT), "utf-8")
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.append(request.url))
    page.goto(place.as_uri())
    yield page
    assert said == [place.as_uri()]
    page.close()


def hosts(page: Page, caption: str) -> list[str]:
    """The hosts of the rows of a table that can be seen, in their order."""
    return page.get_by_role("table", name=caption).locator("tbody tr:visible th").all_inner_texts()


def test_it_renders_what_waits_first(page: Page) -> None:
    expect(page).to_have_title(
        "The fleet: 2 wait for a human, 1 not well, 2 will not be well if nobody does anything, of 29 parts"
    )
    items = page.get_by_role("listitem").all_inner_texts()
    assert [one.split(",")[0] for one in items] == [
        "● waits agent-1",
        "● waits agent-3",
        "✖ wrong agent-4",
        "▲ warning agent-2",
        "▲ warning proxy",
    ]
    plots = page.get_by_role("table", name="One sample in five minutes").locator("svg path")
    assert plots.count() == 7 * 4
    assert all((one.bounding_box() or {"width": 0})["width"] > 10 for one in plots.all())


def test_it_sorts_by_a_click_and_by_the_keyboard_and_says_so(page: Page) -> None:
    table = page.get_by_role("table", name="One sample in five minutes")
    assert hosts(page, "One sample in five minutes") == ["agent-1", "agent-3", "agent-2", "agent-5"]
    head = table.get_by_role("columnheader", name="Host")
    head.get_by_role("button").click()
    assert hosts(page, "One sample in five minutes") == ["agent-1", "agent-2", "agent-3", "agent-5"]
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("button").focus()
    page.keyboard.press("Enter")
    assert hosts(page, "One sample in five minutes") == ["agent-5", "agent-3", "agent-2", "agent-1"]
    expect(page.get_by_role("status")).to_contain_text("Sorted by Host, descending.")
    archives = page.get_by_role("table", name="Archives, the oldest on top")
    archives.get_by_role("button", name="What was found").click()
    assert hosts(page, "Archives, the oldest on top") == ORCHESTRATORS


def test_it_shows_only_rows_with_the_words(page: Page) -> None:
    field = page.get_by_role("searchbox")
    field.fill("AGENT-2 library")
    assert hosts(page, "All findings.") == ["agent-2"]
    expect(page.get_by_role("status")).to_contain_text("rows")
    field.press("Enter")
    assert page.url.endswith("fleet.html")  # it was no form that is sent
    field.fill("")
    assert len(hosts(page, "All findings.")) == 29


@pytest.mark.parametrize("width", [320, *WIDTHS.values()])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_at_any_width_and_all_of_it_can_be_read(
    page: Page, width: int, scheme: str
) -> None:
    """No scrolling sideways; and every word stands out from its ground as WCAG 2.2 wants it (1.4.3: 4.5 to 1)."""
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.get_by_role("row").count() == 7 + (
        7 + 10 + 6 + 1 + 5 + 4 + 29
    )  # heads, and what each table has
    assert page.evaluate(CONTRAST) >= 4.5


CONTRAST = """() => {
  const parts = (colour) => colour.match(/[0-9.]+/g).map(Number);
  const light = (colour) => {
    const [r, g, b] = parts(colour).map((one) => one / 255).map((one) => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (element) => {
    const colour = getComputedStyle(element).backgroundColor;
    return parts(colour)[3] === 0 ? (element.parentElement ? ground(element.parentElement) : "rgb(255, 255, 255)") : colour;
  };
  const speaks = (one) => one.checkVisibility() && [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const texts = [...document.querySelectorAll("body *")].filter(speaks);
  return Math.min(...texts.map((one) => {
    const [low, high] = [light(getComputedStyle(one).color), light(ground(one))].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  }));
}"""


def test_it_prints_without_what_paper_cannot_do(page: Page) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    expect(page.get_by_role("searchbox")).to_be_hidden()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_the_first_key_leads_past_the_head(page: Page) -> None:
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to what waits"


def test_what_a_host_says_does_nothing(browser: Browser, tmp_path: Path) -> None:
    """Every foreign word is hostile; the page shows it and neither runs nor loads it."""
    word = (
        "<img src=x onerror=document.title='had'><script>document.title='had'</script>\" onclick=\"alert(1)"
    )
    hostile = [{**one, "host": word, "part": word, "says": word, "do": word} for one in FINDINGS]
    place = tmp_path / "fleet.html"
    place.write_text(health_page(hostile, word), "utf-8")
    page = browser.new_page()
    page.goto(place.as_uri())
    expect(page.get_by_role("row", name=word).first).to_be_visible()
    assert page.locator("img").count() == 0
    assert "had" not in page.title().split(":")[0]
    page.close()


@pytest.mark.parametrize("name", WIDTHS)
def test_the_pictures_of_the_docs_are_of_this_page(
    page: Page, name: str, pytestconfig: pytest.Config
) -> None:
    """Written anew by `--pictures`; here only that there is one, of that width."""
    place = PICTURES / f"fleet-{name}.png"
    if pytestconfig.getoption("pictures"):
        page.set_viewport_size({"width": WIDTHS[name], "height": 800})
        page.emulate_media(color_scheme="dark" if name == "phone" else "light")
        if name == "tablet":
            page.get_by_role("heading", name="The last 24 hours").evaluate("one => one.scrollIntoView()")
        page.screenshot(path=place)
    width = int.from_bytes(place.read_bytes()[16:20], "big")  # of the IHDR chunk
    assert width == WIDTHS[name]
