# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the roles ask the homeserver that they run."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.roles.alone import play


@pytest.mark.parametrize(
    ("address", "asked"), [("127.0.0.1", "127.0.0.1"), ("::", "[::1]"), ("fd00::7", "[fd00::7]")]
)
def test_a_homeserver_is_asked_at_the_address_that_it_listens_on(
    tmp_path: Path, address: str, asked: str
) -> None:
    """Also at one of IPv6, and at loopback where it listens everywhere. A check of its health says where it asked."""
    said = play(tmp_path, "conduit", "health", conduit_address=address, conduit_port=1)
    assert f"http://{asked}:1" in said
