# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make the wheel of a Synapse that finds every configuration right, spoils the database, and ends.

broken_synapse.py FOLDER
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

INFO = "matrix_synapse-1.999.0.dist-info"
FILES = {
    "synapse/__init__.py": '__version__ = "1.999.0"\n',
    "synapse/config/__init__.py": "",
    "synapse/config/read.py": "",
    "synapse/config/__main__.py": "",
    "synapse/app/__init__.py": "",
    "synapse/app/homeserver.py": (
        "import sqlite3\n"
        "if __name__ == '__main__':\n"
        "    with sqlite3.connect('/var/lib/mosaic-synapse/homeserver.db') as database:\n"
        "        database.execute('DROP TABLE access_tokens')\n"
        "    raise SystemExit('This Synapse has spoilt its database and does not start.')\n"
    ),
    f"{INFO}/METADATA": "Metadata-Version: 2.1\nName: matrix-synapse\nVersion: 1.999.0\n",
    f"{INFO}/WHEEL": "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
}

with zipfile.ZipFile(Path(sys.argv[1]) / "matrix_synapse-1.999.0-py3-none-any.whl", "w") as wheel:
    for name, content in FILES.items():
        wheel.writestr(name, content)
    wheel.writestr(f"{INFO}/RECORD", "".join(f"{name},,\n" for name in [*FILES, f"{INFO}/RECORD"]))
