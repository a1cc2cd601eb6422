# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Markdown and splitting: whatever an agent writes is shown, whole, and as nothing but text."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.characters import storable
from mosaic_connectors.discord.posts import posts_of
from mosaic_connectors.matrix.content import MAX_CONTENT_BYTES, size_of, text_contents
from mosaic_connectors.matrix.markdown import render
from mosaic_connectors.split import split_text
from unit.fuzz.material import MARKDOWN, bounded, corpus, texts

TAGS = (
    *(
        "p",
        "br",
        "hr",
        "blockquote",
        "pre",
        "code",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "ul",
        "ol",
        "li",
        "a",
    ),
    *("em", "strong", "s", "table", "thead", "tbody", "tr", "th", "td"),
)
ATTRIBUTE = r'(?:href="(?:https?|ftp|mailto|magnet):[^"<>]*"|class="language-[^"<>]*"|start="\d+")'
TAG = re.compile(f"</?(?:{'|'.join(TAGS)})(?: {ATTRIBUTE})?>", re.IGNORECASE)
ADDED = set("`~>-*+ \n\t0123456789.)")
"""What closing and opening a code block again may add or leave out, in a list or a quotation."""


def check_markdown(text: str) -> None:
    """Nothing but the allowed tags, and something to see wherever there was."""
    html = render(storable(text))
    if html is None:
        return
    assert "<" not in TAG.sub("", html)
    assert unescape(TAG.sub("", html)).strip() or "<hr" in html
    for content in text_contents(text):
        assert size_of(content) <= MAX_CONTENT_BYTES
        assert content["body"].strip()


def check_splitting(text: str, limit: int) -> None:
    """Pieces that fit, in order, with every letter, and at least one of what is not blank."""
    pieces = split_text(text, lambda piece: len(piece) <= limit)
    assert all(0 < len(piece) <= limit for piece in pieces) or pieces == [text]
    assert pieces or not text.strip()
    left = iter("".join(pieces))
    assert all(any(one == other for other in left) for one in text if not one.isspace() and one not in ADDED)


@bounded()
@given(texts(MARKDOWN))
@pytest.mark.fault("any Markdown (searched)", "shown; no script, no foreign tag")
def test_markdown_is_shown_and_obeyed_by_nobody(text: str) -> None:
    check_markdown(text)


@bounded()
@given(texts(MARKDOWN, 80), st.integers(1, 80))
@pytest.mark.fault("any long text (searched)", "cut; nothing of it lost")
def test_a_text_is_cut_and_nothing_of_it_lost(text: str, limit: int) -> None:
    check_splitting(text, limit)


@bounded()
@given(texts(MARKDOWN, 30), st.integers(1, 400))
def test_a_long_text_becomes_posts(text: str, times: int) -> None:
    posts = posts_of(text * times, [], "t")
    assert all(post.content and len(post.content) <= 2000 for post in posts)
    assert bool(posts) == bool((text * times).strip())


@pytest.mark.parametrize("file", corpus("markdown"), ids=lambda file: file.name)
def test_what_was_found_in_markdown(file: Path) -> None:
    check_markdown(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", corpus("text"), ids=lambda file: file.name)
def test_what_was_found_in_texts(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for limit in (1, 7, 20, 60, 200):
        check_splitting(text, limit)
