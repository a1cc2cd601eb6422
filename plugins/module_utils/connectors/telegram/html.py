# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From markdown to the HTML that Telegram takes, and the same as it will be seen: parsed by markdown-it-py.

Telegram knows a few tags, no lists, no headings and no tables, and counts what is left when the tags are taken out. What
is written here is never longer than the markdown it came from. Source: Bot API 8.0, "HTML style", "MessageEntity".
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple

from ..thirdparty import require

_LANGUAGE = re.compile(r"[A-Za-z0-9_+#.-]+")
_SCHEMES = ("http://", "https://")
_INLINE = {"strong": "b", "em": "i", "s": "s"}


class Rendered(NamedTuple):
    """A text with Telegram's tags, and without any: what it counts."""

    html: str
    plain: str


def units(text: str) -> int:
    """The length of a text as Telegram counts it, in UTF-16: an emoji is two."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def render(text: str) -> Rendered:
    """`text`, which is markdown, for Telegram."""
    writer = _Writer(text.split("\n"))
    for token in _parser().parse(text):
        writer.block(token)
    return Rendered("".join(writer.html), "".join(writer.plain))


@lru_cache(maxsize=1)
def _parser() -> Any:
    # Raw HTML is shown as it is, never obeyed; an image becomes its link; `[status]: ok` is meant as words.
    markdown = require("markdown_it").MarkdownIt("commonmark", {"html": False})
    return markdown.enable(["table", "strikethrough"]).disable(["image", "reference"])


class _Writer:
    """Writes block after block, as far apart as they were written."""

    def __init__(self, lines: list[str]) -> None:
        self.html: list[str] = []
        self.plain: list[str] = []
        self._lines = lines
        self._end = 0
        self._begun = True
        self._lead = ""
        self._lists: list[str] = []
        self._quotes = 0
        self._in_table = False
        self._links: list[bool] = []

    def block(self, token: Any) -> None:
        """Write one block token of markdown-it."""
        kind = token.type
        if kind == "table_open":
            # As it was written: Telegram has none.
            self._code("\n".join(self._lines[slice(*token.map)]), token)
            self._in_table = True
        if self._in_table:
            self._in_table = kind != "table_close"
            return
        if "list" in kind or "quote" in kind:
            self._container(kind, token)
        elif kind in ("paragraph_open", "heading_open"):
            self._gap(token)
            self._tag("<b>" if kind == "heading_open" else "")
        elif kind == "heading_close":
            self._tag("</b>")
        elif kind == "inline":
            for child in token.children:
                self._inline(child)
        elif kind in ("fence", "code_block"):
            self._code(token.content.removesuffix("\n"), token)
        elif kind == "hr":
            self._gap(token)
            self._say("———")

    def _container(self, kind: str, token: Any) -> None:
        """Begin or end a list, an item of one, or a quotation."""
        if kind in ("bullet_list_open", "ordered_list_open"):
            self._lists.append(kind)
        elif kind in ("bullet_list_close", "ordered_list_close"):
            self._lists.pop()
        elif kind == "list_item_open":
            # One that begins in the line of another needs no indentation.
            indent = "" if self._begun else "  " * (len(self._lists) - 1)
            self._gap(token)
            bullet = "•" if self._lists[-1] == "bullet_list_open" else f"{token.info}{token.markup}"
            self._say(indent + bullet)
            self._begun, self._lead = True, " "
        elif kind == "list_item_close":
            self._lead = ""
        elif kind == "blockquote_open":
            self._gap(token)
            self._begun = True
            self._quotes += 1
            self._tag("<blockquote>" if self._quotes == 1 else "")  # they are not nested
        elif kind == "blockquote_close":
            self._quotes -= 1
            self._tag("</blockquote>" if not self._quotes else "")

    def _code(self, code: str, token: Any) -> None:
        self._gap(token)
        language = _LANGUAGE.match(token.info) if token.type == "fence" else None
        inner = f'<code class="language-{language[0]}">' if language else ""
        self._tag(f"<pre>{inner}")
        self._say(code)
        self._tag("</code></pre>" if language else "</pre>")

    def _inline(self, token: Any) -> None:
        name, _underscore, end = token.type.rpartition("_")
        if name in _INLINE:
            self._tag(f"<{'/' if end == 'close' else ''}{_INLINE[name]}>")
        elif token.type == "link_open":
            url = str(token.attrs["href"])
            # A link that leads nowhere from a chat (`src/x.py`) is its words.
            self._links.append(url.lower().startswith(_SCHEMES))
            self._tag(f'<a href="{escape(url)}">' if self._links[-1] else "")
        elif token.type == "link_close":
            self._tag("</a>" if self._links.pop() else "")
        elif token.type == "code_inline":
            self._tag("<code>")
            self._say(token.content)
            self._tag("</code>")
        elif token.type in ("softbreak", "hardbreak"):
            self._say("\n")
        else:
            self._say(token.content)

    def _gap(self, token: Any) -> None:
        """The line feeds before a block, as many as there were, two at most."""
        start, end = token.map
        if not self._begun:
            self._say("\n" * min(max(start - self._end + 1, 1), 2))
        self._begun = False
        self._end = start if token.type.endswith(("item_open", "quote_open")) else end

    def _say(self, text: str) -> None:
        """Write words, and before them the space that an item with words has."""
        text, self._lead = self._lead + text, ""
        self.html.append(escape(text, quote=False))
        self.plain.append(text)

    def _tag(self, tag: str) -> None:
        if tag and self._lead:
            self._say("")
        self.html.append(tag)
