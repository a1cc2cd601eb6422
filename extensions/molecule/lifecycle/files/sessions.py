# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the homeserver says about the token of each of the given files: its device and all devices, or why it is dead.

sessions.py URL FILE ...
"""

from __future__ import annotations

import json
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path


def ask(token: str, what: str) -> str:
    request = urllib.request.Request(f"{sys.argv[1]}/_matrix/client/v3/{what}")
    request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            found = json.load(answer)
    except urllib.error.HTTPError as error:
        return f"{error.code} {json.load(error)['errcode']}"
    return found.get("device_id") or " ".join(device["device_id"] for device in found["devices"])


for name in sys.argv[2:]:
    value = re.search(r'^MATRIX_ACCESS_TOKEN="?([^"\n]*)', Path(name).read_text(), re.MULTILINE).group(1)
    print(ask(value, "account/whoami"), ask(value, "devices"), sep="; ")
