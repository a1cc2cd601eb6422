# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs: the orchestrator's session, the units, the bridge, and its queues."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...bridge.client import BridgeRefusedError, BridgeUnavailableError, call
from ...ending import within
from ...types import Check
from ..common import socket_path, state_place

if TYPE_CHECKING:
    from ...settings import Settings

UNITS = ("mosaic-orchestrator.service", "mosaic-connector.service")
_PROPERTIES = ("Id", "LoadState", "ActiveState", "SubState", "UnitFileState", "ExecMainStatus", "NRestarts")
_SYSTEMCTL_SECONDS = 10.0
_BOOTED = Path("/run/systemd/system")
_LEAST_FREE = 64 * 1024 * 1024
_ENDS = {
    "77": "The channel refuses the credentials: renew them (see login), then: systemctl restart mosaic-connector",
    "78": "Correct what roster, settings or secrets say above, then: systemctl restart mosaic-connector",
}
"""What to do about the exit statuses after which systemd does not start the bridge again."""


def ask_bridge(options: argparse.Namespace) -> dict[str, Any] | Exception:
    """The bridge's status, or why there is none."""
    try:
        return call(socket_path(options), {"op": "status"}, patience=0.0, answer_timeout=options.timeout)
    except (BridgeRefusedError, BridgeUnavailableError) as error:
        return error


async def check_session(settings: Settings) -> Check:
    """Whether the orchestrator's program runs in its session and can be typed to."""
    from ...bridge.from_settings import programs_of
    from ...bridge.session import look_at_session
    from ...tmux.command import Tmux
    from ...tmux.owner import attach_command
    from ...tmux.pane import Pane

    look = await look_at_session(Pane(Tmux(settings.tmux_socket), settings.session, programs_of(settings)))
    attach = attach_command(settings.tmux_socket, settings.session)
    if look.state == "running":
        return Check("session", "ok", f"{look.name} runs ({look.seen}); look at it with: {attach}")
    if look.state == "away" and "Permission denied" in (look.detail or ""):
        return Check(
            "session", "skipped", f"{settings.tmux_socket} is not open to this user. Run this as root."
        )
    fix = {
        "asking": f"Answer it: {attach} (if it is none, see: mosaic-connector screen --explain)",
        "ended": "It is started again in a moment; if not: systemctl restart mosaic-orchestrator",
    }.get(look.state, "systemctl restart mosaic-orchestrator")
    return Check("session", "failed", look.detail or look.state, fix)


async def check_units(answer: object, booted: Path = _BOOTED) -> Check:
    """Whether both services run, and will after the next boot; `booted` is there where systemd is init."""
    if not _has_systemd(booted):
        return Check("units", "skipped", "systemd does not run this host.")
    try:
        shown = await _systemctl_show()
    except (OSError, asyncio.TimeoutError, ValueError) as error:
        return Check("units", "skipped", f"systemctl cannot be asked: {error or 'no answer'}.")
    if all(unit["LoadState"] == "not-found" for unit in shown):
        if isinstance(answer, dict):
            return Check("units", "skipped", "Neither unit is installed; the bridge runs without systemd.")
        fix = "Run the playbook mosaic.fleet.provision, or start the bridge by hand: mosaic-connector run"
        return Check("units", "failed", "Neither unit is installed.", fix)
    troubles = [trouble for trouble in map(_trouble, shown) if trouble]
    if troubles:
        saids, fixes = zip(*troubles, strict=True)
        return Check("units", "failed", " ".join(saids), " ".join(fixes))
    told = ", ".join(f"{unit['Id'].removesuffix('.service')} ({_restarts(unit)})" for unit in shown)
    return Check("units", "ok", f"Running and enabled: {told}.")


def check_bridge(answer: object) -> Check:
    """Whether the bridge answers on its socket."""
    if isinstance(answer, dict):
        errors = answer["errors"]
        told = f"; its last complaint: {errors[-1]['message']}" if errors else ""
        return Check("bridge", "ok", f"It answers, and has run since {answer['started']}{told}")
    cause = getattr(answer, "__cause__", None)
    if isinstance(cause, PermissionError) or getattr(answer, "code", None) == "forbidden":
        return Check("bridge", "skipped", "Its socket is not open to this user. Run this as root.")
    fix = "systemctl restart mosaic-connector; its last words: journalctl -u mosaic-connector -n 20"
    return Check("bridge", "failed", str(answer), fix)


def check_queues(answer: object) -> Check:
    """Whether messages move both ways, and whether the disk takes more of them."""
    full = _full_disk()
    if full:
        return full
    if not isinstance(answer, dict):
        fix = (
            ""
            if isinstance(getattr(answer, "__cause__", None), PermissionError)
            else " See: mosaic-connector outbox"
        )
        return Check("queues", "skipped", f"The bridge does not tell.{fix}")
    inbox, outbox = answer["inbox"], answer["outbox"]
    told = f"{inbox['waiting']} wait for the orchestrator, {outbox.get('waiting', 0)} for the channel"
    if inbox["holding"]:
        fix = "See session; what is held follows in order once it can be typed."
        return Check("queues", "failed", f"Messages are held ({inbox['holding']}): {told}.", fix)
    if outbox.get("dead"):
        fix = "mosaic-connector outbox shows why; then mosaic-connector retry --all, or drop --all."
        return Check("queues", "failed", f"{outbox['dead']} dead letters; {told}.", fix)
    return Check("queues", "ok", f"{told}, no dead letters.")


def _full_disk() -> Check | None:
    with contextlib.suppress(OSError):
        free = shutil.disk_usage(state_place()).free
        if free < _LEAST_FREE:
            detail = f"The disk of {state_place()} has {free // 1024} KiB left, too little to accept messages for long."
            return Check("queues", "failed", detail, "Make room on it.")
    return None


def _has_systemd(booted: Path) -> bool:
    """Whether systemd is the init of this host; source: sd_booted(3)."""
    return booted.is_dir()


async def _systemctl_show() -> list[dict[str, str]]:
    """The properties of both units; raises `OSError`, `ValueError` or a time-out."""
    process = await asyncio.create_subprocess_exec(
        *("systemctl", "show", "--no-pager", f"--property={','.join(_PROPERTIES)}", *UNITS),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, err = await within(process.communicate(), _SYSTEMCTL_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    parts = out.decode("utf-8", "replace").strip().split("\n\n")
    shown = [dict(line.split("=", 1) for line in part.splitlines() if "=" in line) for part in parts]
    if (
        process.returncode != 0
        or len(shown) != len(UNITS)
        or not all(set(_PROPERTIES) <= set(unit) for unit in shown)
    ):
        raise ValueError(err.decode("utf-8", "replace").strip() or "an answer in another form")
    return shown


def _trouble(unit: dict[str, str]) -> tuple[str, str] | None:
    """What is wrong with a unit, and its fix."""
    name, status = unit["Id"], unit["ExecMainStatus"]
    if unit["LoadState"] == "not-found":
        return f"{name} is not installed.", "Run the playbook mosaic.fleet.provision."
    if unit["ActiveState"] != "active":
        fix = _ENDS.get(status, f"systemctl restart {name}; its last words: journalctl -u {name} -n 20.")
        ended = f", and ended with status {status}" if status not in ("", "0") else ""
        return f"{name} is {unit['ActiveState']} ({unit['SubState']}){ended}.", fix
    if unit["UnitFileState"] != "enabled":
        return f"{name} runs and is not enabled.", f"systemctl enable {name}."
    return None


def _restarts(unit: dict[str, str]) -> str:
    count = unit["NRestarts"]
    return "never restarted by itself" if count == "0" else f"restarted by itself {count} times"
