# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an archive says of itself is believed as far as it goes: whoever has the public key can make one."""

from __future__ import annotations

import json

import pytest
from ansible_collections.mosaic.fleet.plugins.module_utils._backup.manifest import (
    BackupError,
    about_from_json,
    check_manifest,
)

ABOUT = {"kind": "k", "name": "n", "host": "h", "version": "1", "made_at": "t", "sizes": {}, "format": 1}
DEEP = b'{"format":' + b"[" * 100_000 + b"]" * 100_000 + b"}"


@pytest.mark.fault("an archive that somebody else made, deep or of other types", "one sentence")
@pytest.mark.parametrize(
    "content",
    [
        DEEP,
        b"[]",
        b"7",
        json.dumps({**ABOUT, "sizes": []}).encode(),
        json.dumps({**ABOUT, "sizes": {"/": "much"}}).encode(),
        json.dumps({**ABOUT, "more": 1}).encode(),
    ],
    ids=lambda content: repr(content[:30]),
)
def test_what_an_archive_is_about_is_read_or_refused(content: bytes) -> None:
    with pytest.raises(BackupError):
        about_from_json(content)


def test_a_manifest_that_is_too_deep_is_damaged() -> None:
    with pytest.raises(BackupError, match="damaged"):
        check_manifest(DEEP, {})
