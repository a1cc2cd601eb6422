# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words that the troubleshooting pages quote are words that the software says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

import pytest
from unit.docs.pages import ROOT, pages

ANYTHING = "\0"
"""What is filled in when the words are said."""

PAGE = next(page for page in pages("docs/troubleshooting.md"))
QUOTES = [quote for row in PAGE.rows() for quote in re.findall(r"`([^`]+)`", row[0])]


def sentences_of_python(source: str) -> Iterator[str]:
    """The texts in a Python file; what is filled in is `ANYTHING`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                str(part.value) if isinstance(part, ast.Constant) else ANYTHING for part in node.values
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield re.sub(r"%[-.0-9]*[a-z]|\{\w*\}", ANYTHING, node.value)


@lru_cache(maxsize=1)
def sentences() -> list[str]:
    """Everything that the software could say."""
    found = [
        sentence
        for path in sorted((ROOT / "plugins").rglob("*.py"))
        for sentence in sentences_of_python(path.read_text(encoding="utf-8"))
    ]
    for folder in ("roles", "playbooks"):
        for path in sorted((ROOT / folder).rglob("*.yml")):
            found.append(re.sub(r"\{\{.*?\}\}", ANYTHING, path.read_text(encoding="utf-8"), flags=re.DOTALL))
    return [" ".join(sentence.split()) for sentence in found]


def test_there_are_quotes() -> None:
    assert len(QUOTES) > 40


@pytest.mark.parametrize("quote", QUOTES)
def test_what_is_quoted_is_said_somewhere(quote: str) -> None:
    """In one sentence, with the parts around each … in their order."""
    parts = [re.escape(part.strip()) for part in quote.split("…") if part.strip(" .,;:")]
    pattern = re.compile(r".{0,200}?".join(parts), re.DOTALL)
    assert any(pattern.search(sentence) for sentence in sentences()), f"nobody says: {quote}"
