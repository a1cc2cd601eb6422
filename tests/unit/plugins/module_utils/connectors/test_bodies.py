# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A body is never more than its bound, whatever it is compressed with."""

from __future__ import annotations

import gzip
import tracemalloc

import pytest
from mosaic_connectors.bodies import Body, BodyEncodingError, BodyTooLongError


def read(data: bytes, encoding: str = "", limit: int = 1000, step: int = 10) -> bytes:
    body = Body(limit, encoding)
    for start in range(0, len(data), step):
        body.take(data[start : start + step])
    return body.content()


def test_a_body_comes_as_it_is_or_out_of_one_layer_of_gzip() -> None:
    assert read(b"x" * 1000) == b"x" * 1000
    assert read(gzip.compress(b"x" * 1000), "GZIP") == b"x" * 1000
    assert read(b"", "gzip") == b""


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "deflate", "x" * 5000])
def test_an_encoding_that_cannot_be_bounded_is_refused_unread(encoding: str) -> None:
    with pytest.raises(BodyEncodingError) as refused:
        Body(1000, encoding)
    assert len(str(refused.value)) < 200


@pytest.mark.fault("1 KB that unpacks to 600 MB", "refused; no memory")
def test_a_kilobyte_never_becomes_hundreds_of_megabytes() -> None:
    bomb = gzip.compress(bytes(200 * 1024 * 1024))
    tracemalloc.start()
    with pytest.raises(BodyTooLongError):
        read(bomb, "gzip", 1024 * 1024, len(bomb))
    assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    tracemalloc.stop()


@pytest.mark.parametrize("data", [b"no gzip at all", gzip.compress(b"x" * 500, mtime=0)[:-20]])
def test_broken_gzip_is_an_error_of_its_own(data: bytes) -> None:
    with pytest.raises(BodyEncodingError):
        read(data, "gzip")
