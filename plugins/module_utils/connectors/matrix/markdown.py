# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From markdown to the HTML that Matrix clients show: rendered by markdown-it-py, cleaned by nh3.

Raw HTML in the text is shown as text, never obeyed. The allowed tags are those of the Matrix
client-server API v1.11, "m.room.message msgtypes".
"""

from __future__ import annotations

from functools import lru_cache
from html import unescape
from typing import Any

from ..thirdparty import require

_TAGS = {
    *("p", "br", "hr", "div", "span", "blockquote", "pre", "code"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "a"),
    *("b", "i", "u", "s", "strong", "em", "del", "sub", "sup"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href"}, "code": {"class"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "ftp", "mailto", "magnet"}


def render(text: str) -> str | None:
    """`text` as HTML, or None when it looks the same without."""
    html: str = _renderer().render(text).strip()
    if unescape(html) == f"<p>{text.strip()}</p>":
        return None
    clean: str = require("nh3").clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_keep_attribute,
        url_schemes=_SCHEMES,
        link_rel=None,
    )
    return clean


@lru_cache(maxsize=1)
def _renderer() -> Any:
    # A line feed in a chat is meant; an image of another server is not shown by clients, its link is.
    markdown = require("markdown_it").MarkdownIt("commonmark", {"html": False, "breaks": True})
    return markdown.enable(["table", "strikethrough"]).disable("image")


def _keep_attribute(tag: str, attribute: str, value: str) -> str | None:
    if tag == "code" and attribute == "class" and not value.startswith("language-"):
        return None
    return value
