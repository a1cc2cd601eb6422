# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An agent program to stand in a pane: a framed input line, bracketed paste, a permission dialog.

Run as a script: `agent.py LOG [--swallow N] [--drop N] [--asks] [--blink SECONDS] [--cut BYTES]`. Every submitted text becomes a JSON string on a line
of LOG; what would have answered a dialog goes to LOG.approved. While LOG.dialog exists, a dialog is
shown; what LOG.draft holds stands in the input line as if a human had typed it. While LOG.busy exists, it neither
shows its input line nor reads; while LOG.computing exists, it computes and does nothing else. While LOG.working exists,
it says that it works; Escape (unless `--deaf`) and Ctrl-C take the file away, and are noted in LOG.keys.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import sys
import termios
import time
import tty
from pathlib import Path

PASTE_START, PASTE_END = b"\x1b[200~", b"\x1b[201~"
RULE = "─" * 60


class Agent:
    def __init__(
        self,
        log: Path,
        *,
        swallow: int,
        drop: int = 0,
        asks: bool = False,
        blink: float = 0.0,
        cut: int | None = None,
        deaf: bool = False,
    ) -> None:
        self.drop = drop
        self.deaf = deaf
        self.log = log
        self.cut = cut
        self.swallow = swallow
        self.asks = asks
        self.blink = blink
        self.draft = b""
        self.pasting = False
        self.pending = b""
        self.transcript: list[str] = []
        self.drawn = ""
        self.pointer = 0
        self.arrow = b""

    def beside(self, suffix: str) -> Path:
        return self.log.with_name(self.log.name + suffix)

    def run(self) -> None:
        os.write(1, b"\x1b[?2004h")
        while True:
            while self.beside(".computing").exists():
                pass
            self.borrow_draft()
            self.draw()
            if self.beside(".busy").exists():
                time.sleep(0.05)
                continue
            if select.select([0], [], [], 0.05)[0]:
                data = os.read(0, 65536)
                if not data:
                    return
                self.feed(data)
            elif self.pending == b"\x1b":
                self.pending = b""
                self.interrupt(b"\x1b")

    def interrupt(self, key: bytes) -> None:
        with self.beside(".keys").open("a") as file:
            file.write(json.dumps(key.decode("latin-1")) + "\n")
        if key == b"\x03" or not self.deaf:
            self.beside(".working").unlink(missing_ok=True)

    def borrow_draft(self) -> None:
        place = self.beside(".draft")
        if place.exists():
            self.draft = place.read_bytes()
            place.unlink()

    def feed(self, data: bytes) -> None:
        self.pending += data
        while self.pending:
            if self.pasting:
                end = self.pending.find(PASTE_END)
                keep = len(self.pending) - len(PASTE_END) + 1 if end < 0 else end
                self.draft += self.pending[: max(keep, 0)]
                self.pending = self.pending[max(keep, 0) :]
                if end < 0:
                    return
                self.pending = self.pending[len(PASTE_END) :]
                self.pasting = False
                self.draft = self.draft[: self.cut]
            elif self.pending.startswith(PASTE_START):
                self.pending = self.pending[len(PASTE_START) :]
                self.pasting = True
            elif self.pending.startswith(b"\x1b") and PASTE_START.startswith(self.pending):
                return
            else:
                self.key(self.pending[:1])
                self.pending = self.pending[1:]

    def key(self, key: bytes) -> None:
        if self.beside(".menu").exists():
            self.choose(key)
        elif self.beside(".dialog").exists():
            with self.beside(".approved").open("a") as file:
                file.write(json.dumps(key.decode("latin-1")) + "\n")
        elif key == b"\x03":
            self.interrupt(key)
        elif key == b"\x15":
            self.draft = b""
        elif key != b"\r":
            self.draft += key
        elif self.blink:
            os.write(1, b"\x1b[2J\x1b[H\x1b[?25l")
            time.sleep(self.blink)
            self.blink = 0.0
            self.drawn = ""
        elif self.swallow:
            self.swallow -= 1
        elif self.drop:
            self.drop -= 1
            self.draft = b""
        elif self.draft:
            text = self.draft.decode("utf-8", "surrogateescape")
            with self.log.open("a") as file:
                file.write(json.dumps(text) + "\n")
            self.transcript = [*self.transcript[-8:], f"> {text[:50].splitlines()[0] if text else ''}"]
            self.draft = b""
            if self.asks:
                self.beside(".dialog").touch()

    def choose(self, key: bytes) -> None:
        """A dialog with a pointer, which arrows move and Enter takes: LOG.menu has its lines, LOG.chosen what was taken."""
        self.arrow = (self.arrow + key)[-3:]
        lines = self.beside(".menu").read_text().splitlines()
        count = len([line for line in lines if line[:1].isdigit()])
        if self.arrow in (b"\x1b[A", b"\x1b[B"):
            self.pointer = (self.pointer + (1 if self.arrow.endswith(b"B") else -1)) % count
        elif key == b"\r":
            with self.beside(".chosen").open("a") as file:
                file.write(f"{self.pointer + 1}\n")
            self.beside(".menu").unlink()
            self.pointer = 0

    def menu(self) -> list[str]:
        """The dialog as it is drawn."""
        if not self.beside(".menu").exists():
            return []
        lines = self.beside(".menu").read_text().splitlines()
        first = next(number for number, line in enumerate(lines) if line[:1].isdigit())
        return [
            RULE,
            *(
                f"{'❯' if number == first + self.pointer else ' '} {line}" if number >= first else line
                for number, line in enumerate(lines)
            ),
        ]

    def draw(self) -> None:
        lines = self.draft.count(b"\n")
        columns = os.get_terminal_size(1).columns
        shown = (
            f"[Pasted text +{lines} lines]"
            if lines
            # A line that is too long is scrolled, so that the cursor stands behind its end.
            else self.draft.decode("utf-8", "replace")[-max(columns - 4, 50) :]
        )
        foot = ["Do you want to proceed?", "❯ 1. Yes", "  2. No"] if self.beside(".dialog").exists() else []
        foot = self.menu() or foot
        busy = self.beside(".busy").exists()
        if busy:
            foot = ["Working on it"]
        at_work = (
            []
            if foot or not self.beside(".working").exists()
            else [f"* Thinking, {int(time.time() * 4) % 100} (escape interrupts)"]
        )
        foot = foot or [RULE, f"❯ {shown}", RULE]
        above = [*self.transcript, *at_work]
        picture = "\x1b[2J\x1b[H" + "\r\n".join([*above, *foot])
        # As real programs do: the cursor stands behind what is typed, and in a dialog there is none.
        place = f"\x1b[{len(above) + 2};{len(shown) + 3}H\x1b[?25h"
        asks = self.beside(".dialog").exists() or self.beside(".menu").exists()
        picture += "\x1b[?25l" if busy or asks else place
        if picture != self.drawn:
            os.write(1, picture.encode())
            self.drawn = picture


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("log", type=Path)
    parser.add_argument("--swallow", type=int, default=0)
    parser.add_argument(
        "--drop", type=int, default=0, help="empty the input line at so many Enters, and no more"
    )
    parser.add_argument("--asks", action="store_true", help="ask for permission after every text")
    parser.add_argument(
        "--blink", type=float, default=0.0, help="swallow an Enter and show nothing for so many seconds"
    )
    parser.add_argument("--cut", type=int, help="take so many bytes of a text at most")
    parser.add_argument("--deaf", action="store_true", help="take no notice of Escape")
    options = parser.parse_args()
    before = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        Agent(**vars(options)).run()
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


if __name__ == "__main__":
    sys.exit(main())
