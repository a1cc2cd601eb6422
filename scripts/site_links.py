# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether every link of the built site leads to a file that is there, and to a place in it; nothing outside is asked.

site_links.py .cache/site/html
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LEADS = {"a": "href", "link": "href", "img": "src", "script": "src", "source": "src", "iframe": "src"}
OUTSIDE_IS_FOR_READERS = {"a"}
"""What may lead elsewhere; everything else would be loaded by whoever opens a page."""


class Page(HTMLParser):
    """The links and the places of one page."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[tuple[str, str]] = []
        self.places = {""}
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where it leads and what it may be called."""
        values = dict(attrs)
        self.places |= {one for one in (values.get("id"), values.get("name")) if one}
        if target := values.get(LEADS.get(tag, "")):
            self.links.append((tag, target))


def faults(html: Path) -> Iterator[str]:
    """A sentence for each link that leads nowhere."""
    pages = {path: Page(path) for path in sorted(html.rglob("*.html"))}
    for path, page in pages.items():
        for tag, link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                if tag not in OUTSIDE_IS_FOR_READERS and parts.scheme != "data":
                    yield f"{path.relative_to(html)}: {tag} loads {link}"
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.is_file():
                yield f"{path.relative_to(html)}: {link} leads to no file"
            elif target in pages and unquote(parts.fragment) not in pages[target].places:
                yield f"{path.relative_to(html)}: {link} leads to no place in {target.name}"


def main(html: Path) -> int:
    """Say what is wrong; 1 if anything is."""
    found = list(faults(html.resolve()))
    sys.stdout.write("".join(f"{one}\n" for one in found))
    count = len(list(html.rglob("*.html")))
    sys.stdout.write(f"{count} pages, {len(found)} links that lead nowhere\n")
    return 1 if found or not count else 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
