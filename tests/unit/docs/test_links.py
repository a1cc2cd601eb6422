# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No link leads nowhere, and every page is found from the README."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from unit.docs.pages import ROOT, Page, pages

PAGES = pages()
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def targets(page: Page) -> Iterator[tuple[Path, str]]:
    """File and anchor of every link into the tree."""
    for link in page.links():
        if "://" not in link and not link.startswith("mailto:"):
            path, _hash, anchor = unquote(link).partition("#")
            yield (page.path.parent / path).resolve() if path else page.path, anchor


@each_page
def test_a_link_into_the_tree_leads_to_something_that_is_there(page: Page) -> None:
    """The file, and in a page the heading."""
    dead = []
    for path, anchor in targets(page):
        if not path.is_relative_to(ROOT) or not path.exists():
            dead.append(str(path))
        elif anchor and anchor not in Page(path).anchors():
            dead.append(f"{path.relative_to(ROOT)}#{anchor}")
    assert dead == []


@each_page
def test_a_link_out_of_the_tree_is_a_whole_address(page: Page) -> None:
    """A scheme that a browser takes, and a host; whether it answers is not asked in a test."""
    outside = [link for link in page.links() if "://" in link]
    assert [
        link
        for link in outside
        if urlsplit(link).scheme not in ("https", "http") or "." not in (urlsplit(link).hostname or "")
    ] == []


def test_every_page_of_the_docs_is_found_from_the_readme() -> None:
    """By links alone: nobody has to list the directory."""
    seen: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path.is_dir():  # a forge lists what is in it
            waiting += [page for page in path.glob("*.md") if page not in seen]
        if path not in seen and path.suffix == ".md":
            seen.add(path)
            waiting += [target for target, _anchor in targets(Page(path)) if target.exists()]
    assert [page.name for page in pages("docs/*.md") if page.path not in seen] == []
