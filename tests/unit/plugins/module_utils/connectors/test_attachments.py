# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on their way out: what is named is read within its bound, and what cannot be read is a sentence."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.http_server import FakeServer, Reply, served
from mosaic_connectors.attachments import Attachment, AttachmentError, load_attachment
from mosaic_connectors.errors import UnreachableError

MIB = 1024 * 1024


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with served(FakeServer()) as running:
        yield running


async def load(source: str, limit: int = MIB) -> Attachment:
    return await load_attachment(source, limit=limit, timeout=10.0)


@pytest.mark.parametrize("form", ["{path}", "file://{path}"])
async def test_a_path_is_read(tmp_path: Path, form: str) -> None:
    file = tmp_path / "plan.png"
    file.write_bytes(b"picture")
    assert await load(form.format(path=file)) == Attachment("plan.png", "image/png", b"picture")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("/nowhere/x", "does not exist"),
        ("~nobody-of-this-name/x", "no usable path"),
        ("/tmp/a\0b", "no usable path"),
        ("/" + "x" * 300, "cannot be read"),
        ("/etc/passwd/x", "cannot be read"),
        ("/dev/zero", "no regular file"),
        ("http://[half/x", "no usable URL"),
    ],
)
async def test_what_is_no_file_is_a_sentence(source: str, says: str) -> None:
    with pytest.raises(AttachmentError, match=says):
        await load(source)


async def test_a_url_is_loaded_with_its_name_and_type(server: FakeServer) -> None:
    server.route("GET", "/a%20b.csv", lambda _request: Reply(200, b"1,2", {"Content-Type": "text/csv; x=y"}))
    assert await load(f"{server.url}/a%20b.csv?sig=1") == Attachment("a b.csv", "text/csv", b"1,2")


async def test_a_large_file_takes_no_time_of_its_own(server: FakeServer) -> None:
    """Every chunk is taken once: copied together at each, a hundred MiB took half a minute."""
    server.route("GET", "/big", lambda _request: Reply(200, bytes(64 * MIB)))
    began = time.process_time()
    assert len((await load(f"{server.url}/big", 100 * MIB)).data) == 64 * MIB
    assert time.process_time() - began < 4.0


async def test_more_than_the_bound_is_refused_while_it_comes(server: FakeServer) -> None:
    server.route("GET", "/big", lambda _request: Reply(200, bytes(11)))
    with pytest.raises(AttachmentError, match="larger than 10 bytes"):
        await load(f"{server.url}/big", 10)


@pytest.mark.parametrize(
    ("status", "error"), [(404, AttachmentError), (503, UnreachableError), (429, UnreachableError)]
)
async def test_an_outage_of_its_server_may_pass_and_a_refusal_not(
    server: FakeServer, status: int, error: type[Exception]
) -> None:
    server.route("GET", "/x", lambda _request: Reply(status, b""))
    with pytest.raises(error):
        await load(f"{server.url}/x")
