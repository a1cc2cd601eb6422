# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages that are made from the code are as the code would make them now."""

from __future__ import annotations

import importlib.util
import json
import re
from types import ModuleType

import pytest
import yaml
from mosaic_connectors import KNOWN_CONNECTOR_KINDS
from mosaic_connectors.mistakes import CODES, mistakes_in_roster
from unit.docs.pages import ROOT, Page


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    """scripts/roster_page.py."""
    spec = importlib.util.spec_from_file_location("roster_page", ROOT / "scripts" / "roster_page.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_and_the_schema_are_up_to_date(generator: ModuleType) -> None:
    """Else run: make docs."""
    assert (ROOT / "docs" / "roster.md").read_text(encoding="utf-8") == generator.page()
    assert (ROOT / "docs" / "connector.schema.json").read_text(encoding="utf-8") == generator.schema()


def test_the_examples_are_right_and_the_example_of_a_mistake_is_one() -> None:
    """Each block of YAML is a roster without mistakes; the JSON is what `validate --json` says of the wrong one."""
    page = Page(ROOT / "docs" / "roster.md")
    blocks = list(page.blocks())
    rosters = [content for language, content in blocks if language == "yaml"]
    kinds = tuple(yaml.safe_load(text)["connector"]["kind"] for text in rosters)
    assert kinds == KNOWN_CONNECTOR_KINDS
    assert not any(mistakes_in_roster(text, "roster.yaml") for text in rosters)
    (shown,) = (json.loads(content) for language, content in blocks if language == "json")
    (mistake,) = mistakes_in_roster("connector:\n  # the channel\n  kind: matrx\n", "roster.yaml")
    assert shown["mistakes"] == [vars(mistake)]
    assert f"roster.yaml:3:9: error: {mistake.message}" in page.text


def test_every_code_that_is_given_is_on_the_page() -> None:
    """And no other."""
    library = ROOT / "plugins" / "module_utils" / "connectors"
    given = {"unseen", "secret_missing", "invalid"}
    for file in (*library.glob("*.py"), *library.glob("roster/*.py")):
        given |= set(re.findall(r'code="(\w+)"', file.read_text()))
    given -= {"forbidden"}
    assert given == set(CODES)
