# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The 0600 file that holds a service's secrets, in the syntax of systemd's EnvironmentFile.

Reading follows systemd (systemd.exec(5), "EnvironmentFile="): quotes, backslashes, comments with
`#` or `;`, continued lines. Writing is atomic, keeps every line it was not asked about, and
leaves a file alone that already says what is wanted.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO

from .durable import replace_file
from .errors import SecretError, StateError

FILE_MODE = 0o600

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_PLAIN = re.compile(r"[A-Za-z0-9_@:./+=~,%!-]+\Z")
_ESCAPED_IN_QUOTES = '"\\`$'
_QUOTES = "'\""


def read_env_file(path: str | os.PathLike[str], *, missing_ok: bool = False) -> dict[str, str]:
    """The variables of an env file; the last line that names one wins.

    A file that does not exist is an empty one if `missing_ok`. Raises `SecretError` when the file
    is missing, unreadable, open to other users, or not in EnvironmentFile syntax.
    """
    text = _read(Path(path), missing_ok)
    return {key: value for _raw, key, value in _entries(text, path) if key is not None}


def read_env_stdin() -> dict[str, str]:
    """The variables of an env file that is this process's standard input; /dev/null takes its place.

    systemd opens it as root (StandardInput=file:…): a process of the same user can neither open it again nor find
    its contents in /proc/PID/environ. Raises what `read_env_file` raises.
    """
    place = "on standard input"
    try:
        with Path(os.devnull).open("rb") as nothing, os.fdopen(os.dup(0), "rb") as file:
            os.dup2(nothing.fileno(), 0)
            text = _text(file, place)
    except OSError as error:
        raise SecretError(f"The credentials file {place} cannot be read: {error.strerror}.") from error
    return {key: value for _raw, key, value in _entries(text, place) if key is not None}


def update_env_file(path: str | os.PathLike[str], changes: Mapping[str, str | None]) -> bool:
    """Set (or with None remove) variables; True when the file had to be written.

    A new value takes the place of the old one, a new key goes to the end, everything else stays
    byte for byte. The file is made with mode 0600. Raises what `read_env_file` raises, and
    `StateError` when it cannot be written.
    """
    before, after = changed_env_text(path, changes)
    if after == before:
        return False
    _replace(Path(os.path.realpath(path)), after)
    return True


def changed_env_text(path: str | os.PathLike[str], changes: Mapping[str, str | None]) -> tuple[str, str]:
    """What an env file says (nothing where there is none) and what it says after `changes`; raises likewise."""
    before = _read(Path(os.path.realpath(path)), missing_ok=True)
    return before, _apply(_entries(before, path), changes)


def _read(path: Path, missing_ok: bool) -> str:
    try:
        with path.open("rb") as file:
            return _text(file, path)
    except FileNotFoundError as error:
        if missing_ok:
            return ""
        raise SecretError(
            f"The credentials file {path} is expected and does not exist. "
            "Let matrix_user write it, or make it yourself with mode 0600."
        ) from error
    except OSError as error:
        raise SecretError(
            f"The credentials file {path} cannot be read: {error.strerror}. "
            "It belongs to root: run the task with become, or name another file."
        ) from error


def _text(file: IO[bytes], path: object) -> str:
    mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    if mode & 0o077:
        raise SecretError(
            f"The credentials file {path} is expected to have mode 0600 and has {mode:04o}, "
            f"so others may have read it. Run chmod 600 {path}, and replace the secrets in it."
        )
    try:
        return file.read().decode()
    except UnicodeDecodeError as error:
        raise SecretError(f"The credentials file {path} is expected to be UTF-8 text and is not.") from error


def _entries(text: str, path: object) -> Iterator[tuple[str, str | None, str]]:
    """Split a file into `(raw text, key or None, value)`; the raw texts joined are the file."""
    position, number = 0, 1
    while position < len(text):
        raw, key, value = _entry(text, position)
        if key is not None and not _KEY.match(key):
            raise SecretError(
                f"Line {number} of the credentials file {path} is expected to be NAME=value and is not. "
                "Correct it, or make it a comment with # at its start."
            )
        if value is None:
            raise SecretError(
                f"The value that starts in line {number} of the credentials file {path} is never finished: "
                "a quote stays open, or a backslash ends the file. Correct it."
            )
        yield raw, key, value
        position += len(raw)
        number += raw.count("\n")


