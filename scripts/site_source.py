# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The source of the site: the pages of docs/ as they are, but for links to what is no page, which lead into the repository.

site_source.py docs .cache/site/source
"""

from __future__ import annotations

import re
import shutil
import sys
import zlib
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]
FIRST = "quick-start"
"""The page that comes first: on the site it is `index`."""

CHAPTERS = {
    "Begin": ("how-it-fits", "choose-a-connector", "deploy-conduit", "operate-discord", "telegram", "slack"),
    "Operate": (
        *("operate", "operate-fleet", "operate-bridge", "operate-chat", "operate-agent"),
        *("backup-and-restore", "monitoring", "tls-and-federation", "rosters-as-inventory", "events"),
        *("run-elsewhere", "troubleshooting"),
    ),
    "Look up": ("roster", "collection/index", "add-a-connector", "dependencies", "support"),
    "Know": ("reliability", "performance", "decisions/index"),
}
"""Every page, in the order of the site; Sphinx warns of one that is in no chapter."""

ANSIBLE = {
    "action_plugins": "plugins/action.html",
    "ansible_configuration_settings": "reference_appendices/config.html",
    "callback_plugins": "plugins/callback.html",
    "common_return_values": "reference_appendices/common_return_values.html",
}
"""The places of Ansible's own documentation that antsibull-docs leads to; Sphinx warns of another."""

PICTURES = {".png", ".svg"}
_LINK = re.compile(r"(\]\()([^)\s#]+)(#[^)\s]*)?(\))")


def main(docs: Path, source: Path) -> None:
    """Write the source."""
    repository = yaml.safe_load((ROOT / "galaxy.yml").read_text("utf-8"))["repository"]
    for page in sorted(docs.rglob("*")):
        place = source / page.relative_to(docs)
        if page.suffix in PICTURES:
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(page, place)
        elif page.suffix == ".md":
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(_page(page, docs, repository), "utf-8")
    first = source / f"{FIRST}.md"
    chapters = "".join(_chapter(name, pages) for name, pages in CHAPTERS.items())
    first.with_name("index.md").write_text(first.read_text("utf-8") + chapters, "utf-8")
    first.unlink()
    decisions = sorted(one.stem for one in (docs / "decisions").glob("*.md"))
    listed = "# Decisions\n\nWhat was decided, why, and what follows.\n" + _chapter(
        "", decisions, hidden=False
    )
    (source / "decisions" / "index.md").write_text(listed, "utf-8")
    (source.parent / "ansible.inv").write_bytes(_inventory())


def _page(page: Path, docs: Path, repository: str) -> str:
    """A page whose links to other pages stay, and whose others name the file in the repository."""

    def led(found: re.Match[str]) -> str:
        begins, target, anchor, ends = found[1], found[2], found[3] or "", found[4]
        if "://" in target or target.startswith("mailto:"):
            return found[0]
        path = (page.parent / target).resolve()
        if path == (docs / f"{FIRST}.md").resolve():
            target = target.replace(FIRST, "index")
        elif path == (docs / "decisions").resolve():
            target = "decisions/index.md"
        elif not path.is_relative_to(docs.resolve()) or path.suffix not in {".md", *PICTURES}:
            kind = "tree" if path.is_dir() else "blob"
            target = f"{repository}/{kind}/main/{path.relative_to(ROOT)}"
        return f"{begins}{target}{anchor}{ends}"

    return _LINK.sub(led, page.read_text("utf-8"))


def _inventory() -> bytes:
    """`ANSIBLE` in the form that Sphinx reads (https://sphobjinv.readthedocs.io/en/stable/syntax.html)."""
    head = "# Sphinx inventory version 2\n# Project: ansible\n# Version: \n"
    head += "# The remainder of this file is compressed using zlib.\n"
    lines = (
        f"{label} std:label -1 {page}#{label.replace('_', '-')} {label.replace('_', ' ')}\n"
        for label, page in ANSIBLE.items()
    )
    return head.encode() + zlib.compress("".join(lines).encode())


def _chapter(name: str, pages: tuple[str, ...] | list[str], *, hidden: bool = True) -> str:
    options = [f":caption: {name}"] if name else []
    options += [":hidden:"] if hidden else []
    return "\n".join(["", "```{toctree}", *options, "", *pages, "```", ""])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
