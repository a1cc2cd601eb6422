# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An archive in the making: packed, read back as it is written, and compressed, all in one pass."""

from __future__ import annotations

import contextlib
import grp
import gzip
import hashlib
import io
import os
import pwd
import stat
import subprocess  # a dump is the output of a program
import tarfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO, cast

from .manifest import ABOUT, DUMPS, FILES, MANIFEST, About, BackupError, Entry, entry_of, manifest_to_json
from .parts import Item
from .reading import BLOCK, read_archive
from .snapshot import copied


@dataclass(frozen=True)
class Dump:
    """The output of a program that is archived as a file of this name."""

    name: str
    argv: tuple[str, ...]
    timeout: float


def write_archive(
    sink: BinaryIO, about: About, items: Sequence[Item], dumps: Sequence[Dump], spool: Path
) -> dict[str, Entry]:
    """Write an archive and read it back while it is written; returns what is in it.

    `spool` is a directory for the copies of databases; nothing is left in it. Raises `BackupError`.
    """
    with gzip.GzipFile(fileobj=sink, mode="wb", compresslevel=6, filename="", mtime=0) as compressed:
        witness = _Witness()
        tee = cast("BinaryIO", _Tee(compressed, witness.pipe))
        try:
            with tarfile.open(fileobj=tee, mode="w|", format=tarfile.PAX_FORMAT, bufsize=BLOCK) as tar:
                entries = _Writer(tar, spool).write(about, items, dumps)
        except BrokenPipeError:
            witness.end()  # says why it stopped reading, if it was the witness
            raise
        finally:
            witness.close()
        witness.end()
    return entries


class _Writer:
    def __init__(self, tar: tarfile.TarFile, spool: Path) -> None:
        self._tar = tar
        self._spool = spool
        self._entries: dict[str, Entry] = {}

    def write(self, about: About, items: Sequence[Item], dumps: Sequence[Dump]) -> dict[str, Entry]:
        self._add_json(ABOUT, about.to_json())
        for dump in dumps:
            self._add_dump(dump)
        for item in items:
            # Gone since it was listed is as good as never there.
            with contextlib.suppress(FileNotFoundError), item.folder() as folder:
                self._add(item, folder)
        self._add_json(MANIFEST, manifest_to_json(self._entries))
        return self._entries

    def _add_json(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        self._tar.addfile(member, io.BytesIO(content))

    def _add_dump(self, dump: Dump) -> None:
        copy = self._spool / "dump"
        try:
            with copy.open("wb") as output:
                # Not a module's run_command: what it prints is a file.
                done = subprocess.run(  # noqa: S603  # pylint: disable=ansible-bad-function
                    dump.argv,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.PIPE,
                    timeout=dump.timeout,
                    check=False,
                )
            if done.returncode != 0:
                words = done.stderr.decode(errors="replace").strip().splitlines()
                raise BackupError(
                    f"{dump.argv[0]} could not dump {dump.name}: {(words or ['it gave no reason'])[-1]}."
                )
            with copy.open("rb") as file:
                look = os.fstat(file.fileno())
                self._add_file(_member(DUMPS + dump.name, look, size=look.st_size), file)
        except subprocess.TimeoutExpired as error:
            raise BackupError(
                f"The dump {dump.name} was not done within {dump.timeout:g} seconds."
            ) from error
        finally:
            copy.unlink(missing_ok=True)

    def _add(self, item: Item, folder: int) -> None:
        name, inside = FILES + str(item.path), item.path.name
        look = os.lstat(inside, dir_fd=folder)
        if item.database and stat.S_ISREG(look.st_mode):
            with copied(item.path, os.fstat(folder).st_uid, self._spool) as file:
                self._add_file(_member(name, look, size=os.fstat(file.fileno()).st_size), file)
        elif stat.S_ISREG(look.st_mode):
            # It may be something else by now, which must neither lead elsewhere nor keep us waiting, as a pipe would.
            handle = os.open(
                inside, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder
            )
            with os.fdopen(handle, "rb") as file:
                # By the open file: the one of this name may be replaced at any moment.
                look = os.fstat(handle)
                if stat.S_ISREG(look.st_mode):
                    self._add_file(_member(name, look, size=look.st_size), file)
        elif stat.S_ISDIR(look.st_mode) or stat.S_ISLNK(look.st_mode):
            target = os.readlink(inside, dir_fd=folder) if stat.S_ISLNK(look.st_mode) else ""
            member = _member(name, look, target=target)
            self._tar.addfile(member)
            self._entries[name] = entry_of(member)

    def _add_file(self, member: tarfile.TarInfo, file: BinaryIO) -> None:
        digested = _Digested(file)
        try:
            self._tar.addfile(member, digested)
        except OSError as error:
            if "unexpected end of data" not in str(error):
                raise
            raise BackupError(
                f"/{member.name.partition('/')[2]} became shorter while it was read. Back up again."
            ) from error
        self._entries[member.name] = replace(entry_of(member), sha256=digested.hexdigest())


def _member(name: str, look: os.stat_result, *, size: int = 0, target: str = "") -> tarfile.TarInfo:
    """The head of a member, from what was seen of it: by its path tarfile would look once more, at something else perhaps."""
    member = tarfile.TarInfo(name)
    member.type = {stat.S_IFDIR: tarfile.DIRTYPE, stat.S_IFLNK: tarfile.SYMTYPE}.get(
        stat.S_IFMT(look.st_mode), tarfile.REGTYPE
    )
    member.mode, member.mtime = look.st_mode & 0o7777, look.st_mtime
    member.uid, member.gid = look.st_uid, look.st_gid
    member.size, member.linkname = size, target
    with contextlib.suppress(KeyError):
        member.uname = pwd.getpwuid(look.st_uid).pw_name
    with contextlib.suppress(KeyError):
        member.gname = grp.getgrgid(look.st_gid).gr_name
    return member


class _Digested(io.RawIOBase):
    """A file and the digest of what was read of it."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._digest.update(block)
        return block

    def hexdigest(self) -> str:
        return self._digest.hexdigest()


class _Tee(io.RawIOBase):
    """Writes everything to two streams."""

    def __init__(self, first: BinaryIO | gzip.GzipFile, second: BinaryIO) -> None:
        super().__init__()
        self._streams = (first, second)

    def write(self, block: bytes) -> int:  # type: ignore[override]
        for stream in self._streams:
            stream.write(block)
        return len(block)


class _Witness:
    """Reads the archive while it is written, as a restore will, and compares it with its manifest."""

    def __init__(self) -> None:
        source, sink = os.pipe()
        self.pipe = os.fdopen(sink, "wb")
        self._source = os.fdopen(source, "rb")
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the stream that it reads."""
        with contextlib.suppress(BrokenPipeError):
            self.pipe.close()

    def end(self) -> None:
        """Wait until all was read; raises what was found wrong."""
        self.close()
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _read(self) -> None:
        try:
            with self._source:
                read_archive(self._source)
        except Exception as error:
            self._error = error
