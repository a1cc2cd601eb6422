# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pack the wheels of a folder into one file, on the controller: `pack_wheelhouse.py FOLDER ARCHIVE`.

One file is copied to a host in one step, some forty are not. It is put in place in one step as well, so that an
interrupted run leaves no half of one.
"""

from __future__ import annotations

import sys
import tarfile
import tempfile
from pathlib import Path


def pack(folder: Path, archive: Path) -> None:
    """Write the wheels of `folder` into `archive`, whoever else is doing the same; raises `OSError`."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=archive.parent) as scratch:
        made = Path(scratch, archive.name)
        with tarfile.open(made, "w") as file:  # not compressed: wheels are
            for wheel in sorted(folder.glob("*.whl")):
                file.add(wheel, wheel.name, recursive=False)
        made.replace(archive)


if __name__ == "__main__":
    try:
        pack(Path(sys.argv[1]), Path(sys.argv[2]))
    except OSError as error:
        sys.exit(f"The wheelhouse {sys.argv[1]} could not be packed: {error}")
