# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The 0600 file that holds a service's secrets, in the syntax of systemd's EnvironmentFile.

Reading follows systemd (systemd.exec(5), "EnvironmentFile=", from version 254 on): quotes, backslashes, comments
with `#` or `;`, continued lines, lines that end by CR, LF or both, a name without `=` that means nothing. Before 254 a
backslash at the end of a comment continued it. Writing is atomic, keeps every line it was not asked about, and
leaves a file alone that already says what is wanted.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from .durable import replace_file
from .errors import SecretError, StateError
from .files import read_regular
from .secrets import OPEN_TO_OTHERS

FILE_MODE = 0o600

MAX_ENV_BYTES = 1024 * 1024
"""A larger file is refused: it holds no handful of secrets."""

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_PLAIN = re.compile(r"[A-Za-z0-9_@:./+=~,%!-]+\Z")
_ESCAPED_IN_QUOTES = '"\\`$'
_QUOTES = "'\""
# Neither a no-break space nor a form feed is white space to systemd.
_BLANK = " \t\n\r"
_LINE_ENDS = "\n\r"
_LINE_END = re.compile(r"[\n\r]")


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
            text = _text(file.read(MAX_ENV_BYTES + 1), os.fstat(file.fileno()), place)
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
        return _text(*read_regular(path, MAX_ENV_BYTES), path)
    except FileNotFoundError as error:
        if missing_ok:
            return ""
        raise SecretError(
            f"The credentials file {path} is expected and does not exist. "
            "Run the playbook mosaic.fleet.provision, which writes it, or make it yourself with mode 0600."
        ) from error
    except OSError as error:
        raise SecretError(
            f"The credentials file {path} cannot be read: {error.strerror}. "
            "It belongs to root: run the task with become, or name another file."
        ) from error


def _text(content: bytes, facts: os.stat_result, path: object) -> str:
    mode = stat.S_IMODE(facts.st_mode)
    if mode & OPEN_TO_OTHERS:
        raise SecretError(
            f"The credentials file {path} is expected to have mode 0600 and has {mode:04o}, "
            f"so others may have read it. Run chmod 600 {path}, and replace the secrets in it."
        )
    if len(content) > MAX_ENV_BYTES:
        raise SecretError(
            f"The credentials file {path} is larger than {MAX_ENV_BYTES} bytes. Is it the right file?"
        )
    try:
        return content.decode()
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
    stripped = line.strip(_BLANK)
    if not stripped or stripped[0] in "#;":
        return line, None, ""
    name, equals, _rest = line.partition("=")
    if not equals:
        # systemd passes over a name alone; what is no name at all is a mistake that wants to be told.
        return line, None if _KEY.match(stripped) else stripped, ""
    value, end = _value(text, start + len(name) + 1)
    return text[start:end], name.strip(_BLANK), value


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
        elif not quote and character in _LINE_ENDS:
            return _cut(pieces, kept), position + 1
        elif character == "\\" and quote != "'":
            position += 1
            if position == len(text):
                return None, position
            pieces.append(_unescaped(text[position], quote))
            kept, fresh = len(pieces), False
        elif quote or not fresh or character not in _BLANK:
            pieces.append(character)
            fresh = False
        position += 1
    return (None if quote else _cut(pieces, kept)), position


def _cut(pieces: list[str], kept: int) -> str:
    return "".join(pieces[:kept]) + "".join(pieces[kept:]).rstrip(_BLANK)


def _unescaped(character: str, quote: str) -> str:
    if character == "\n" or (not quote and character == "\r"):
        return ""
    if quote and character not in _ESCAPED_IN_QUOTES:
        return "\\" + character
    return character


def _after_line(text: str, start: int) -> int:
    end = _LINE_END.search(text, start)
    return end.end() if end else len(text)


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
    # A line that goes on, by a backslash in front of its end, would take in the next one.
    if added and lines and (not lines[-1].endswith("\n") or lines[-1].endswith("\\\n")):
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
