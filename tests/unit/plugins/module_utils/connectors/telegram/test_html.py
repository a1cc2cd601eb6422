# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Markdown becomes HTML that Telegram reads, shows the same words, and is never longer than what was written."""

from __future__ import annotations

from fakes.telegram import Markup
from hypothesis import given, settings
from hypothesis import strategies as st
from mosaic_connectors.telegram.html import render, units

PIECES = (
    *("word", "🦊", "\\", "\x00", "  ", "    ", "\t", "\n", "\n\n", "  \n", "&", "<b>", "&amp;", "&ngE;"),
    *("# ", "- ", "* ", "1. ", "12) ", "> ", ">> ", "---\n", "=\n", "| a | b |\n|---|---|\n| 1 | 2 |\n"),
    *(
        "`",
        "```",
        "```py\n",
        "~~~\n",
        "**",
        "*",
        "_",
        "~~",
        "[a](http://x.y/z)",
        "[a](b.c)",
        "![i](http://q)",
    ),
)


def test_what_telegram_has_no_tag_for_is_written_out() -> None:
    """Headings, lists within lists, quotations within quotations, tables; a link within the host's files is its words."""
    text = "# Head\n**b** [x](https://e.org/?a&b) [y](src/x.py)\n\n- one\n  1. two\n\n> a\n>> b\n\n| c |\n|---|\n| 1 |"
    assert render(text).html == (
        '<b>Head</b>\n<b>b</b> <a href="https://e.org/?a&amp;b">x</a> y\n\n• one\n  1. two\n\n'
        "<blockquote>a\nb</blockquote>\n\n<pre>| c |\n|---|\n| 1 |</pre>"
    )


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=20).map("".join))
def test_whatever_is_written_can_be_read_and_fits_where_it_did(text: str) -> None:
    rendered = render(text)
    assert Markup.read(rendered.html) == rendered.plain
    assert units(rendered.plain) <= units(text)
