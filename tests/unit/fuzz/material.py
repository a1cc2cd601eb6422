# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is fed to the readers: texts made of the pieces that mean something to them, and the corpus of what was found.

A file in `corpus/ROOM/` is an input that failed once, or one that a reader of code thought of; each is tried in every
run. `scripts/fuzz` says how a new one is found; put it there, under a name that says what it is.
"""

from __future__ import annotations

from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st

CORPUS = Path(__file__).parent / "corpus"

BOUNDED = settings(max_examples=60, deadline=None)
"""For a run with all other tests; the profile `long` of `make fuzz` takes its place where it is chosen."""


def bounded(most: int = 5_000) -> settings:
    """The bound in force: of a long search at most `most` examples, for what takes long each."""
    long = settings.get_profile("long")
    chosen = settings.default.max_examples == long.max_examples
    return settings(long, max_examples=min(most, long.max_examples)) if chosen else BOUNDED


def corpus(room: str) -> list[Path]:
    """The files of a room's corpus, by name."""
    return sorted((CORPUS / room).iterdir())


def texts(pieces: list[str], most: int = 40) -> st.SearchStrategy[str]:
    """Texts of pieces that mean something, with anything between them."""
    anything = st.text(st.characters(codec=None, exclude_categories=()), max_size=4)
    return st.lists(st.sampled_from(pieces) | anything, max_size=most).map("".join)


YAML = [
    *(
        "a: 1\n",
        "connector:\n",
        "connector: ",
        "  kind: tmux\n",
        "  kind: matrix\n",
        "kind",
        ": ",
        "- ",
        "\n",
        "  ",
        "\t",
    ),
    *(
        "{",
        "}",
        "[",
        "]",
        ",",
        "&a ",
        "*a",
        "<<: *a\n",
        "!!int ",
        "!!map ",
        "!vault ",
        "!!timestamp ",
        "!!binary ",
    ),
    *(
        "|\n",
        ">\n",
        "---\n",
        "...\n",
        "# c",
        "'",
        '"',
        "\\x00",
        "\r\n",
        "\r",
        "\ufeff",
        "\u2028",
        "? ",
        "%YAML 1.2\n",
    ),
    *(
        "operators: ['@a:x']\n",
        "inbox_limit: ",
        "9" * 20,
        "1e400",
        "2026-13-45",
        "session: ",
        "null",
        "~",
        ".nan",
        "yes",
    ),
]
JSON = [
    *(
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        '"',
        '"a"',
        '"connector"',
        '{"kind": "tmux"}',
        "1",
        "-",
        "1e999",
        "NaN",
        "null",
    ),
    *(
        "true",
        "\\ud800",
        "\\u0000",
        "\\",
        " ",
        "\n",
        "\t",
        "\ufeff",
        "9" * 30,
        '{"a":' * 30,
        "[" * 40,
        "]" * 40,
    ),
]
ENV = [
    "A=",
    "B=",
    "=",
    "'",
    '"',
    "\\",
    "\n",
    "\r",
    "#",
    ";",
    " ",
    "\t",
    "\\\n",
    "$",
    "`",
    "\x0c",
    "\u00a0",
    "\0",
    "export ",
    "\ufeff",
]
MARKDOWN = [
    *(
        "*",
        "**",
        "_",
        "~~",
        "`",
        "```",
        "~~~",
        "\n",
        "\n\n",
        "    ",
        "> ",
        "- ",
        "1. ",
        "# ",
        "|a|b|\n|-|-|\n",
        "---\n",
    ),
    *(
        "[a]",
        "(b)",
        "[a](https://x)",
        "[a]: b\n",
        "![a](b)",
        "<https://x>",
        "<script>",
        "</a>",
        "&amp;",
        "javascript:",
    ),
    *("[x](data:a)", '"t"', "\\", "<!--", "\ud800", "\0", "\u202e", "word ", "🇩", "\u0301", "\u200d"),
]
