# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP client is bounded, verifies, and keeps its secrets."""

from __future__ import annotations

import asyncio
import datetime
import logging
import ssl
import traceback
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from mosaic_connectors.errors import (
    ConfigError,
    ConnectorError,
    ResponseTooLargeError,
    TlsError,
    UnreachableError,
)
from mosaic_connectors.matrix.errors import (
    MatrixApiError,
    NotMatrixError,
    RateLimitedError,
    UnknownTokenError,
)
from mosaic_connectors.matrix.http import MatrixHttp
from mosaic_connectors.retries import may_pass
from mosaic_connectors.secrets import Secret

TOKEN = "syt_secret_that_stays"


def _client(answer: Any, **options: Any) -> MatrixHttp:
    return MatrixHttp(
        "https://fake.test/",
        access_token=Secret(TOKEN),
        transport=httpx.MockTransport(answer if callable(answer) else lambda _request: answer),
        **options,
    )


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (httpx.Response(401, json={"errcode": "M_UNKNOWN_TOKEN", "soft_logout": True}), UnknownTokenError),
        (httpx.Response(429, json={"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 5}), RateLimitedError),
        (httpx.Response(429, text="slow down"), RateLimitedError),
        (httpx.Response(403, json={"errcode": "M_FORBIDDEN", "error": "no"}), MatrixApiError),
        (httpx.Response(403, json={"errcode": "M_FORBIDDEN", "error": "Not allowed."}), MatrixApiError),
        (httpx.Response(502, text="<html>"), MatrixApiError),
        (httpx.Response(404, text="<html>"), NotMatrixError),
        (httpx.Response(200, text="hello"), NotMatrixError),
        (httpx.Response(200, json=["list"]), NotMatrixError),
        (httpx.Response(200, content=b"\xff\xfe"), NotMatrixError),
        (httpx.Response(307, headers={"Location": "https://evil.test/"}), NotMatrixError),
    ],
)
async def test_every_answer_has_its_error(answer: httpx.Response, expected: type[ConnectorError]) -> None:
    """Status, code and body decide which error it is; none of them shows the token, and each is a sentence."""
    async with _client(answer) as http:
        with pytest.raises(expected) as caught:
            await http.request("GET", "/_matrix/client/v3/x")
    assert caught.type is expected
    assert str(caught.value).endswith(".")
    assert ".." not in str(caught.value)
    assert TOKEN not in "".join(traceback.format_exception(caught.value))


async def test_a_redirect_is_not_followed_with_the_token() -> None:
    """The foreign server sees no request at all."""
    hosts: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        hosts.append(request.url.host)
        return httpx.Response(302, headers={"Location": "https://evil.test/"})

    async with _client(answer) as http:
        with pytest.raises(NotMatrixError, match="redirects"):
            await http.request("GET", "/x")
    assert hosts == ["fake.test"]


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError(f"with {TOKEN} in it"),
        httpx.RemoteProtocolError("Server disconnected"),
        httpx.ReadTimeout("slow"),
        httpx.PoolTimeout("busy"),
        httpx.ProxyError("no"),
    ],
)
async def test_a_broken_connection_is_unreachable_and_keeps_the_secret(
    failure: Exception, caplog: Any
) -> None:
    """Also where the failure itself would give the token away."""

    def answer(_request: httpx.Request) -> httpx.Response:
        raise failure

    with caplog.at_level(logging.DEBUG):
        async with _client(answer) as http:
            with pytest.raises(UnreachableError) as caught:
                await http.request("GET", "/x")
    assert TOKEN not in str(caught.value)
    assert TOKEN not in caplog.text


