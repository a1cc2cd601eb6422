# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every page has its chapter on the site: `make site` would fail, and it is not in `make test`."""

from __future__ import annotations

import importlib.util

from unit.docs.pages import ROOT


def test_every_page_is_in_a_chapter_of_the_site() -> None:
    """CHAPTERS of scripts/site_source.py; the first page is above them."""
    spec = importlib.util.spec_from_file_location("site_source", ROOT / "scripts" / "site_source.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    listed = [page for pages in module.CHAPTERS.values() for page in pages if "/" not in page]
    assert sorted([*listed, module.FIRST]) == sorted(page.stem for page in (ROOT / "docs").glob("*.md"))
