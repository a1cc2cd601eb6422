# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever single request goes wrong: the files stay as they were, nothing is lost, and the next run gets there."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.accounts_server import SERVER_NAME
from fakes.http_server import Reply, served
from fakes.rooms_server import RoomsServer
from fakes.setup_bench import Bench
from mosaic_connectors.envfile import read_env_file
from mosaic_connectors.errors import ConnectorError

MOS, YOU = f"@mos:{SERVER_NAME}", f"@you:{SERVER_NAME}"
REFUSED = Reply(403, {"errcode": "M_FORBIDDEN", "error": "refused by the test"})
LOST = Reply(200, lost=True)
"""The server does its work, and its answer never arrives."""
ALL = 60
"""More requests than a setup makes."""


def set_up(bench: Bench, server: RoomsServer) -> None:
    flags = ["--homeserver-url", server.url, "--user-id", MOS, "--operator", YOU]
    bench.set_up("matrix", *flags, environ={"MATRIX_REGISTRATION_TOKEN": "registration-token-0"})


@pytest.mark.parametrize("fault", [REFUSED, LOST], ids=["refused", "lost"])
def test_any_request_may_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Reply) -> None:
    """One setup per request, in which that one fails; then another, which finds what the first one made."""
    monkeypatch.delenv("MOSAIC_CA_PATH", raising=False)
    for number in range(ALL):
        folder = tmp_path / str(number)
        folder.mkdir()
        bench = Bench(folder)
        monkeypatch.setenv("MOSAIC_SETTINGS", str(bench.settings))
        before = bench.snapshot()
        with served(RoomsServer("synapse", registration_token="registration-token-0")) as server:
            assert isinstance(server, RoomsServer)
            server.fail_at(number, fault)
            try:
                set_up(bench, server)
            except ConnectorError:
                left = {name: facts for name, facts in bench.snapshot().items() if "unfinished" not in name}
                assert left == before, number
                if "mos" in server.users:
                    assert f"the account {MOS}" in bench.said, number
                set_up(bench, server)
            assert list(server.users) == ["mos"], number
            assert len(server.rooms) == 1, number
            stored = read_env_file(bench.env_file)
            assert stored["MATRIX_PASSWORD"] == server.users["mos"].password, number
            assert [name for name in bench.snapshot() if "unfinished" in name] == [], number
            if len(server.requests) <= number:
                return
    raise AssertionError(f"a setup makes {ALL} requests or more")
