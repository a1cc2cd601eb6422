# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""tmux calls that fail are told apart and bounded."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from mosaic_connectors.errors import TmuxError, TmuxMissingError, TmuxServerError
from mosaic_connectors.tmux.command import Tmux
from mosaic_connectors.tmux.lock import writer_lock


def fake_tmux(directory: Path, script: str) -> None:
    place = directory / "tmux"
    place.write_text(f"#!/bin/sh\n{script}\n")
    place.chmod(0o755)


async def test_a_missing_tmux_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TmuxMissingError, match="Install"):
        await Tmux("/nowhere").run("list-sessions")


async def test_a_tmux_that_hangs_is_ended_at_the_bound(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_tmux(tmp_path, "exec /bin/sleep 60")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TmuxError, match="no answer"):
        await Tmux("/nowhere", timeout=0.1).run("list-sessions")


async def test_the_environment_of_tmux_holds_no_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_tmux(tmp_path, "/usr/bin/env")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("MATRIX_ACCESS_TOKEN", "syt_secret")
    monkeypatch.setenv("TMUX", "/tmp/other,1,0")
    told = await Tmux("/nowhere").run("list-sessions")
    assert "syt_secret" not in told
    assert "TMUX=" not in told


async def test_a_socket_that_may_not_be_used_counts_as_no_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fake_tmux(tmp_path, "echo 'error connecting to /x (Permission denied)' >&2; exit 1")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(TmuxServerError, match="Permission denied"):
        await Tmux("/x").run("list-sessions")


async def test_a_second_writer_waits_for_the_first_and_not_for_ever(tmp_path: Path) -> None:
    socket_path = str(tmp_path / "tmux.sock")
    order: list[str] = []

    async def second() -> None:
        async with writer_lock(socket_path):
            order.append("second")

    async with writer_lock(socket_path):
        waiting = asyncio.ensure_future(second())
        with pytest.raises(TmuxError, match="Another process"):
            async with writer_lock(socket_path, timeout=0.1):
                raise AssertionError("two writers at once")
        order.append("first")
    await waiting
    assert order == ["first", "second"]


async def test_the_lock_leaves_no_file_behind(tmp_path: Path) -> None:
    async with writer_lock(str(tmp_path / "tmux.sock")):
        assert list(tmp_path.iterdir()) == []
