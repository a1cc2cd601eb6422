# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command's door: finds the subcommand, loads only that one, and turns errors into exit statuses."""

from __future__ import annotations

import argparse
import os
import sys
from importlib import import_module

from ..errors import ConfigError, ConnectorError, Meaning, MissingLibraryError, RemoteError
from ..terminal import show

TYPE_CHECKING = False  # as type checkers know it: `typing` is a tenth of what a `send` takes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

COMMANDS: dict[str, tuple[str, str]] = {
    "run": ("run", "run the bridge between the channel and the orchestrator's pane (the service does)"),
    "init": ("init", "choose the channel and set it up, with everything checked as one goes"),
    "configure": ("configure", "change one thing of the setup, after showing the diff"),
    "switch": ("switch", "change to another kind of channel, asking only what is missing"),
    "send": ("send", "send a message to the operator through the running bridge"),
    "ask": ("ask", "ask the operator a question, wait, and print the answer"),
    "answer": ("answer", "answer a question on the host itself, or withdraw it"),
    "hook": (
        "hook",
        "tell the bridge what an agent program's hook was told, and print the operator's decision",
    ),
    "mcp": ("mcp", "serve the agent's program the tools send, ask, attach and status"),
    "status": ("status", "show on one screen how the running bridge is, once or again and again"),
    "history": ("history", "show the bridge's last 24 hours, a sample in five minutes"),
    "health": ("health", "look at the channel directly, without the bridge"),
    "listen": ("listen", "print the operator's messages as they arrive"),
    "validate": ("validate", "check the settings, the roster and the secrets; nothing is contacted"),
    "schema": ("schema", "print the JSON Schema of the roster's connector block"),
    "doctor": ("doctor", "look at everything in order, and say beside each failure what mends it"),
    "screen": ("screen", "show the orchestrator's screen, and what the bridge takes it for"),
    "outbox": ("outbox", "list messages that wait for the channel, and dead letters"),
    "retry": ("retry", "give dead letters new attempts"),
    "drop": ("drop", "give messages of the outbox up"),
    "helper": ("helper", "run one command of the user's for the bridge (the unit mosaic-helpers does)"),
    "audit": ("audit", "show who said, asked, answered and commanded what, and whether the record is whole"),
    "completion": ("completion", "print a script that lets a shell complete this command"),
}
"""Subcommand: the module beside this one that holds it, and its help."""

EXAMPLES = """\
examples:
  mosaic-connector init                      set a host up, asked step by step
  mosaic-connector send 'The build is green.'
  mosaic-connector ask 'Deploy to production?' --choice yes --choice no
  mosaic-connector status --watch
  sudo mosaic-connector doctor               what is wrong, and what mends it
  mosaic-connector COMMAND --help            with examples of each
"""

EXIT_STATUSES = """\
exit status: 0 done, 1 not healthy or not delivered, 2 wrong usage, 65 a message that cannot be taken,
69 the bridge is away, 75 try again later (queue or disk full, still waiting), 77 not permitted or a
dead token, 78 wrong configuration, 124 a question that nobody answered in time, 130 stopped by Ctrl-C"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status and lets no traceback out."""
    _complete_streams()
    arguments = list(sys.argv[1:] if argv is None else argv)
    options = _parse(arguments)
    if options.settings:
        # Connectors read their own further settings: they have to read the same file.
        os.environ["MOSAIC_SETTINGS"] = options.settings
    try:
        status = int(_module(options.command).run(options))
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        _abandon_output()
        return 1
    except ConnectorError as error:
        show(sys.stderr, f"mosaic-connector {options.command}: {error}")
        return _exit_status(error)
    except OSError as error:
        # What a command expects it has met itself: this is a full disk behind standard output, and its like.
        show(sys.stderr, f"mosaic-connector {options.command}: {error}. Look at the disk and at the limits.")
        _abandon_output()
        return 1


def _complete_streams() -> None:
    """A program may start us without standard streams: then there is nothing to read, and nobody to write to."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 (pathlib takes 7 ms)


def _abandon_output() -> None:
    """Nobody takes what is still to be written, so that Python's own end must not try once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Layout(argparse.RawDescriptionHelpFormatter):
    """Help as wide as the terminal; argparse would load all of shutil to find that out, for every option."""

    def __init__(self, prog: str) -> None:
        try:
            columns = int(os.environ.get("COLUMNS") or os.get_terminal_size().columns)
        except (OSError, ValueError):  # no terminal
            columns = 80
        super().__init__(prog, width=max(columns, 20) - 2)


def build_parser(chosen: Sequence[str] | None) -> argparse.ArgumentParser:
    """The parser with the options of the `chosen` subcommands; None means of all of them."""
    parser = argparse.ArgumentParser(
        prog="mosaic-connector",
        description="The line between a fleet's orchestrator and its human operator.",
        epilog=f"{EXAMPLES}\n{EXIT_STATUSES}",
        formatter_class=_Layout,
    )
    # (`prog` is said, since argparse would load all of shutil to find it out.)
    commands = parser.add_subparsers(
        prog="mosaic-connector", dest="command", required=True, metavar="COMMAND"
    )
    # What was not asked for is neither loaded nor listed: `send` starts often, and by programs.
    asked = COMMANDS.keys() & (chosen or ())
    for name, (module, summary) in COMMANDS.items():
        if asked and name not in asked:
            continue
        room = import_module(f".{module}", __package__) if chosen is None or name in asked else None
        command = commands.add_parser(
            name,
            help=summary,
            description=summary[0].upper() + summary[1:] + ".",
            epilog=f"{_examples(room)}\n{EXIT_STATUSES}" if room else None,
            formatter_class=_Layout,
        )
        command.add_argument(
            "--settings", metavar="FILE", help="settings file (default /etc/mosaic/settings.yaml)"
        )
        if room:
            room.add_arguments(command)
    return parser


def _examples(room: Any) -> str:
    """A room's examples; where they depend on the kinds that are installed, it makes them."""
    return str(room.EXAMPLES() if callable(room.EXAMPLES) else room.EXAMPLES)


def _parse(arguments: list[str]) -> argparse.Namespace:
    chosen = next((word for word in arguments if not word.startswith("-")), "")
    try:
        return build_parser([chosen]).parse_args(arguments)
    except SystemExit as end:
        if chosen == "hook" and end.code:
            raise SystemExit(1) from None  # programs take 2 for the answer no
        raise


def _module(command: str) -> Any:
    return import_module(f".{COMMANDS[command][0]}", __package__)


def _exit_status(error: ConnectorError) -> int:
    if isinstance(error, RemoteError) and error.meaning is Meaning.DEAD_TOKEN:
        return 77
    if isinstance(error, (ConfigError, MissingLibraryError)):
        return 78
    return int(getattr(error, "exit_status", 1))


if __name__ == "__main__":
    raise SystemExit(main())
