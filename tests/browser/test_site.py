# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The docs site as `make site` left it, in a real Chromium: the first page, the way to a module, the search, a phone."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

SITE = Path(__file__).parents[2] / ".cache" / "site" / "html"


class Quiet(SimpleHTTPRequestHandler):
    """A server of files that keeps no log."""

    def log_message(self, *_words: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The site behind a web server, as its readers have it: from a file the search may read no page."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(SITE))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join(10)


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """The first page; nothing may go wrong in it, and nothing may be loaded from elsewhere."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("request", lambda one: wrong.append(one.url) if not one.url.startswith(address) else None)
    page.goto(address)
    yield page
    assert wrong == []
    page.close()


def test_the_first_page_is_the_quick_start_and_leads_to_a_module(page: Page) -> None:
    expect(page.get_by_role("heading", level=1)).to_contain_text("Quick start")
    page.get_by_role("link", name="Mosaic.Fleet", exact=True).click()
    page.get_by_role("link", name="send module").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Say something to the operator")
    expect(page.get_by_text("What makes the message one message")).to_be_visible()


def test_the_search_finds_a_page_by_a_word_of_it(page: Page) -> None:
    page.get_by_role("textbox", name="Search").fill("decommission")
    page.keyboard.press("Enter")
    expect(page.locator("ul.search li").first).to_be_visible()
    assert "tokens, upgrades, and the end" in " ".join(page.locator("ul.search li").all_inner_texts())


def test_no_page_is_wider_than_a_phone(browser: Browser) -> None:
    """What is wide (a table, a command) scrolls by itself."""
    page = browser.new_page(viewport={"width": 360, "height": 800})
    wide = []
    for path in sorted(SITE.rglob("*.html")):
        page.goto(path.as_uri())
        if page.evaluate("document.documentElement.scrollWidth") > 360:
            wide.append(path.name)
    page.close()
    assert wide == []
