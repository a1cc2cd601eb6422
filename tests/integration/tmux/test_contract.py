# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The contract suite over the tmux connector, with a real tmux server and its console."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from integration.tmux_server import TmuxServer
from mosaic_connectors import OrchestratorConnector
from mosaic_connectors.testing import Rig
from mosaic_connectors.tmux.command import Tmux
from mosaic_connectors.tmux.connector import TmuxConnector
from mosaic_connectors.tmux.mailbox import Mailbox


class TmuxRig(Rig):
    """The operator is played at the mailbox, which is where the console types into and prints from."""

    has_threads = True

    def __init__(self) -> None:
        self._tmux = TmuxServer(Path(tempfile.mkdtemp(prefix="mosaic-", dir="/tmp")))
        self._place = self._tmux.directory / "state" / "operator.sqlite3"
        self._sent: dict[str, str | None] = {}

    async def connector(self) -> OrchestratorConnector:
        self._start()
        return TmuxConnector(Tmux(self._tmux.socket), "operator", self._place)

    async def operator_says(self, text: str, thread_id: str | None = None) -> str | None:
        mailbox = Mailbox(self._place)
        mailbox.put_typed(text, "operator", thread_id)
        mailbox.close()
        return "a thread of this name"

    async def operator_sees(self) -> list[str]:
        mailbox = Mailbox(self._place)
        shown = sorted([*mailbox.history(1000), *mailbox.unprinted()], key=lambda one: one.id)
        mailbox.close()
        self._sent = {one.text: one.thread_id for one in shown}
        return [one.text for one in shown]

    async def thread_of(self, text: str) -> str | None:
        await self.operator_sees()
        return self._sent[text]

    async def cut(self) -> None:
        self._tmux.stop()

    async def mend(self) -> None:
        self._start()

    async def aclose(self) -> None:
        self._tmux.stop()
        shutil.rmtree(self._tmux.directory, ignore_errors=True)

    def _start(self) -> None:
        """The server with the console's session, as the connector would open it in a moment."""
        if not self._tmux("list-sessions", check=False):
            self._tmux.start("cat")
            self._tmux.start("cat", session="operator")


def test_contract(connector_rule: Callable[..., None]) -> None:
    """Every rule holds for the tmux connector."""
    connector_rule(TmuxRig)
