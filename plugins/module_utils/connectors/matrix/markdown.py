# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From markdown to the HTML that Matrix clients show: rendered by markdown-it-py, cleaned by nh3.

Raw HTML in the text is shown as text, never obeyed. The allowed tags are those of the Matrix
client-server API v1.11, "m.room.message msgtypes".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from ..thirdparty import require

_TAGS = {
    *("p", "br", "hr", "div", "span", "blockquote", "pre", "code"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "a"),
    *("b", "i", "u", "s", "strong", "em", "del", "sub", "sup"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
# nh3 lets `title` and `lang` pass on every tag unless told otherwise; the subset has neither.
_ATTRIBUTES: dict[str, set[str]] = {"*": set(), "a": {"href"}, "code": {"class"}, "ol": {"start"}}
_ANY_TAG = re.compile(r"<[^<>]*>")
_TILDES = re.compile("~+")
# One line of words and the signs between them, none of which marks anything up there: what most messages are.
_WORDS = re.compile(r"[^\W\d_](?:[^\W_]|[ ,.;:!?'\"()/@%$-])*")
_SCHEMES = {"http", "https", "ftp", "mailto", "magnet"}


def render(text: str) -> str | None:
    """`text` as HTML, or None when it looks the same without or nothing of it would be seen."""
    if _WORDS.fullmatch(text):
        return None
    html: str = _renderer().render(text).strip()
    if unescaped(html) == f"<p>{text.strip()}</p>":
        return None
    clean: str = require("nh3").clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_keep_attribute,
        url_schemes=_SCHEMES,
        link_rel=None,
    )
    return clean if _shows_something(clean) else None


def unescaped(html: str) -> str:
    """HTML's own names for characters as the characters; the table of them takes half a megabyte, from the first that is used."""
    if "&" not in html:
        return html
    from html import unescape

    return unescape(html)


@lru_cache(maxsize=1)
def _renderer() -> Any:
    # A line feed in a chat is meant; an image of another server is not shown by clients, its link is.
    # `[status]: ok` is meant as words, and as the definition of a link nobody would see it.
    markdown = require("markdown_it").MarkdownIt("commonmark", {"html": False, "breaks": True})
    markdown.enable(["table", "strikethrough"]).disable(["image", "reference"])
    markdown.inline.ruler.before("strikethrough", "tildes", _leave_tildes)
    markdown.core.ruler.after("inline", "absolute_links", _drop_relative_links)
    return markdown


def _leave_tildes(state: Any, silent: bool) -> bool:
    """Of tildes only two strike out: not three and more (GFM 6.5), nor one, which is a home in `host:~/a host:~/b`."""
    found = _TILDES.match(state.src, state.pos)
    if silent or found is None or len(found.group()) == 2:
        return False
    state.push("text", "", 0).content = found.group()
    state.pos = found.end()
    return True


def _shows_something(html: str) -> bool:
    return "<hr" in html or bool(unescaped(_ANY_TAG.sub("", html)).strip())


def _drop_relative_links(state: Any) -> None:
    """Leave of a link that leads nowhere from a chat (`src/x.py`) its words: clients would resolve it to themselves."""
    for block in state.tokens:
        kept, dropped = [], False
        for token in block.children or []:
            if token.type == "link_open":  # no link stands in another
                scheme, colon, _rest = str(token.attrs.get("href", "")).partition(":")
                dropped = not colon or scheme.lower() not in _SCHEMES
            if not (dropped and token.type in ("link_open", "link_close")):
                kept.append(token)
        block.children = kept if block.children is not None else None


def _keep_attribute(tag: str, attribute: str, value: str) -> str | None:
    if tag == "code" and attribute == "class" and not value.startswith("language-"):
        return None
    return value
