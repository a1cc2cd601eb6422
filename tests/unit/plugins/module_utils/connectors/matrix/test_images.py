# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The size of an image is read from its first bytes, and a broken one has none."""

from __future__ import annotations

import base64
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.matrix.images import image_dimensions

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + struct.pack(">II", 300, 200) + b"\x08\x06\x00\x00\x00"
GIF = b"GIF89a" + struct.pack("<HH", 300, 200)
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF"
    + bytes(10)
    + b"\xff\xff\xc2\x00\x11\x08"
    + struct.pack(">HH", 200, 300)
    + bytes(10)
)
WEBP_X = b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00" + b"\x2b\x01\x00" + b"\xc7\x00\x00"
WEBP_L = b"RIFF\x00\x00\x00\x00WEBPVP8L\x00\x00\x00\x00\x2f" + struct.pack("<I", 299 | 199 << 14)
WEBP_L_REAL = base64.b64decode("UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==")
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 \x00\x00\x00\x00\x00\x00\x00\x9d\x01\x2a" + struct.pack("<HH", 300, 200)


@pytest.mark.parametrize(
    "data", [PNG, GIF, JPEG, WEBP_X, WEBP_L, WEBP], ids=["png", "gif", "jpeg", "x", "l", "webp"]
)
def test_the_dimensions_are_read(data: bytes) -> None:
    """Width first, in every format."""
    assert image_dimensions(data) == (300, 200)


def test_a_real_file_of_one_pixel() -> None:
    """A WebP made by an encoder."""
    assert image_dimensions(WEBP_L_REAL) == (1, 1)


@pytest.mark.parametrize(
    "data", [b"", b"text", PNG[:18], JPEG[:24], b"\xff\xd8\xff", WEBP[:20], GIF[:6] + bytes(4)]
)
def test_what_is_no_whole_image_has_no_dimensions(data: bytes) -> None:
    """Cut off, empty or something else: None, never an exception."""
    assert image_dimensions(data) is None


@given(st.sampled_from([PNG[:8], GIF[:6], JPEG[:2], WEBP[:12], WEBP[:16]]), st.binary(max_size=60))
def test_no_bytes_make_it_raise(start: bytes, rest: bytes) -> None:
    """Whatever follows a known beginning."""
    image_dimensions(start + rest)
