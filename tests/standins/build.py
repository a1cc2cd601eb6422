# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make one executable file of a stand-in: `build.py NAME FILE [VERSION]`. The same sources give the same bytes."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

EPOCH = (1980, 1, 1, 0, 0, 0)


def build(name: str, target: Path, version: str | None) -> None:
    """Write the stand-in `name` to `target`, as another `version` of itself if one is given."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        for source in sorted((Path(__file__).parent / name).glob("*.py")):
            text = source.read_text(encoding="utf-8")
            if version and source.name == "version.py":
                text = text.replace('VERSION = "0.10.12"', f'VERSION = "{version}"')
            files.writestr(zipfile.ZipInfo(source.name, EPOCH), text)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(b"#!/usr/bin/env python3\n" + archive.getvalue())
    target.chmod(0o755)


if __name__ == "__main__":
    NAME, TARGET, *VERSION = sys.argv[1:]
    build(NAME, Path(TARGET), VERSION[0] if VERSION else None)
