# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be asked, and every way to answer it without being asked.

An answer is a flag, else an environment variable, else what the prompt says. A secret is never an
argument, since everybody on the host can read those: it is a file, a variable or a prompt.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from ..registry import KNOWN_CONNECTOR_KINDS
from ..secrets import Secret, secret_from_file


@dataclass(frozen=True)
class Question:
    """`key` names the answer, `variable` the environment variable that may hold it."""

    key: str
    variable: str
    prompt: str
    help: str
    metavar: str

    @property
    def flag(self) -> str:
        """The option of the command line that answers it."""
        return f"--{self.key.replace('_', '-')}"


@dataclass(frozen=True)
class SecretQuestion(Question):
    """A question whose answer nobody may see; its flag names a file."""

    @property
    def flag(self) -> str:
        """The option that names a file with the answer as its only line."""
        return f"--{self.key.replace('_', '-')}-file"


KIND = Question(
    "kind", "MOSAIC_CONNECTOR_KIND", "Which channel?", "the channel: tmux, matrix or discord", "KIND"
)
HOMESERVER_URL = Question(
    "homeserver_url", "MATRIX_HOMESERVER_URL", "Homeserver URL:", "base URL of the Matrix homeserver", "URL"
)
USER_ID = Question(
    "user_id", "MATRIX_USER_ID", "User id of the orchestrator:", "its Matrix account, @name:server", "ID"
)
ROOM_ID = Question(
    "room_id", "MATRIX_ROOM_ID", "Room:", "id (!…) or alias (#name:server); an alias is made if new", "ROOM"
)
ROOM_NAME = Question(
    "room_name", "MATRIX_ROOM_NAME", "Name of the room:", "name of a room that is made", "NAME"
)
CHANNEL_ID = Question(
    "channel_id", "DISCORD_CHANNEL_ID", "Channel id:", "number of the Discord channel", "NUMBER"
)
OPERATOR = Question(
    "operator",
    "MOSAIC_OPERATORS",
    "Operators:",
    "who may command the orchestrator; may be repeated, or several with commas",
    "ID",
)
PASSWORD = SecretQuestion(
    "password", "MATRIX_PASSWORD", "Password of {user_id}:", "file with the account's password", "FILE"
)
REGISTRATION_TOKEN = SecretQuestion(
    "registration_token",
    "MATRIX_REGISTRATION_TOKEN",
    "Registration token:",
    "file with the homeserver's registration token",
    "FILE",
)
ACCESS_TOKEN = SecretQuestion(
    "access_token", "MATRIX_ACCESS_TOKEN", "Access token:", "file with an access token of the account", "FILE"
)
BOT_TOKEN = SecretQuestion(
    "bot_token", "DISCORD_BOT_TOKEN", "Bot token:", "file with the Discord bot's token", "FILE"
)

PLAIN = (KIND, HOMESERVER_URL, USER_ID, ROOM_ID, ROOM_NAME, CHANNEL_ID, OPERATOR)
_MORE: dict[str, dict[str, Any]] = {
    OPERATOR.key: {"action": "append"},
    KIND.key: {"choices": KNOWN_CONNECTOR_KINDS},
}
SECRETS = (PASSWORD, REGISTRATION_TOKEN, ACCESS_TOKEN, BOT_TOKEN)


def add_question_arguments(parser: argparse.ArgumentParser, *, kind: bool = True) -> None:
    """An option for every question, and a clear refusal for every secret; `kind` False leaves that one out."""
    for question in PLAIN if kind else PLAIN[1:]:
        more = _MORE.get(question.key, {})
        parser.add_argument(
            question.flag, metavar=question.metavar, help=f"{question.help} ({question.variable})", **more
        )
    for secret in SECRETS:
        parser.add_argument(secret.flag, metavar=secret.metavar, help=f"{secret.help} (or {secret.variable})")
    add_refusals(parser)


def add_refusals(parser: argparse.ArgumentParser) -> None:
    """A clear word to whoever gives a secret as an argument; argparse's own would repeat it."""
    for secret in SECRETS:
        parser.add_argument(
            f"--{secret.key.replace('_', '-')}",
            dest=f"{secret.key}_as_argument",
            action=_Refuse,
            const=secret,
            help=argparse.SUPPRESS,
        )
    parser.add_argument(
        "--token", dest="token_as_argument", action=_Refuse, const=None, help=argparse.SUPPRESS
    )


class Answers:
    """What the command line and the environment say."""

    def __init__(self, options: argparse.Namespace, environ: Mapping[str, str] | None = None) -> None:
        self._options = options
        self._environ = os.environ if environ is None else environ

    def given(self, question: Question) -> str | None:
        """The answer that was given beforehand, or None."""
        value = getattr(self._options, question.key, None)
        if isinstance(value, list):
            value = ",".join(value)
        return value or self._environ.get(question.variable) or None

    def secret(self, question: SecretQuestion) -> Secret | None:
        """The secret that was given beforehand, or None; raises `SecretError` for an unusable file."""
        path = getattr(self._options, f"{question.key}_file", None)
        if path:
            return secret_from_file(path)
        value = self._environ.get(question.variable)
        return Secret(value) if value else None


def ways_to_answer(question: Question) -> str:
    """The flag and the variable, for a sentence."""
    return f"{question.flag} (or {question.variable})"


class _Refuse(argparse.Action):
    """A secret on the command line: refused without being repeated."""

    def __init__(self, option_strings: list[str], dest: str, **more: Any) -> None:
        # With or without a value: what is refused is the habit.
        super().__init__(option_strings, dest, **{**more, "nargs": "?"})

    def __call__(self, parser: argparse.ArgumentParser, *_arguments: Any) -> NoReturn:
        secrets = [self.const] if self.const is not None else [ACCESS_TOKEN, REGISTRATION_TOKEN, BOT_TOKEN]
        ways = " or ".join(f"{one.flag} FILE (or the variable {one.variable})" for one in secrets)
        parser.error(
            f"{self.option_strings[0]} is not taken: everybody on this host can read an argument. "
            f"Use {ways}, or answer the prompt of mosaic-connector init; and replace a secret that was just typed here."
        )
