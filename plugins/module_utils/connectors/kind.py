# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a kind of connector is, said once: from this description everything else about it is made.

The roster's block with its schema and its page, the questions of the wizard and their options, what `configure` may
change, how an operator's id looks, which secrets there are and what they look like: whoever knows kinds asks here.
The description is data of the standard library alone, and names the kind's code without loading it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, make_dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from .errors import ConfigError

_NAME = r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*"
_KEY = r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*"
_VARIABLE = r"[A-Z][A-Z0-9_]*"

TAKEN = (
    "help",
    "kind",
    "settings",
    "roster",
    "env",
    "env_file",
    "ca_path",
    "yes",
    "no_test_message",
    "operator",
    "operators",
)
"""Keys that no kind may ask by: they are options of the commands that ask, or keys that `configure` has."""

SECRET_WORDS = ("token", "password", "secret")
"""Words in the name of what is never taken as an argument, and so is the key of no field."""


def is_name(text: str) -> bool:
    """Whether a kind may be called so."""
    return re.fullmatch(_NAME, text) is not None and text != "kind"


@dataclass(frozen=True)
class Shape:
    """How a text has to look: a regular expression for the whole of it, and the same in words for a sentence."""

    pattern: str
    words: str

    def fits(self, text: str) -> bool:
        """Whether a text looks so."""
        return re.fullmatch(self.pattern, text) is not None


@dataclass(frozen=True)
class Question:
    """What can be asked: `key` names the answer, `variable` the environment variable that may hold it."""

    key: str
    variable: str
    prompt: str
    help: str
    metavar: str = "WORD"

    @property
    def flag(self) -> str:
        """The option of the command line that answers it."""
        return f"--{self.key.replace('_', '-')}"


@dataclass(frozen=True)
class Field(Question):
    """A key of the kind's block in the roster, whose value is a string."""

    shape: Shape = field(kw_only=True)
    example: str = field(kw_only=True)
    follows: str = field(default="", kw_only=True)
    """What else has to be done when it is changed by hand, in a sentence."""
    required: bool = field(default=True, kw_only=True)


@dataclass(frozen=True)
class SecretQuestion(Question):
    """What nobody may see: its flag names a file with it as the only line."""

    kept: bool = field(default=True, kw_only=True)
    """Whether the connector reads it, from the variable of that name; else it only serves setting up."""
    shapes: tuple[str, ...] = field(default=(), kw_only=True)
    """Regular expressions of what such a secret looks like, wherever it is pasted by mistake."""

    @property
    def flag(self) -> str:
        """The option that names a file with the answer as its only line."""
        return f"{super().flag}-file"


@dataclass(frozen=True)
class Setting:
    """A variable of the environment that is no secret and that nobody is asked for: without it the kind does as usual."""

    variable: str
    shape: Shape


API_ADDRESS = Shape(
    r"https?://[^/@\s'\"]+[^@\s'\"]*", "a URL that begins with https:// or http:// and holds no password"
)
"""Of another API than the channel's own: a proxy, or a server to test against."""


