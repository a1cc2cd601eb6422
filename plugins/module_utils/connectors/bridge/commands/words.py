# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What of a message is a command: one word behind an exclamation mark, and what it may be given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True)
class Known:
    """A command there is: how it is written, and what it does."""

    usage: str
    what: str
    takes: str = ""
    """A regular expression of what may follow its name."""


KNOWN: dict[str, Known] = {
    "help": Known("!help", "what there is to ask"),
    "status": Known("!status", "how the channel, the session and the queues are"),
    "screen": Known("!screen", "the last lines that the orchestrator's screen shows"),
    "queue": Known("!queue", "what waits for the orchestrator, with numbers"),
    "drop": Known("!drop N", "take message N of the queue back", takes=r"#?\d{1,18}"),
    "stop": Known("!stop", "interrupt what the orchestrator's program does"),
    "restart": Known("!restart", "end the orchestrator's program and start it anew"),
}
"""All commands, in the order of `!help`."""

EVERY_OTHER = "all"
"""Under this name the settings say who may use the commands that they do not name."""

LITERAL = "To send the text itself, put one more ! in front of it."

# What our own connectors put before an answer to another message; a client answers with one finger.
_ANSWERING = r"\A(?:\[in reply to [^\n]*\]\n)?\s*"
_COMMAND = re.compile(rf"{_ANSWERING}!(?P<name>[^\W\d_][\w-]*)(?P<rest>.*)\Z", re.DOTALL)
_ESCAPED = re.compile(rf"(?P<before>{_ANSWERING})!(?=![^\W\d_])")


@dataclass(frozen=True)
class Command:
    """A word behind an exclamation mark, in small letters, and what stands behind it."""

    name: str
    rest: str = ""

    @property
    def known(self) -> Known | None:
        """The command that it is; None for one that there is not."""
        return KNOWN.get(self.name)

    @property
    def fits(self) -> bool:
        """Whether what stands behind it may stand there: more would be a text, and none of a command's."""
        return self.known is not None and bool(re.fullmatch(self.known.takes, self.rest))


def command_in(text: str) -> Command | None:
    """The command that a message is; None for an ordinary text."""
    found = _COMMAND.match(text)
    if found is None:
        return None
    return Command(found["name"][:64].lower(), found["rest"].strip())


def literally(text: str) -> str:
    """A text as it is meant: `!!word` says `!word`."""
    return _ESCAPED.sub(lambda found: found["before"], text, count=1)


def not_known(name: str) -> str:
    """What is answered to a command that there is not."""
    near = get_close_matches(name, KNOWN, n=1, cutoff=0.5)
    hint = f"Did you mean {KNOWN[near[0]].usage}?" if near else "See !help."
    return f"There is no command !{name}, and nothing was typed. {hint} {LITERAL}"


def not_fitting(command: Command) -> str:
    """What is answered to a command with too much or too little behind it."""
    usage = command.known.usage if command.known else f"!{command.name}"
    return f"Nothing was done: the command is {usage}, with nothing else in the message. {LITERAL}"