async def test_an_answer_is_read_up_to_its_bound() -> None:
    """An endless body is cut off, not swallowed."""
    sent = 0

    class Endless(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            nonlocal sent
            while True:
                sent += 1
                yield bytes(1024)

    async with _client(lambda _request: httpx.Response(200, stream=Endless())) as http:
        with pytest.raises(ResponseTooLargeError):
            await http.download("/file", limit=10_000)
    assert sent < 100


async def test_a_body_that_trickles_is_bounded_in_time() -> None:
    """A byte now and then keeps no request alive beyond its limit."""

    class Trickle(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            while True:
                yield b" "
                await asyncio.sleep(0.01)

    async with _client(lambda _request: httpx.Response(200, stream=Trickle()), timeout=0.1) as http:
        with pytest.raises(UnreachableError, match=r"within 0\.1 seconds"):
            await asyncio.wait_for(http.request("GET", "/x"), 20)


@pytest.mark.parametrize(
    "url",
    [
        "matrix.org",
        "ftp://m.org",
        "https://",
        "https://u:p@m.org",
        "https://m.org?access_token=x",
        "https://m.org#f",
        "",
    ],
)
def test_a_url_that_is_no_homeservers_is_refused(url: str) -> None:
    """The sentence says what is expected."""
    with pytest.raises(ConfigError, match="homeserver_url"):
        MatrixHttp(url)


def test_an_unreadable_authority_is_refused(tmp_path: Path) -> None:
    """A missing file and a file without certificates are named."""
    (tmp_path / "empty.pem").write_text("nothing")
    for name in ("missing.pem", "empty.pem"):
        with pytest.raises(ConfigError, match=name):
            MatrixHttp("https://fake.test", ca_path=str(tmp_path / name))


async def test_a_certificate_is_verified_unless_its_authority_is_given(tmp_path: Path) -> None:
    """A real TLS server: refused by default, accepted with its authority or without verification."""
    certificate, key = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        url = f"https://localhost:{server.sockets[0].getsockname()[1]}"
        async with MatrixHttp(url) as http:
            with pytest.raises(TlsError, match="ca_path"):
                await http.request("GET", "/x")
        for options in ({"ca_path": str(certificate)}, {"validate_certs": False}):
            async with MatrixHttp(url, **options) as http:  # type: ignore[arg-type]
                assert (await http.request("GET", "/x")).plain == {}


async def _broken_server(how: str) -> asyncio.Server:
    """Closes in the handshake, or does not speak TLS at all."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        if how == "plain":
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            await writer.drain()
        if how == "alert":
            writer.write(bytes.fromhex("15030300020250"))
            await writer.drain()
        writer.close()

    return await asyncio.start_server(serve, "127.0.0.1", 0)


@pytest.mark.parametrize(
    ("how", "says"), [("eof", "TLS connection"), ("plain", "does not speak TLS"), ("alert", "INTERNAL_ERROR")]
)
async def test_a_break_of_tls_is_no_untrusted_certificate_and_is_tried_again(how: str, says: str) -> None:
    """A balancer that restarts, a port without TLS: only a certificate is a matter of ca_path."""
    server = await _broken_server(how)
    async with server, MatrixHttp(f"https://localhost:{server.sockets[0].getsockname()[1]}") as http:
        with pytest.raises(UnreachableError, match=says) as broken:
            await http.request("GET", "/x")
    assert not isinstance(broken.value, TlsError)
    assert "ca_path" not in str(broken.value)
    assert may_pass(broken.value)


async def test_a_tls_error_after_the_handshake_is_an_outage() -> None:
    """It comes through the layers below as it is, and once ended the bridge."""

    def damaged(_request: httpx.Request) -> httpx.Response:
        raise ssl.SSLError(1, "[SSL: DECRYPTION_FAILED_OR_BAD_RECORD_MAC] decryption failed")

    async with MatrixHttp("https://fake.test", transport=httpx.MockTransport(damaged)) as http:
        with pytest.raises(UnreachableError, match="broke"):
            await http.request("GET", "/x")


def _certificate(directory: Path) -> tuple[Path, Path]:
    """A self-signed certificate for localhost."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (directory / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (directory / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return directory / "cert.pem", directory / "key.pem"
