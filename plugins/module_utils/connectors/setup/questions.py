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
from typing import Any, NoReturn

from ..kind import Question, SecretQuestion
from ..registry import descriptions, known_connector_kinds
from ..secrets import Secret, secret_from_file

KIND = Question("kind", "MOSAIC_CONNECTOR_KIND", "Which channel?", "the channel", "KIND")
OPERATOR = Question(
    "operator",
    "MOSAIC_OPERATORS",
    "Operators:",
    "who may command the orchestrator; may be repeated, or several with commas",
    "ID",
)


def plain_questions() -> tuple[Question, ...]:
    """What is asked of every kind that there is, but for the kind itself, and each flag once."""
    asked = (one for kind in descriptions() for one in (*kind.fields, *kind.questions))
    return tuple({one.flag: one for one in (*asked, OPERATOR)}.values())


def secret_questions() -> tuple[SecretQuestion, ...]:
    """The secrets of every kind that there is, each flag once."""
    return tuple({one.flag: one for kind in descriptions() for one in kind.secrets}.values())


def add_question_arguments(parser: argparse.ArgumentParser, *, kind: bool = True) -> None:
    """An option for every question, and a clear refusal for every secret; `kind` False leaves that one out."""
    if kind:
        told = f"{KIND.help}: {', '.join(known_connector_kinds())} ({KIND.variable})"
        parser.add_argument(KIND.flag, metavar=KIND.metavar, choices=known_connector_kinds(), help=told)
    for question in plain_questions():
        more: dict[str, Any] = {"action": "append"} if question is OPERATOR else {}
        parser.add_argument(question.flag, metavar=question.metavar, help=_told(question), **more)
    for secret in secret_questions():
        told = "; ".join(f"{one.help} (or {one.variable})" for one in _alike(secret))
        parser.add_argument(secret.flag, metavar=secret.metavar, help=told)
    add_refusals(parser)


def _told(question: Question) -> str:
    """What an option means, for each kind that asks by it."""
    asked = (one for kind in descriptions() for one in (*kind.fields, *kind.questions))
    alike = [one for one in asked if one.flag == question.flag] or [question]
    return "; ".join(f"{one.help} ({one.variable})" for one in alike)


def _alike(secret: SecretQuestion) -> tuple[SecretQuestion, ...]:
    """The secrets that are asked for by the same option, one for each kind that does."""
    return tuple(one for kind in descriptions() for one in kind.secrets if one.flag == secret.flag)


def add_refusals(parser: argparse.ArgumentParser) -> None:
    """A clear word to whoever gives a secret as an argument; argparse's own would repeat it."""
    for secret in secret_questions():
        parser.add_argument(
            f"--{secret.key.replace('_', '-')}",
            dest=f"{secret.key}_as_argument",
            action=_Refuse,
            const=_alike(secret),
            help=argparse.SUPPRESS,
        )
    tokens = tuple(
        one for secret in secret_questions() if secret.key.endswith("token") for one in _alike(secret)
    )
    parser.add_argument(
        "--token", dest="token_as_argument", action=_Refuse, const=tokens, help=argparse.SUPPRESS
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
        ways = " or ".join(
            f"{flag} FILE (or the variable {' or '.join(one.variable for one in self.const if one.flag == flag)})"
            for flag in dict.fromkeys(one.flag for one in self.const)
        )
        parser.error(
            f"{self.option_strings[0]} is not taken: everybody on this host can read an argument. "
            f"Use {ways}, or answer the prompt of mosaic-connector init; and replace a secret that was just typed here."
        )
