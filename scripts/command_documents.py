# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write what the role runtime ships of the command: its manual and its completions, from the tree of its parsers.

Run it by `make docs` when a subcommand or an option has changed; a test compares the files with that tree.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from mosaic_connectors.cli.completion import SHELLS, script
from mosaic_connectors.cli.main import EXAMPLES, EXIT_STATUSES, build_parser

FILES = Path(__file__).resolve().parents[1] / "roles" / "runtime" / "files"
MANUAL = FILES / "mosaic-connector.1"
COMMAND = "mosaic-connector"

PLACES = (
    ("/etc/mosaic/roster.yaml", "the fleet's roster, whose block connector names the channel"),
    ("/etc/mosaic/settings.yaml", "who may speak, and everything else that is not secret"),
    ("/etc/mosaic/connector.env", "the secrets, of mode 0600"),
    ("/run/mosaic-connector/connector.sock", "the running bridge's socket"),
    ("/var/lib/mosaic-connector", "what the bridge keeps: inbox, outbox, questions, the audit record"),
)


def completion_of(shell: str) -> Path:
    """Where the completion of a shell lies in the role."""
    return FILES / f"mosaic-connector.{shell}"


def manual() -> str:
    """The manual in the language of man(7)."""
    parser = build_parser(None)
    commands = next(one for one in parser._actions if isinstance(one, argparse._SubParsersAction))
    lines = [
        f'.\\" {COMMAND}: written by scripts/command_documents.py; change the command, then run: make docs',
        f'.TH {_roff(COMMAND.upper())} 1 "" "mosaic.fleet" "mosaic.fleet"',
        ".SH NAME",
        _roff(f"{COMMAND} - the line between a fleet's orchestrator and its human operator"),
        ".SH SYNOPSIS",
        f".B {_roff(COMMAND)}",
        r".I COMMAND",
        r"[\fIOPTION\fR ...]",
        ".SH DESCRIPTION",
        _roff(parser.description or ""),
        ".SH COMMANDS",
        *(line for name, command in commands.choices.items() for line in _command(name, command)),
        ".SH EXIT STATUS",
        _roff(" ".join(EXIT_STATUSES.removeprefix("exit status: ").split()) + "."),
        ".SH FILES",
        *(line for path, what in PLACES for line in (".TP", f".I {_roff(path)}", _roff(f"{what}."))),
        ".SH EXAMPLES",
        *_literal(EXAMPLES.removeprefix("examples:\n")),
        ".SH SEE ALSO",
        ".BR tmux (1),",
        ".BR systemctl (1),",
        ".BR journalctl (1)",
    ]
    return "\n".join(lines) + "\n"


def _command(name: str, command: argparse.ArgumentParser) -> Iterator[str]:
    yield f".SS {_roff(name)}"
    yield _roff(command.description or "")
    for action in command._actions:
        if action.help == argparse.SUPPRESS or isinstance(action, argparse._HelpAction):
            continue
        yield ".TP"
        yield _heading(action)
        yield _roff(_help(action))
    epilog = (command.epilog or "").removesuffix(EXIT_STATUSES).strip("\n")
    if epilog:
        yield ".PP"
        yield from _literal(epilog)


def _heading(action: argparse.Action) -> str:
    """The option's names, or the argument's, and what they take."""
    choices = "|".join(map(str, action.choices)) if action.choices else ""
    word = action.metavar if isinstance(action.metavar, str) else choices or action.dest.upper()
    takes = f" \\fI{_roff(word)}\\fR" if action.nargs != 0 else ""
    if not action.option_strings:
        return f"\\fI{_roff(word)}\\fR"
    return ", ".join(f"\\fB{_roff(one)}\\fR" for one in action.option_strings) + takes


def _help(action: argparse.Action) -> str:
    """What argparse says of it; the default as it stands there."""
    words = (action.help or "") % {**vars(action), "prog": COMMAND}
    return words[:1].upper() + words[1:] + "."


def _literal(text: str) -> list[str]:
    return [".nf", *(_roff(line) for line in text.splitlines()), ".fi"]


def _roff(text: str) -> str:
    """Words as they are: no request, no escape, and a hyphen that can be copied (groff_char(7))."""
    escaped = text.replace("\\", r"\e").replace("-", r"\-")
    ascii_only = "".join(one if one.isascii() else f"\\[u{ord(one):04X}]" for one in escaped)
    return re.sub(r"^([.'])", r"\\&\1", ascii_only)


def main() -> None:
    """Write them."""
    MANUAL.write_text(manual(), "utf-8")
    for shell in SHELLS:
        completion_of(shell).write_text(_marked(script(shell), shell), "utf-8")


def _marked(text: str, shell: str) -> str:
    """With the command's name in the first line, by which the role knows what it put there; zsh has its own."""
    lines = [line.rstrip() for line in text.rstrip("\n").splitlines()]
    head = [] if shell == "zsh" else [f"# {COMMAND}: written by scripts/command_documents.py, run: make docs"]
    return "\n".join([*head, *lines]) + "\n"


if __name__ == "__main__":
    main()
