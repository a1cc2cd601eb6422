# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whose a tmux server is, and as whom root speaks to it.

A tmux client does what its server says: it runs programs (`MSG_SHELL`), reads files and writes them.
So root never is the client of a server that another user could have put at the socket.
"""

from __future__ import annotations

import os
import pwd
import shlex
import stat
from pathlib import Path
from typing import Any

from ..errors import TmuxError, TmuxServerError


def client_options(socket_path: str) -> tuple[str, dict[str, Any]]:
    """The path to give to a tmux client, and the options to start its process with.

    For anyone but root both are what they were. Root's client runs as the user who owns the socket
    and the folders above it, with none of root's groups and away from root's terminal. Raises
    `TmuxServerError` where anyone may still put a server there, `TmuxError` where several users could.
    """
    if os.geteuid() != 0:
        return socket_path, {}
    # The links are followed once, here: what is looked at is what the client opens.
    place = Path(os.path.realpath(socket_path))
    owner = _owner(place)
    if owner is None:
        return str(place), {}
    # A session of its own, since the owner's processes could type into the terminal of root's.
    rights = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": [], "start_new_session": True}
    return str(place), rights


def attach_command(socket_path: str, session: str) -> str:
    """What a human types to see a session: as its owner, since the client of a tmux server trusts it."""
    command = f"tmux -S {shlex.quote(socket_path)} attach -t {shlex.quote(session)}"
    try:
        owner = pwd.getpwuid(Path(socket_path).stat().st_uid).pw_name
    except (OSError, KeyError):
        return command
    return f"sudo -u {owner} {command}"


def _owner(place: Path) -> pwd.struct_passwd | None:
    """The one user beside root who could have put a server at `place`; None when it is root's alone."""
    uids = _uids_beside_root(place)
    if not uids:
        return None
    if len(uids) > 1:
        raise TmuxError(
            f"The tmux socket {place} and the folders above it must belong to one user beside root, "
            f"but belong to {' and '.join(map(_name, sorted(uids)))}. "
            f"Look who put it there (namei -l {place}), remove it, and restart the service that owns it."
        )
    try:
        return pwd.getpwuid(uids.pop())
    except KeyError as error:
        raise TmuxError(
            f"The owner of the tmux socket {place} must have an account, but has none: {error}. "
            "Make the socket's folder belong to the user whose tmux server it is."
        ) from None


def _uids_beside_root(place: Path) -> set[int]:
    uids: set[int] = set()
    open_to_all = False  # whether whoever likes may make the next part of the path, if there is none yet
    for part in (*reversed(place.parents), place):
        try:
            status = part.lstat()
        except FileNotFoundError:
            if open_to_all:
                raise TmuxServerError(
                    f"No tmux server can be used at {place}: {part} does not exist, and any user may make it. "
                    "Start the service that owns it: systemctl start mosaic-orchestrator."
                ) from None
            break
        except OSError as error:
            raise TmuxServerError(f"No tmux server can be used at {place}: {error}.") from error
        if status.st_uid:
            uids.add(status.st_uid)
        open_to_all = part != place and not status.st_uid and _others_may_write(status)
        if open_to_all and not status.st_mode & stat.S_ISVTX:
            raise TmuxError(
                f"The folder {part} of the tmux socket {place} must be writable by root alone, but is writable "
                f"by others. Remove that right: chmod go-w {part}"
            )
    return uids


def _others_may_write(status: os.stat_result) -> bool:
    return bool(status.st_mode & stat.S_IWOTH or (status.st_mode & stat.S_IWGRP and status.st_gid))


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"the unknown user {uid}"
