# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the role conduit sees that registration is closed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.http_server import FakeServer, Reply, Request, served
from unit.roles.alone import play

REGISTER = "/_matrix/client/v3/register"
LIMIT = Reply(429, {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests"})


class Conduit(FakeServer):
    """One that is up, and registers nobody, or asks for a token."""

    def __init__(self) -> None:
        super().__init__()
        self.open = False
        self.route("GET", "/_matrix/client/versions", lambda _request: {"versions": ["v1.12"]})
        self.route("POST", REGISTER, self._register)

    def _register(self, _request: Request) -> Any:
        status, word = (401, "M_UNAUTHORIZED") if self.open else (403, "M_FORBIDDEN")
        return Reply(status, {"errcode": word}, {"Content-Type": "application/json"})


@pytest.fixture
def conduit() -> Iterator[Conduit]:
    fake = Conduit()
    with served(fake):
        yield fake


def verify(folder: Path, conduit: Conduit) -> str:
    return play(folder, "conduit", "verify_closed", conduit_port=int(conduit.url.rpartition(":")[2]))


def test_a_rate_limit_is_no_open_registration(tmp_path: Path, conduit: Conduit) -> None:
    """Conduit 0.11 answers whoever asks too often before it looks at anything: it is asked again."""
    conduit.fail_next("POST", REGISTER, LIMIT)
    verify(tmp_path, conduit)
    assert len(conduit.asked("POST", REGISTER)) == 2


def test_the_refusal_of_something_else_is_none_of_conduits(tmp_path: Path, conduit: Conduit) -> None:
    """Such as a page of a proxy's: it says nothing of the registration, and is told."""
    conduit.fail_next("POST", REGISTER, Reply(403))
    with pytest.raises(AssertionError, match="is expected to be closed now, and it answered"):
        verify(tmp_path, conduit)


def test_one_that_is_open_is_told(tmp_path: Path, conduit: Conduit) -> None:
    conduit.open = True
    with pytest.raises(AssertionError, match="is expected to be closed now, and it answered"):
        verify(tmp_path, conduit)
