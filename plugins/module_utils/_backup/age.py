# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Streams that go through the program `age`: what is written comes out encrypted, what is read was decrypted."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess  # age is a program, not a library
import tarfile
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, cast

from .manifest import BackupError

END_SECONDS = 60
"""How long age may take to end when its input or output has ended."""

_BROKEN_STREAM = (OSError, EOFError, tarfile.TarError, zlib.error)


@contextlib.contextmanager
def encrypted(path: Path, recipients: Sequence[str]) -> Iterator[BinaryIO]:
    """A stream whose content is encrypted for the recipients into a new file of mode 0600.

    The file is there only when all went well. Raises `BackupError`.
    """
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        flags = [word for recipient in recipients for word in ("--recipient", recipient)]
        with _age(["--encrypt", *flags, "--output", str(part)], writes=True) as pipe:
            yield pipe
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextlib.contextmanager
def decrypted(path: Path, identity: Path) -> Iterator[BinaryIO]:
    """A stream of what an encrypted file holds. Raises `BackupError`."""
    for file, what in ((path, "an archive"), (identity, "a private key of age")):
        if not (file.is_file() and os.access(file, os.R_OK)):
            raise BackupError(f"{file} is expected to be {what}, and cannot be read. Name the right file.")
    with _age(["--decrypt", "--identity", str(identity), str(path)], writes=False) as pipe:
        yield pipe


@contextlib.contextmanager
def _age(arguments: list[str], *, writes: bool) -> Iterator[BinaryIO]:
    command = shutil.which("age")
    if command is None:
        raise BackupError(
            "The program age is needed and not installed. Install it (Debian: apt-get install age)."
        )
    # Its words go to a file, since nobody would read a pipe while the stream is busy.
    with tempfile.TemporaryFile() as words:
        # Not a module's run_command: both ends are streams.
        process = subprocess.Popen(  # noqa: S603  # pylint: disable=ansible-bad-function
            [command, *arguments],
            stdin=subprocess.PIPE if writes else subprocess.DEVNULL,
            stdout=subprocess.DEVNULL if writes else subprocess.PIPE,
            stderr=words,
        )
        pipe = cast("BinaryIO", process.stdin if writes else process.stdout)
        try:
            with pipe:
                yield pipe
        except _BROKEN_STREAM as error:
            _finish(process, words, error)
        except BaseException:
            process.kill()
            process.wait()
            raise
        else:
            _finish(process, words, None)


def _finish(process: subprocess.Popen[bytes], words: BinaryIO, broken: Exception | None) -> None:
    """Let age end; what it says itself explains a stream that broke."""
    try:
        status = process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        status = process.wait()
    if status == 0 and broken is None:
        return
    words.seek(0)
    lines = words.read().decode(errors="replace").splitlines()
    said = [line.removeprefix("age: error: ") for line in lines if line.startswith("age: error: ")]
    reason = said[0] if said else str(broken or f"it ended with status {status}")
    raise BackupError(
        f"age could not go on: {reason}. Check the keys, the free space and the archive."
    ) from broken
