# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Markdown becomes the HTML that clients show, and nothing else."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.matrix.markdown import render


@pytest.mark.parametrize(
    "text",
    [
        "plain",
        "1 < 2 & so on",
        "quotes \" and '",
        "snake_case_name",
        "  padded  ",
        "scp host:~/a host:~/b",
        "no ~~~mark~~~, no ~~~~mark~~~~",
    ],
)
def test_plain_text_needs_no_html(text: str) -> None:
    """Where the HTML would show the same, there is none."""
    assert render(text) is None


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**b** _i_ ~~s~~ `c`", "<p><strong>b</strong> <em>i</em> <s>s</s> <code>c</code></p>"),
        ("~~a ~~~ b~~ ~", "<p><s>a ~~~ b</s> ~</p>"),
        ("a\nb", "<p>a<br>\nb</p>"),
        ("[l](https://e.org)", '<p><a href="https://e.org">l</a></p>'),
        ("```py\nx < 1\n```", '<pre><code class="language-py">x &lt; 1\n</code></pre>'),
        ("3. three", '<ol start="3">\n<li>three</li>\n</ol>'),
    ],
)
def test_markup_is_rendered(text: str, html: str) -> None:
    """Emphasis, line breaks, links, code with its language, lists."""
    assert render(text) == html


def test_a_table_is_a_table() -> None:
    """Tables are not in CommonMark, and reports are full of them."""
    assert "<td>1</td>" in (render("|a|b|\n|-|-|\n|1|2|") or "")


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script> *x*",
        "<img src=x onerror=alert(1)> *x*",
        "[x](javascript:alert(1)) *x*",
        "![x](https://tracker.test/p.png)",
        "<b onclick=x>*x*</b>",
        "[x](data:text/html,1) *x*",
    ],
)
def test_nothing_active_gets_through(text: str) -> None:
    """Raw HTML, scripts, foreign images and odd schemes are shown as text or dropped."""
    html = render(text) or ""
    assert not re.search(r"<(script|img|b)\b|href=\"(javascript|data)", html)


@pytest.mark.parametrize(
    "text",
    ["[status]: ok", "[WARN]: failed", "Done.\n\n[1]: https://ci/run/7", "[build]: green\n[tests]: red"],
)
def test_no_line_is_taken_for_the_definition_of_a_link(text: str) -> None:
    """CommonMark shows such a line to nobody; whoever writes `[status]: ok` means the words."""
    html = render(text)
    words = re.sub("<[^>]*>", "", html) if html is not None else text
    assert re.findall(r"\w+", words) == re.findall(r"\w+", text)


@pytest.mark.parametrize("text", ["[](https://e.org)", "[]()", "&nbsp;[](x)", "   "])
def test_html_that_shows_nothing_is_not_sent(text: str) -> None:
    """A client that takes the HTML at its word would show an empty message."""
    html = render(text)
    assert html is None or re.sub("<[^>]*>", "", unescape(html)).strip()


@pytest.mark.parametrize("target", ["src/split.py", "/foo", "#part", "//host.example/y", "", "x?a=b:c"])
def test_a_relative_link_keeps_its_words_alone(target: str) -> None:
    """Matrix wants a scheme: a client would resolve the link against its own address."""
    assert render(f"*see* [split **now**]({target})") == "<p><em>see</em> split <strong>now</strong></p>"


def test_a_link_has_no_attribute_but_its_address() -> None:
    """Neither the title that markdown has, nor what the cleaner lets pass on every tag."""
    assert render('[x](https://a.example "t")') == '<p><a href="https://a.example">x</a></p>'


@given(st.from_regex(r"\A[A-Za-z\u00c0-\u024f](?:[A-Za-z0-9\u00c0-\u024f]|[ ,.;:!?'\"()/@%$-]){0,60}\Z"))
def test_a_line_of_words_is_not_rendered_and_would_be_nothing_else(text: str) -> None:
    """What is in front of it sees to it that this is the renderer's word."""
    assert render(text) is None
    rendered = render(f"*a*\n\n{text}")
    assert rendered is not None
    assert unescape(rendered).removeprefix("<p><em>a</em></p>\n") == f"<p>{text.strip()}</p>"


@given(st.text(max_size=300))
def test_any_text_renders_to_known_tags(text: str) -> None:
    """Rendering never fails, and no tag outside the list of the specification appears."""
    tags = set(re.findall(r"</?([a-z0-9]+)", render(text) or ""))
    assert tags <= {
        *("p", "br", "hr", "blockquote", "pre", "code", "h1", "h2", "h3", "h4", "h5", "h6"),
        *("ul", "ol", "li", "a", "em", "strong", "s", "table", "thead", "tbody", "tr", "th", "td"),
    }
