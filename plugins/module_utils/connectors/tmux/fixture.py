# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A screen as two files, NAME.txt and NAME.json: what `capture-pane -e -p` printed, and where the cursor was."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..border import BorderError, read_json
from ..errors import ConfigError
from ..secrets import redact_shapes
from .screen import Screen

MOST_BYTES = 4 * 1024 * 1024
"""No terminal that anybody reads has more on one screen, attributes included."""

MOST_COLUMNS, MOST_ROWS = 2000, 1000

_SGR = re.compile(r"\x1b\[[0-9;:]*m")
_ESCAPES = re.compile(
    r"\x1b(?:\[[0-9;:?<=>]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[()*+][A-Za-z0-9]|[^\[])?"
)
_CONTROLS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Fixture:
    """One picture of a pane, with all that a reading of it needs."""

    text: str
    columns: int
    rows: int
    cursor_x: int
    cursor_y: int
    cursor_visible: bool = True
    history: int = 0
    alternate: bool = False

    def screen(self) -> Screen:
        """The picture, parsed."""
        return Screen.parse(
            self.text,
            self.cursor_x,
            self.cursor_y,
            self.history,
            cursor_visible=self.cursor_visible,
            columns=self.columns,
            alternate=self.alternate,
        )


def load_fixture(path: str | Path) -> Fixture:
    """Read a saved screen: `path` is its JSON file, and the text stands beside it.

    Raises `ConfigError` for a file that is missing, too large or no text, and for numbers that no screen has.
    """
    place = Path(path)
    if place.suffix != ".json":
        raise ConfigError(f"The fixture must be a file NAME.json, but is {place}. Name the JSON file.")
    said = _document(place)
    columns = _number(place, said, "columns", (1, MOST_COLUMNS))
    rows = _number(place, said, "rows", (1, MOST_ROWS))
    text = _text(place.with_suffix(".txt"))
    if text.count("\n") > rows:
        raise ConfigError(
            f"{place} says that the screen has {rows} rows, but its text has more. Correct `rows`."
        )
    return Fixture(
        text=text,
        columns=columns,
        rows=rows,
        cursor_x=_number(place, said, "cursor_x", (0, columns)),
        cursor_y=_number(place, said, "cursor_y", (0, rows - 1)),
        cursor_visible=_number(place, said, "cursor_flag", (0, 1), default=1) == 1,
        history=_number(place, said, "history", (0, 10**9), default=0),
    )


def save_fixture(place: Path, fixture: Fixture, program: str | None) -> tuple[Path, Path]:
    """Write both files, neutralised and redacted; returns their paths. Raises `ConfigError` when they cannot be."""
    stem = place.with_suffix("") if place.suffix in (".json", ".txt") else place
    text, told = Path(f"{stem}.txt"), Path(f"{stem}.json")
    document = {
        "program": program or "",
        "version": "",
        "state": stem.name,
        "columns": fixture.columns,
        "rows": fixture.rows,
        "cursor_x": fixture.cursor_x,
        "cursor_y": fixture.cursor_y,
        "cursor_flag": int(fixture.cursor_visible),
        "history": fixture.history,
        "dialog": None,
        "draft": None,
        "note": "",
    }
    _create(text, redact_shapes(neutral(fixture.text)))
    _create(told, json.dumps(document, ensure_ascii=False) + "\n")
    return text, told


def neutral(captured: str) -> str:
    """A capture with colours and attributes, and with nothing else that a terminal acts on."""
    kept = []
    position = 0
    for match in _SGR.finditer(captured):
        kept += [_plain(captured[position : match.start()]), match[0]]
        position = match.end()
    kept.append(_plain(captured[position:]))
    return "".join(kept).encode("utf-8", "replace").decode("utf-8")


def _plain(text: str) -> str:
    return _CONTROLS.sub("", _ESCAPES.sub("", text))


def _read(path: Path) -> str:
    try:
        if path.exists() and not path.is_file():  # a pipe would be waited for
            raise ConfigError(f"{path} must be a file, but is none. Check the path.")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its name is none"
        raise ConfigError(f"{path} must be a file that can be read, but: {why}. Check the path.") from error
    if len(content) > MOST_BYTES:
        raise ConfigError(f"{path} must have at most {MOST_BYTES} bytes, but has more. Name a screen's file.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} must be UTF-8 text, but is not. Name a screen's file.") from error


def _text(path: Path) -> str:
    text = _read(path)
    if "\x00" in text:
        raise ConfigError(f"{path} must be text, but is binary. Name a screen's file.")
    return text


def _document(path: Path) -> dict[str, Any]:
    try:
        said = read_json(_read(path))
    except BorderError as error:
        raise ConfigError(f"{path} must be JSON, but is not. Save the screen again.") from error
    if not isinstance(said, dict):
        raise ConfigError(
            f"{path} must hold a JSON object, but holds {type(said).__name__}. Save the screen again."
        )
    return said


def _number(
    path: Path, said: dict[str, Any], name: str, bounds: tuple[int, int], default: int | None = None
) -> int:
    least, most = bounds
    value = said.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        found = repr(value)[:40] if name in said else "missing"
        raise ConfigError(f"{path}: {name} must be {least} to {most}, but is {found}. Correct it.")
    return value


def _create(path: Path, content: str) -> None:
    """Write a new file that only its owner reads; whatever is there already stays."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
    except FileExistsError:
        raise ConfigError(f"{path} must be new, but is there already. Choose another name.") from None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its name is none"
        raise ConfigError(f"{path} cannot be written: {why}. Choose another place.") from error
