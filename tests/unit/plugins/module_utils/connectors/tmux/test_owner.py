# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Root is the client of no tmux server that another user could have put at the socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.hostile_tmux import AGENT, HostileTmux, hostile_tmux
from mosaic_connectors.errors import TmuxError, TmuxServerError
from mosaic_connectors.tmux.command import Tmux
from mosaic_connectors.tmux.connector import TmuxConnector
from mosaic_connectors.tmux.console import attached_user
from mosaic_connectors.tmux.owner import attach_command, client_options

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root has rights to lose here")
OTHER = 1  # Debian's account `daemon`


@pytest.fixture
def hostile() -> Iterator[HostileTmux]:
    with hostile_tmux() as server:
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder below root's own only, as /run/mosaic-orchestrator is."""
    folder = tmp_path / "run"
    folder.mkdir()
    return folder


def place(folder: Path, *, owner: int, socket_owner: int | None, mode: int = 0o700) -> str:
    """A socket in a folder, each with its owner; no socket for None."""
    path = folder / "tmux.sock"
    if socket_owner is not None:
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(path))
        os.chown(path, socket_owner, socket_owner)
    os.chown(folder, owner, owner)
    folder.chmod(mode)
    return str(path)


def runs_as(path: str) -> int:
    _path, options = client_options(path)
    assert options.get("extra_groups", []) == []
    return int(options.get("user", 0))


async def test_what_a_hostile_server_orders_is_never_run_as_root(hostile: HostileTmux) -> None:
    """By `health`, `doctor` and every other command line; the server is spoken to, so that it could."""
    health = await TmuxConnector(Tmux(hostile.socket, timeout=5), "operator", Path("/nowhere")).health()
    assert health.reachable  # an answer of the agent's, who may lie about itself
    assert hostile.ran_as == [AGENT.pw_uid]


def test_nor_by_the_look_at_who_is_attached(hostile: HostileTmux) -> None:
    attached_user(hostile.socket, "operator")
    assert hostile.ran_as == [AGENT.pw_uid]


def test_a_human_is_told_to_attach_as_the_owner(hostile: HostileTmux) -> None:
    assert attach_command(hostile.socket, "operator").startswith(
        "sudo -u nobody tmux -S /tmp/mosaic-hostile-"
    )


def test_a_link_to_the_agents_socket_is_the_agents(hostile: HostileTmux, folder: Path) -> None:
    (folder / "tmux.sock").symlink_to(hostile.socket)
    assert client_options(str(folder / "tmux.sock"))[0] == hostile.socket
    assert runs_as(str(folder / "tmux.sock")) == AGENT.pw_uid


def test_roots_own_server_is_roots(folder: Path) -> None:
    assert runs_as(place(folder, owner=0, socket_owner=0, mode=0o755)) == 0


def test_a_folder_of_the_agents_makes_a_missing_socket_the_agents(folder: Path) -> None:
    """It may come between the look and the connection."""
    assert runs_as(place(folder, owner=AGENT.pw_uid, socket_owner=None)) == AGENT.pw_uid


def test_a_socket_of_roots_in_the_agents_folder_is_the_agents(folder: Path) -> None:
    assert runs_as(place(folder, owner=AGENT.pw_uid, socket_owner=0)) == AGENT.pw_uid


def test_a_socket_anywhere_below_the_agents_folder_is_the_agents(folder: Path) -> None:
    """Who owns any folder of the path can put another one there."""
    inner = folder / "inner"
    inner.mkdir()
    path = place(inner, owner=0, socket_owner=0)
    os.chown(folder, AGENT.pw_uid, AGENT.pw_gid)
    assert runs_as(path) == AGENT.pw_uid


def test_a_socket_of_somebody_else_in_the_agents_folder_is_refused(folder: Path) -> None:
    path = place(folder, owner=AGENT.pw_uid, socket_owner=OTHER)
    with pytest.raises(
        TmuxError, match="must belong to one user beside root, but belong to daemon and nobody"
    ):
        client_options(path)


def test_in_a_folder_like_tmp_a_socket_is_its_owners(folder: Path) -> None:
    assert runs_as(place(folder, owner=0, socket_owner=AGENT.pw_uid, mode=0o1777)) == AGENT.pw_uid


def test_in_a_folder_like_tmp_a_missing_socket_is_anyones(folder: Path) -> None:
    with pytest.raises(TmuxServerError, match="any user may make it"):
        client_options(place(folder, owner=0, socket_owner=None, mode=0o1777))


def test_a_folder_that_anyone_may_write_is_refused(folder: Path) -> None:
    with pytest.raises(TmuxError, match="chmod go-w"):
        client_options(place(folder, owner=0, socket_owner=0, mode=0o777))


def test_an_owner_without_an_account_is_refused(folder: Path) -> None:
    with pytest.raises(TmuxError, match="must have an account"):
        client_options(place(folder, owner=3_999_999_999, socket_owner=None))
