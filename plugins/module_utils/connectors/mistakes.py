# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that is wrong in a roster or a settings file, not only the first thing, each with its place.

No mistake repeats a secret: where something looks like one, its place is told and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import Any

from .config import all_mistakes, connector_block, operator_doubts
from .errors import ConfigError, RosterError
from .registry import resolve_connector_kind
from .roster.file import parse_text
from .roster.text import RosterText, Spot
from .roster.yaml_text import YamlText
from .secrets import looks_like_secret
from .settings import settings_mistakes
from .types import ConnectorConfig

_KEY = "connector"
_OPERATORS = "An entry of operators by which nobody is heard: "
_AT_THE_VALUE = ("wrong_type", "wrong_value")


CODES = {
    "syntax": "no valid YAML or JSON; the rest of the file was not looked at",
    "wrong_type": "a mapping, a text or a number is expected and something else is there",
    "wrong_value": "the right type, and nothing that the key can be",
    "unknown_key": "no such key; a warning where the file's owner may mean it",
    "missing_key": "a key that has to be there",
    "duplicate_key": "a key that stands twice; a warning outside our block",
    "secret": "something that looks like a token or password, whose text is not repeated",
    "secret_missing": "a secret that the channel needs is not there, or its file is open to others",
    "unseen": "a warning: the file with the secrets is not open to this user, so nothing was said about it",
    "invalid": "anything else; the message says what",
}
"""The codes of mistakes and what they mean."""


@dataclass(frozen=True)
class Mistake:
    """One mistake; `line` and `column` count from 1 and are None where the whole file is meant.

    `severity` is `error`, or `warning` for what works and was hardly meant so.
    """

    file: str
    line: int | None
    column: int | None
    path: str
    code: str
    severity: str
    message: str
    expected: str | None = None
    found: str | None = None
    nearest: str | None = None


def mistakes_in_roster(text: str, name: str) -> list[Mistake]:
    """Every mistake in the text of a roster called `name`, in the order of the text.

    No error among them means that `load_roster` takes it, and that a connector can be made from it.
    """
    try:
        source = parse_text(text, name)
    except RosterError as error:
        return [mistake_of(name, error)]
    doubles = list(_duplicates(source))
    block = list(_block(source))
    if any(double.severity == "error" for double in doubles):
        block = [mistake for mistake in block if mistake.code != "duplicate_key"]
    return _in_order([*_secrets(source), *doubles, *block, *_almost_connector(source)])


def mistakes_in_settings(text: str, name: str) -> list[Mistake]:
    """Every mistake in the text of a settings file called `name`, in the order of the text."""
    try:
        source = YamlText.parse(text, name)
    except ConfigError as error:
        return [mistake_of(name, error)]
    try:
        located = [_located(source, error, ()) for error in settings_mistakes(source.document())]
    except ConfigError as error:
        located = [mistake_of(name, error)]
    return _in_order([*_secrets(source), *located])


def mistakes_in_operators(
    text: str, name: str, operators: Sequence[str], config: ConnectorConfig | None
) -> list[Mistake]:
    """What in the list of operators can hardly be meant on the channel of the roster: warnings, each with its place.

    `text` is that of the settings file called `name`, which is right otherwise.
    """
    kind = resolve_connector_kind(config)
    block = {} if config is None else connector_block(config).get(kind) or {}
    source = YamlText.parse(text, name)
    found: list[Mistake] = []
    for index, why in operator_doubts(kind, operators, block):
        spot = source.spot(("operators", str(index)))
        if spot is not None:
            found.append(
                _at(source, spot, code="wrong_value", severity="warning", message=f"{_OPERATORS}{why}")
            )
    return found


def _block(source: RosterText) -> Iterator[Mistake]:
    try:
        block = source.value(_KEY)
        if block is None and source.member(_KEY) is None:
            return
    except ConfigError as error:
        yield mistake_of(source.name, error)
        return
    yield from (_located(source, one, (_KEY,)) for one in all_mistakes(block))


def _secrets(source: RosterText) -> Iterator[Mistake]:
    for spot in source.scalars():
        if looks_like_secret(spot.text or ""):
            yield _at(
                source,
                spot,
                code="secret",
                message="Something here looks like a secret. Secrets never go into this file: put it into the "
                "service's 0600 environment file, and revoke the one that was written here.",
            )


def _duplicates(source: RosterText) -> Iterator[Mistake]:
    first: dict[tuple[str, ...], Spot] = {}
    doubled: set[tuple[str, ...]] = set()
    for spot in source.spots():
        # The keys inside a part that stands twice are no further mistakes.
        if not spot.is_key or any(spot.path[:deep] in doubled for deep in range(len(spot.path))):
            continue
        before = first.setdefault(spot.path, spot)
        if before is not spot:
            doubled.add(spot.path)
            yield _at(
                source,
                spot,
                code="duplicate_key",
                # What is not ours to judge works as its reader makes it work.
                severity="error" if spot.path[0] == _KEY else "warning",
                message=f"The key {spot.path[-1]!r} is expected once, and stands on line "
                f"{source.line_of(before.start)} already. Remove one.",
            )


def _almost_connector(source: RosterText) -> Iterator[Mistake]:
    keys = [spot for spot in source.spots() if spot.is_key and len(spot.path) == 1]
    if any(spot.text == _KEY for spot in keys):
        return
    for spot in keys:
        if get_close_matches(spot.text or "", [_KEY], cutoff=0.8):
            yield _at(
                source,
                spot,
                code="unknown_key",
                severity="warning",
                message=f"{spot.text} means nothing to us, so the channel is tmux. Did you mean {_KEY!r}?",
                expected=_KEY,
                found=spot.text,
                nearest=_KEY,
            )


def _located(source: RosterText, error: ConfigError, root: tuple[str, ...]) -> Mistake:
    path = (*root, *error.loc)
    spot = source.spot(path, value=error.code in _AT_THE_VALUE)
    mistake = Mistake(
        source.name,
        None,
        None,
        ".".join(path),
        error.code,
        "error",
        str(error),
        error.expected,
        error.found,
        error.nearest,
    )
    if spot is None:
        return mistake
    line, column = source.place_of(spot.start)
    return replace(mistake, line=line, column=column)


def _at(
    source: RosterText, spot: Spot, *, code: str, message: str, severity: str = "error", **more: Any
) -> Mistake:
    line, column = source.place_of(spot.start)
    path = ".".join("(secret)" if looks_like_secret(part) else part for part in spot.path)
    return Mistake(source.name, line, column, path, code, severity, message, **more)


def mistake_of(name: str, error: ConfigError) -> Mistake:
    """An error that was raised about the file `name`, as a mistake."""
    line, column = error.place or (None, None)
    prefixes = (f"{name}:{line}:{column}: ", f"{name}: ")
    message = str(error)
    for prefix in prefixes:
        message = message.removeprefix(prefix)
    return Mistake(name, line, column, ".".join(error.loc), error.code, "error", message)


def _in_order(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """By their place; what would repeat a secret is left out, since the secret itself is among them."""
    kept = [one for one in mistakes if one.code == "secret" or not _repeats_a_secret(one)]
    return sorted(kept, key=lambda one: (one.line or 0, one.column or 0))


def _repeats_a_secret(mistake: Mistake) -> bool:
    return any(looks_like_secret(part) for part in (mistake.message, mistake.path, mistake.found or ""))
