# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The operator's console: what runs in the window `operator` of the fleet's tmux server.

It prints what the orchestrator sends and stores what the operator types. It draws no full-screen
interface, so that tmux keeps the scrollback; it holds no state that the mailbox does not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import pwd
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ..errors import StateError, TmuxError
from ..terminal import neutralise, one_line, show
from ..thirdparty import require
from .mailbox import Mailbox, ShownMessage
from .owner import client_options

HISTORY_LINES = 50
"""Messages printed again when the console starts."""

POLL_SECONDS = 0.2

UNTAKEN_SECONDS = 5.0
"""How long a typed message may wait before its writer is told."""

_WELCOME = (
    "Operator console. Enter sends, Alt-Enter breaks the line, '#2 text' answers in thread 2, "
    "Ctrl-b d leaves (the console stays)."
)
_NO_LOGIN = 4294967295  # (uid_t) -1: the audit system saw no login


class Console:
    """Prints one mailbox and types into it."""

    def __init__(self, mailbox: Mailbox, tmux_socket: str, session: str) -> None:
        self.mailbox = mailbox
        self.tmux_socket = tmux_socket
        self.session = session
        self._threads: list[str] = []
        self._warned: str | None = None
        self._printed = 0
        self._complaint = ""

    def render(self, message: ShownMessage) -> str:
        """A message as text for the terminal: time, thread, harmless body."""
        moment = _moment(message.ts).astimezone()
        thread = f" #{self._thread_number(message.thread_id)}" if message.thread_id else ""
        lines = neutralise(message.text).split("\n")
        lines += [f"(attached: {one_line(one)})" for one in message.attachments]
        return f"{moment:%H:%M:%S}{thread} orchestrator: " + "\n    ".join(lines)

    def take(self, typed: str) -> None:
        """Store what the operator typed; a leading `#2 ` addresses thread 2."""
        thread = None
        head, _space, rest = typed.partition(" ")
        if head[:1] == "#" and head[1:].isdigit() and 0 < int(head[1:]) <= len(self._threads):
            thread, typed = self._threads[int(head[1:]) - 1], rest
        if typed.strip():
            self.mailbox.put_typed(typed, attached_user(self.tmux_socket, self.session), thread)

    def take_or_keep(self, typed: str) -> str:
        """Store what the operator typed; what cannot be stored comes back, to stand in the prompt again."""
        try:
            self.take(typed)
        except StateError as error:
            write(f"Not taken, press Enter to try again: {error}")
            return typed
        return ""

    def print_new(self) -> None:
        """Print what was not printed yet; a mailbox in trouble is said once, and nothing is printed twice."""
        try:
            for message in self.mailbox.unprinted():
                # The mailbox may be readable and not take the note: a full disk must not flood the window.
                if message.id > self._printed:
                    write(self._shown(message))
                    self._printed = message.id
                self.mailbox.mark_printed(message)
            warning = self.warning(datetime.now(timezone.utc)) or ""
        except StateError as error:
            warning, self._complaint = ("" if str(error) == self._complaint else str(error)), str(error)
        else:
            self._complaint = ""
        if warning:
            write(warning)

    def _shown(self, message: ShownMessage) -> str:
        """A message as it is shown; one that cannot be is said, and holds up none of those behind it."""
        try:
            return self.render(message)
        except Exception as error:
            return f"(a message of the orchestrator that cannot be shown: {type(error).__name__})"

    def warning(self, now: datetime) -> str | None:
        """What to tell a writer whose message nobody takes; said once for each message that is the first to wait."""
        waiting = self.mailbox.untaken()
        if not waiting or waiting[0].message_id == self._warned:
            return None
        if (now - _moment(waiting[0].ts)).total_seconds() < UNTAKEN_SECONDS:
            return None
        self._warned = waiting[0].message_id
        return "Your message waits: the bridge does not run, or the fleet's channel is another one now."

    def _thread_number(self, thread_id: str) -> int:
        if thread_id not in self._threads:
            self._threads.append(thread_id)
        return self._threads.index(thread_id) + 1

    async def run(self) -> None:
        """Talk until the input ends."""
        patch_stdout = require("prompt_toolkit.patch_stdout").patch_stdout
        session = _prompt_session()
        with patch_stdout():
            write(_WELCOME)
            for message in self.mailbox.history(HISTORY_LINES):
                write(self.render(message))
            printer = asyncio.ensure_future(self._print_forever())
            try:
                await self._read_forever(session)
            except EOFError:
                write("Closed; the bridge opens a new console in a moment.")
            finally:
                printer.cancel()

    async def _read_forever(self, session: Any) -> None:
        kept = ""
        while True:
            try:
                typed = await session.prompt_async("> ", default=kept)
            except KeyboardInterrupt:
                typed = ""
            kept = self.take_or_keep(typed)

    async def _print_forever(self) -> None:
        while True:
            try:
                self.print_new()
            except Exception as error:  # this console is the operator's only window: it stays
                if repr(error) != self._complaint:
                    self._complaint = repr(error)
                    write(f"Looking for messages failed unexpectedly: {self._complaint}")
            await asyncio.sleep(POLL_SECONDS)


