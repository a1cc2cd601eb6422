# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector mcp`: the tools of the agent's program, over the Model Context Protocol on standard input and output."""

from __future__ import annotations

from .common import add_socket_argument, socket_path

TYPE_CHECKING = False  # as type checkers know it: the agent's program waits for its start

if TYPE_CHECKING:
    import argparse

EXAMPLES = """\
examples:
  mosaic-connector mcp              (as a server of an agent program's configuration; it speaks JSON-RPC)
  claude --mcp-config '{"mcpServers": {"operator": {"command": "mosaic-connector", "args": ["mcp"]}}}'

Its tools are send, ask, attach and status.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of this subcommand."""
    add_socket_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Serve until standard input ends; returns 0."""
    import sys

    from ..agents.mcp import Server

    Server(socket_path(options), sys.stdin.buffer, sys.stdout.buffer).run()
    return 0
