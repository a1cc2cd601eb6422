# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of faults lists the tests that there are, and no other."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import pytest
from fakes.bad_wire import FAULTS
from unit.docs.pages import ROOT


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    """scripts/reliability_page.py."""
    spec = importlib.util.spec_from_file_location(
        "reliability_page", ROOT / "scripts" / "reliability_page.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["reliability_page"] = module  # where dataclasses look their annotations up
    spec.loader.exec_module(module)
    return module


def test_every_test_of_a_fault_is_on_the_page_and_every_row_has_its_test(maker: ModuleType) -> None:
    """Else run: make reliability ARGS=faults."""
    assert list(maker.listed()) == maker.marks()


def test_every_fault_of_the_wire_is_on_the_page(maker: ModuleType) -> None:
    """Else run: make reliability ARGS=wire."""
    rows = [
        line.split(" | ")[0].strip("| ")
        for line in maker.section("wire").splitlines()
        if line.startswith("| ")
    ]
    assert rows[1:] == list(FAULTS)


def test_no_section_is_empty(maker: ModuleType) -> None:
    for name in ("faults", "wire", "fleet"):
        assert maker.section(name)