def attached_user(tmux_socket: str, session: str) -> str:
    """The login name of whoever used the session last, `operator` when nobody can be made out.

    A login through sudo keeps its first name: the kernel's login uid is asked before the owner.
    """
    look = ["list-clients", "-t", f"={session}:", "-F", "#{client_activity} #{client_pid}"]
    try:
        socket, rights = client_options(tmux_socket)
        # A fixed program, no shell; and not a module's run_command, for this is no module.
        listing = subprocess.run(  # noqa: S603  # pylint: disable=ansible-bad-function
            ["tmux", "-N", "-S", socket, *look],  # noqa: S607 (found on the PATH, as everywhere)
            capture_output=True,
            text=True,
            timeout=5,
            check=False,
            **rights,
        )
    except (OSError, subprocess.SubprocessError, TmuxError):
        return "operator"  # a tmux that hangs costs the name, not the message
    clients = sorted(line.split() for line in listing.stdout.splitlines() if line.strip())
    if not clients:
        return "operator"
    try:
        process = Path("/proc", clients[-1][1])
        uid = process.stat().st_uid
        with contextlib.suppress(OSError, ValueError):
            login = int((process / "loginuid").read_text())
            uid = uid if login == _NO_LOGIN else login
        return pwd.getpwuid(uid).pw_name
    except (OSError, KeyError):
        return "operator"


def _moment(ts: str) -> datetime:
    return datetime.fromisoformat(ts.replace("Z", "+00:00"))


def write(text: str) -> None:
    """Print a line above the prompt."""
    show(sys.stdout, text)


def _prompt_session() -> Any:
    toolkit = require("prompt_toolkit")
    bindings = require("prompt_toolkit.key_binding").KeyBindings()

    @bindings.add("enter")  # type: ignore[untyped-decorator]
    def _send(event: Any) -> None:
        event.current_buffer.validate_and_handle()

    @bindings.add("escape", "enter")  # type: ignore[untyped-decorator]
    def _break(event: Any) -> None:
        event.current_buffer.insert_text("\n")

    return toolkit.PromptSession(multiline=True, key_bindings=bindings, prompt_continuation="  ")


def main() -> None:
    """Run the console; the bridge starts it inside tmux."""
    parser = argparse.ArgumentParser(prog="mosaic-operator-console", description=_WELCOME)
    parser.add_argument("--mailbox", type=Path, required=True)
    parser.add_argument("--tmux-socket", required=True)
    parser.add_argument("--session", required=True)
    options = parser.parse_args()
    os.umask(0o077)
    mailbox = Mailbox(options.mailbox)
    with contextlib.closing(mailbox):
        asyncio.run(Console(mailbox, options.tmux_socket, options.session).run())


if __name__ == "__main__":
    main()