def _entry(text: str, start: int) -> tuple[str, str | None, str | None]:
    line_end = _after_line(text, start)
    line = text[start:line_end]
    stripped = line.strip()
    if not stripped or stripped[0] in "#;":
        return line, None, ""
    name, equals, _rest = line.partition("=")
    if not equals:
        return line, stripped, ""
    value, end = _value(text, start + len(name) + 1)
    return text[start:end], name.strip(), value


def _value(text: str, position: int) -> tuple[str | None, int]:
    """The value that starts at `position`, and where the next entry starts; None: it is never finished."""
    pieces: list[str] = []
    kept = 0  # how many characters must survive the cutting of trailing white space
    quote = ""
    fresh = True  # a quote is one only at the start of a value, or right behind another quoted part
    while position < len(text):
        character = text[position]
        if quote and character == quote:
            quote, kept, fresh = "", len(pieces), True
        elif not quote and fresh and character in _QUOTES:
            quote = character
        elif not quote and character == "\n":
            return _cut(pieces, kept), position + 1
        elif character == "\\" and quote != "'":
            position += 1
            if position == len(text):
                return None, position
            pieces.append(_unescaped(text[position], quote))
            kept, fresh = len(pieces), False
        elif quote or not fresh or not character.isspace():
            pieces.append(character)
            fresh = False
        position += 1
    return (None if quote else _cut(pieces, kept)), position


def _cut(pieces: list[str], kept: int) -> str:
    return "".join(pieces[:kept]) + "".join(pieces[kept:]).rstrip()


def _unescaped(character: str, quote: str) -> str:
    if character == "\n":
        return ""
    if quote and character not in _ESCAPED_IN_QUOTES:
        return "\\" + character
    return character


def _after_line(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end + 1


def _apply(entries: Iterator[tuple[str, str | None, str]], changes: Mapping[str, str | None]) -> str:
    rest = dict(changes)
    current = list(entries)
    winners = {key: index for index, (_raw, key, _value) in enumerate(current)}
    lines: list[str] = []
    for index, (raw, key, value) in enumerate(current):
        if key is None or key not in changes:
            lines.append(raw)
            continue
        wanted = rest.pop(key, changes[key])
        if wanted is None or winners[key] != index:
            continue
        lines.append(raw if value == wanted else _line(key, wanted))
    added = [_line(key, value) for key, value in rest.items() if value is not None]
    if added and lines and not lines[-1].endswith("\n"):
        lines.append("\n")
    return "".join(lines + added)


def _line(key: str, value: str) -> str:
    if not _KEY.match(key):
        raise SecretError(f"{key!r} is expected to be the name of an environment variable and is not.")
    if any(not character.isprintable() for character in value):
        raise SecretError(
            f"The value of {key} holds a line break or another control character, "
            "which an environment file cannot carry safely. Choose a value without."
        )
    if _PLAIN.match(value):
        return f"{key}={value}\n"
    quoted = "".join(
        f"\\{character}" if character in _ESCAPED_IN_QUOTES else character for character in value
    )
    return f'{key}="{quoted}"\n'


def _replace(path: Path, text: str) -> None:
    def dress(descriptor: int) -> None:
        os.fchmod(descriptor, FILE_MODE)
        _keep_owner(descriptor, path)

    try:
        replace_file(path, text.encode(), dress)
    except OSError as error:
        raise StateError(
            f"The credentials file {path} cannot be written: {error.strerror}. "
            "Its directory is expected to exist and to be writable by the user the task runs as."
        ) from error


def _keep_owner(descriptor: int, path: Path) -> None:
    with suppress(FileNotFoundError):
        old = path.stat()
        if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
            os.fchown(descriptor, old.st_uid, old.st_gid)
