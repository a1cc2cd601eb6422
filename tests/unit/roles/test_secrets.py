# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is secret in a variable does not come into a command line, a message or a log."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.roles.alone import play


def test_an_index_with_a_password_is_refused_where_everybody_could_read_it(tmp_path: Path) -> None:
    """The arguments of pip are in the host's list of processes, and in what Ansible says of a failure."""
    with pytest.raises(AssertionError, match="must hold no password"):
        play(
            tmp_path,
            "runtime",
            "preflight",
            runtime_pip_extra_args=["--index-url", "https://me:hidden@mirror.example/simple"],
        )
