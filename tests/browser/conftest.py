# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A headless Chromium of this machine, driven by Playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--pictures`: write the pictures of the docs anew."""
    parser.addoption("--pictures", action="store_true", help="write docs/images/fleet-*.png anew")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The one that is installed: Playwright's own would be a download from somewhere else."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    assert program, "a Chromium is expected on the PATH; on Debian it is the package chromium"
    with sync_playwright() as playwright:
        sandbox = os.getuid() != 0  # as root it has none, and would not start
        browser = playwright.chromium.launch(executable_path=program, chromium_sandbox=sandbox)
        yield browser
        browser.close()
