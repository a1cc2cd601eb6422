# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Markdown of the tree as the tests of the documentation see it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]

_FENCE = re.compile(r"^ *(```+|~~~+) *([\w-]*)[^\n]*\n(.*?)^ *\1 *$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        """Its path in the tree."""
        return str(self.path.relative_to(ROOT))

    @property
    def text(self) -> str:
        """All of it."""
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """The text without its blocks of code."""
        return _FENCE.sub("", self.text)

    def blocks(self) -> Iterator[tuple[str, str]]:
        """Language and content of every block of code."""
        for fence in _FENCE.finditer(self.text):
            yield fence[2], fence[3]

    def inline_code(self) -> list[str]:
        """What stands in single backticks."""
        return _INLINE.findall(self.prose)

    def links(self) -> list[str]:
        """The targets of its links."""
        return _LINK.findall(_INLINE.sub("", self.prose))

    def anchors(self) -> set[str]:
        """The names of its headings, as GitHub and Forgejo make them."""
        found: set[str] = set()
        for heading in _HEADING.findall(self.prose):
            plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading.replace("`", ""))
            slug = re.sub(r"[^\w\- ]", "", plain.lower()).replace(" ", "-")
            number = 1
            unique = slug
            while unique in found:
                unique, number = f"{slug}-{number}", number + 1
            found.add(unique)
        return found

    def rows(self) -> Iterator[list[str]]:
        """The cells of every row of its tables, without the headings."""
        below_heading = False
        for line in self.prose.splitlines():
            if not line.startswith("|"):
                below_heading = False
                continue
            cells = [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if all(re.fullmatch(r":?-+:?", cell) for cell in cells):
                below_heading = True
            elif below_heading:
                yield cells


def pages(*patterns: str) -> list[Page]:
    """The Markdown files that git knows or would take in."""
    command = ["git", "ls-files", "-co", "--exclude-standard", "--", *(patterns or ("*.md",))]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [Page(ROOT / name) for name in listed.splitlines() if (ROOT / name).is_file()]