@dataclass(frozen=True)
class Operators:
    """How the id of an operator looks on this channel; `unlikely` are shapes that are hardly meant, and why."""

    shape: Shape
    example: str
    unlikely: tuple[Shape, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of connector.

    `factory` and `setup` name code as an entry point does (`module:attribute`, `module`), a leading dot being
    relative to `package`; so nothing of it is loaded before it is used. Raises `ConfigError` for a description
    that contradicts itself.
    """

    name: str
    summary: str
    """One line for humans: what the operator talks by."""
    factory: str | Callable[[Any], Any]
    """Makes the connector of a `ConnectorConfig`."""
    package: str = ""
    fields: tuple[Field, ...] = ()
    """The keys of the roster's block of this name; without any there is no such block."""
    shape: type | None = None
    """The dataclass of that block, by default one made from the fields."""
    secrets: tuple[SecretQuestion, ...] = ()
    questions: tuple[Question, ...] = ()
    """What setting up may ask besides."""
    environment: tuple[Setting, ...] = ()
    """What it reads of the environment besides its secrets."""
    operators: Operators | None = None
    """None: nobody is listed, since whoever reaches the channel may command."""
    account: str = ""
    """The field that names the orchestrator's own account, which is never listened to."""
    setup: str = ""
    """The module with `unanswered(setup)` and `guide(setup)`; by default what stands here is asked in turn."""
    extra: str = ""
    """The optional dependencies of the wheel that it needs."""

    def __post_init__(self) -> None:
        for mistake in _mistakes(self):
            raise ConfigError(f"The description of the kind {self.name!r} is wrong: {mistake}.")

    @property
    def block(self) -> type:
        """The dataclass that the kind's block of the roster becomes."""
        return self.shape or _dataclass(self.name, self.fields)

    @property
    def kept_secrets(self) -> tuple[SecretQuestion, ...]:
        """The secrets that the connector reads."""
        return tuple(one for one in self.secrets if one.kept)

    def make(self, config: Any) -> Any:
        """The connector of a `ConnectorConfig`; raises what its factory raises."""
        factory = self._load(self.factory) if isinstance(self.factory, str) else self.factory
        return factory(config)

    def steps(self) -> Any:
        """The module of its own steps of setting up; None where the general ones do."""
        return self._load(self.setup) if self.setup else None

    def _load(self, name: str) -> Any:
        module, _colon, attributes = name.partition(":")
        found: Any = import_module(module, self.package or None)
        for attribute in filter(None, attributes.split(".")):
            found = getattr(found, attribute)
        return found


def _mistakes(kind: Kind) -> Iterator[str]:
    if not is_name(kind.name):
        yield "its name must be of lower-case letters, digits, - and _"
    if not kind.summary.strip() or "\n" in kind.summary:
        yield "its summary must be one line for humans"
    if kind.operators and not kind.operators.shape.fits(kind.operators.example):
        yield "the example of an operator must look as the shape says"
    if kind.account and kind.account not in [one.key for one in kind.fields]:
        yield f"account must name one of its fields, and {kind.account!r} is none"
    asked = (*kind.fields, *kind.secrets, *kind.questions)
    keys = [one.key for one in asked]
    yield from (f"the key {key!r} must stand once" for key in set(keys) if keys.count(key) > 1)
    for one in asked:
        yield from _mistakes_in_question(one)
    for setting in kind.environment:
        yield from _mistakes_in_variable(setting.variable)


def _mistakes_in_question(one: Question) -> Iterator[str]:
    if not re.fullmatch(_KEY, one.key) or one.key in TAKEN:
        yield f"the key {one.key!r} must be of lower-case letters, digits and _, and none of {', '.join(TAKEN)}"
    yield from _mistakes_in_variable(one.variable)
    if isinstance(one, Field):
        if any(word in one.key for word in SECRET_WORDS):
            yield f"{one.key} sounds like a secret, which has no place in a roster"
        if not one.shape.fits(one.example):
            yield f"the example of {one.key} must look as its shape says"
    for pattern in one.shapes if isinstance(one, SecretQuestion) else ():
        try:
            re.compile(pattern)
        except re.error as error:
            yield f"the shape {pattern!r} of a secret is no regular expression ({error})"


def _mistakes_in_variable(variable: str) -> Iterator[str]:
    if not re.fullmatch(_VARIABLE, variable):
        yield f"the variable {variable!r} must be of capital letters, digits and _"


@lru_cache(maxsize=64)
def _dataclass(name: str, fields: tuple[Field, ...]) -> type:
    words = re.split(r"[_-]", name)
    return make_dataclass(
        f"{''.join(map(str.capitalize, words))}ConnectorConfig",
        [
            (one.key, str) if one.required else (one.key, str | None, field(default=None, kw_only=True))
            for one in fields
        ],
        frozen=True,
    )
