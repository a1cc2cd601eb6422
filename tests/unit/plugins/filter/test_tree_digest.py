# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that tells whether the library has changed since it was installed."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from ansible_collections.mosaic.fleet.plugins.filter.tree_digest import FilterModule, tree_digest


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "library" / "deep").mkdir(parents=True)
    (tmp_path / "library" / "a.py").write_text("a")
    (tmp_path / "library" / "deep" / "b.py").write_text("b")
    (tmp_path / "pyproject.toml").write_text("c")
    return tmp_path


PATHS = ["pyproject.toml", "library"]


def test_the_same_tree_has_the_same_digest_in_any_order(tree: Path) -> None:
    assert tree_digest(str(tree), PATHS) == tree_digest(str(tree), PATHS[::-1])


@pytest.mark.parametrize("changed", ["library/deep/b.py", "pyproject.toml", "library/new.py"])
def test_any_change_of_any_file_changes_it(tree: Path, changed: str) -> None:
    before = tree_digest(str(tree), PATHS)
    (tree / changed).write_text("changed")
    assert tree_digest(str(tree), PATHS) != before


def test_a_file_that_moves_changes_it(tree: Path) -> None:
    before = tree_digest(str(tree), PATHS)
    (tree / "library" / "a.py").rename(tree / "library" / "deep" / "a.py")
    assert tree_digest(str(tree), PATHS) != before


def test_using_the_library_does_not_change_it(tree: Path) -> None:
    """Python leaves compiled files beside the sources."""
    before = tree_digest(str(tree), PATHS)
    (tree / "library" / "__pycache__").mkdir()
    (tree / "library" / "__pycache__" / "a.cpython-311.pyc").write_bytes(b"compiled")
    assert tree_digest(str(tree), PATHS) == before


def test_what_is_not_there_is_named(tree: Path) -> None:
    with pytest.raises(AnsibleFilterError, match=r"nothing\.toml cannot: No such file"):
        tree_digest(str(tree), ["nothing.toml"])


def test_ansible_finds_it_by_its_name() -> None:
    assert FilterModule().filters()["tree_digest"] is tree_digest
