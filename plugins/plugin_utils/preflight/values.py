# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of one host, each as the type that its spec says, and what is wrong with those that are not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from .specs import Option
from .speech import alternatives, show, sort_of

_YES = {"true", "yes", "on", "1"}
_NO = {"false", "no", "off", "0"}
_UNDEFINED = re.compile(r"'[^'\n]*' is undefined|has no attribute '[^'\n]*'")


class WrongError(Exception):
    """A value cannot be what it must be; says why in one sentence."""


class Values:
    """The variables of a host, by name; see `Values.__getitem__`."""

    def __init__(
        self,
        host: str,
        options: Mapping[str, Option],
        given: Mapping[str, Any],
        render: Callable[[Any], Any] = lambda value: value,
    ) -> None:
        """Of the host, with what is given for it and a way to render that."""
        self.host = host
        self.options = options
        self._given = given
        self._render = render
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        """The value as its type, or the default of what is not given; raises `WrongError`."""
        if name not in self._known:
            self._known[name] = self._find(self.options[name])
        found = self._known[name]
        if isinstance(found, WrongError):
            raise found
        return found

    def is_given(self, name: str) -> bool:
        """Whether the variable is set at all."""
        return name in self._given

    def says(self, name: str) -> bool:
        """Whether the variable is set, and to something: what a role of the same play has by default may be nothing."""
        return bool(self._given.get(name))

    def names(self) -> set[str]:
        """The names of all the variables that the host has, ours and others."""
        return set(self._given)

    def mistakes(self, options: Mapping[str, Option]) -> Iterator[str]:
        """A sentence for each of these options that is missing, or cannot be what its spec says."""
        for name, option in options.items():
            if option.required and not self.is_given(name):
                yield f"{name} is missing. {_end(option.description)} Set it for this host or its group."
                continue
            try:
                self[name]
            except WrongError as error:
                yield str(error)

    def _find(self, option: Option) -> Any:
        if not self.is_given(option.name):
            return WrongError(f"{option.name} is missing.") if option.required else option.default
        try:
            return typed(option, self._rendered(option.name))
        except WrongError as error:
            return error

    def _rendered(self, name: str) -> Any:
        try:
            return self._render(self._given[name])
        except Exception as error:  # whatever a template may raise; what it says may show a secret
            found = _UNDEFINED.search(str(error))
            why = found[0] if found else "its template fails"
            raise WrongError(
                f"{name} cannot be made from its template on {self.host}: {why}. Correct it; "
                f"`ansible {self.host} -m ansible.builtin.debug -a var={name}` shows what it is."
            ) from None


def obey(rules: Iterable[Callable[..., Iterator[str]] | None], *material: Any) -> Iterator[str]:
    """What the rules say of the material; one that meets a value which is wrong says no more, since that is said already."""
    for rule in filter(None, rules):
        try:
            yield from rule(*material)
        except WrongError:
            continue


def typed(option: Option, value: Any) -> Any:
    """A value as the type of its option; raises `WrongError`. What is secret is not shown."""
    name, kind = option.name, option.type
    if value is None:
        raise WrongError(f"{name} has no value. Give it one, or leave it out.")
    result = _CASTS[kind](option, value)
    if option.choices and result not in option.choices:
        raise WrongError(f"{name} must be {alternatives(option.choices)}, but is {_shown(option, value)}.")
    return result


def _shown(option: Option, value: Any) -> str:
    if option.secret or isinstance(value, (dict, list)):
        return sort_of(value)
    return (
        f"the text {show(value)}"
        if option.type in ("list", "dict") and isinstance(value, str)
        else show(value)
    )


def _bool(option: Option, value: Any) -> bool:
    word = str(value).strip().lower()
    if isinstance(value, (bool, int, str)) and word in _YES | _NO:
        return word in _YES
    raise WrongError(f"{option.name} must be true or false, but is {_shown(option, value)}.")


def _int(option: Option, value: Any) -> int:
    if (
        isinstance(value, (int, str))
        and not isinstance(value, bool)
        and re.fullmatch(r"\s*-?[0-9]{1,18}\s*", str(value))
    ):
        return int(value)
    raise WrongError(f"{option.name} must be a whole number, but is {_shown(option, value)}.")


def _text(option: Option, value: Any) -> str:
    if isinstance(value, (str, int, float)):
        return str(value)
    raise WrongError(f"{option.name} must be a text, but is {sort_of(value)}.")


def _path(option: Option, value: Any) -> str:
    path = _text(option, value)
    if path.startswith(("/", "~")):
        return path
    raise WrongError(f"{option.name} must be a path that begins with /, but is {_shown(option, value)}.")


def _list(option: Option, value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise WrongError(
            f"{option.name} must be a list, but is {_shown(option, value)}. Write it as one; on the command line as JSON: "
            f"""-e '{{"{option.name}": ["…"]}}'."""
        )
    return [_element(option, element) for element in value]


def _element(option: Option, element: Any) -> Any:
    cast, word = _ELEMENTS.get(option.elements, (None, ""))
    if cast is None or isinstance(element, cast):
        return str(element) if option.elements in ("str", "path") else element
    raise WrongError(f"Each of {option.name} must be {word}, but one is {sort_of(element)}.")


def _dict(option: Option, value: Any) -> dict[Any, Any]:
    if isinstance(value, Mapping):
        return dict(value)
    raise WrongError(
        f"{option.name} must be a mapping, but is {_shown(option, value)}. Write it as one; on the command line as JSON: "
        f"""-e '{{"{option.name}": {{"…": "…"}}}}'."""
    )


_CASTS: dict[str, Callable[[Option, Any], Any]] = {
    "bool": _bool,
    "int": _int,
    "str": _text,
    "path": _path,
    "list": _list,
    "dict": _dict,
    "raw": lambda _option, value: value,
}
_ELEMENTS: dict[str, tuple[Any, str]] = {
    "str": ((str, int, float), "a text"),
    "path": ((str, int, float), "a path"),
    "dict": (Mapping, "a mapping"),
    "list": ((list, tuple), "a list"),
}


def _end(sentence: str) -> str:
    return sentence if not sentence or sentence.endswith(".") else f"{sentence}."
