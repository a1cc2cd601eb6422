# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on their way out: what is named is read within its bound, and what cannot be read is a sentence."""

from __future__ import annotations

import time
from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from fakes.http_server import FakeServer, Reply, served
from mosaic_connectors.attachments import Attachment, AttachmentError, load_attachment
from mosaic_connectors.errors import ConfigError, UnreachableError
from mosaic_connectors.public_hosts import NETWORKS_VARIABLE, is_public

MIB = 1024 * 1024


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with served(FakeServer()) as running:
        yield running


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server of these tests is on this host, where no URL leads to otherwise."""
    monkeypatch.setenv(NETWORKS_VARIABLE, "127.0.0.1/32")


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


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.2/x",
        "http://localhost.:1/x",
        "http://[::1]/x",
        "http://169.254.169.254/latest",
        "https://10.0.0.1/",
        "http://[::ffff:10.0.0.1]/",
        "http://0.0.0.0/",
        "http://[fe80::1]/",
        "http://[2002:0a00:0001::]/",
    ],
)
@pytest.mark.fault("the address of an attachment leads to this host or its network", "refused")
async def test_a_url_leads_to_no_service_of_this_host_or_its_network(url: str) -> None:
    """Whoever may send a message could read what only this host reaches, and have it posted into the room."""
    with pytest.raises(
        (AttachmentError, UnreachableError), match=r"no public address|not found|cannot be loaded"
    ):
        await load(url)


async def test_a_name_is_looked_up_before_anything_is_asked(
    server: FakeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """localhost resolves to loopback, which is refused unless its network is named."""
    server.route("GET", "/x", lambda _request: Reply(200, b"x"))
    url = server.url.replace("127.0.0.1", "localhost")
    monkeypatch.setenv(NETWORKS_VARIABLE, "127.0.0.0/8, ::1/128")
    assert (await load(f"{url}/x")).data == b"x"
    monkeypatch.delenv(NETWORKS_VARIABLE)
    with pytest.raises(AttachmentError, match="no public address"):
        await load(f"{url}/x")
    assert len(server.requests) == 1


async def test_a_redirect_is_followed_by_the_same_rule_and_not_for_ever(server: FakeServer) -> None:
    """It may lead elsewhere on the public internet, and to nothing that is not."""
    server.route("GET", "/inside", lambda _request: Reply(302, b"", {"Location": "http://127.0.0.2/secret"}))
    server.route("GET", "/moved", lambda _request: Reply(302, b"", {"Location": "/here.txt"}))
    server.route("GET", "/here.txt", lambda _request: Reply(200, b"x"))
    server.route("GET", "/round", lambda _request: Reply(302, b"", {"Location": "/round"}))
    assert (await load(f"{server.url}/moved")).name == "here.txt"
    with pytest.raises(AttachmentError, match="no public address"):
        await load(f"{server.url}/inside")
    with pytest.raises(AttachmentError, match="redirected more than"):
        await load(f"{server.url}/round")


async def test_what_comes_compressed_unasked_is_refused(server: FakeServer) -> None:
    """A kilobyte of it may be any amount of memory."""
    server.route("GET", "/bomb", lambda _request: Reply(200, b"x", {"Content-Encoding": "gzip, gzip"}))
    with pytest.raises(AttachmentError, match="compressed"):
        await load(f"{server.url}/bomb")


async def test_networks_that_are_none_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing error must not open or close anything silently."""
    monkeypatch.setenv(NETWORKS_VARIABLE, "10.0.0.0/99")
    with pytest.raises(ConfigError, match="expected to name networks"):
        await load("http://127.0.0.1/x")


def test_public_is_what_the_internet_routes() -> None:
    """Addresses that carry another one are judged by that."""
    assert is_public(ip_address("1.1.1.1"), [])
    assert is_public(ip_address("2606:4700:4700::1111"), [])
    for inner in ("224.0.0.1", "100.64.0.1", "::ffff:127.0.0.1", "fc00::1"):
        assert not is_public(ip_address(inner), [])
