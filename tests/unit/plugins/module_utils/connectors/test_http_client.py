# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No variable of the environment keeps a client from being made; one that is unusable is named."""

from __future__ import annotations

import pytest
from mosaic_connectors.errors import ConfigError, MissingLibraryError
from mosaic_connectors.http_client import make_client, tls_context
from mosaic_connectors.proxies import proxy_for

URL = "https://matrix.example.org"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NO_PROXY", "localhost,fd00::/8"),
        ("NO_PROXY", "localhost,[::1]"),
        ("NO_PROXY", ",,*.,:,[::1"),
        ("SSL_CERT_FILE", "/nonexistent/ca.pem"),
        ("SSL_CERT_DIR", "/nonexistent"),
        ("SSLKEYLOGFILE", "/nonexistent/keys"),
    ],
)
@pytest.mark.parametrize("url", [URL, "http://192.0.2.1:9"])
@pytest.mark.fault(
    "proxy variables and certificates that no client can read", "a client all the same, or one sentence"
)
async def test_the_environment_breaks_no_client(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, url: str
) -> None:
    """As desktops, containers and companies set it."""
    from mosaic_connectors import http_client

    http_client._context.cache_clear()  # as in a process that was just started
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.org:3128")
    monkeypatch.setenv(name, value)
    await make_client(url).aclose()
    http_client._context.cache_clear()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("http://proxy:3128", "http://proxy:3128"),
        ("proxy:3128", "http://proxy:3128"),
        ("socks://127.0.0.1:1080/", "socks5://127.0.0.1:1080/"),
        ("socks5h://proxy:1080", "socks5://proxy:1080"),
    ],
)
def test_a_proxy_is_read_as_it_is_meant(value: str, expected: str) -> None:
    found = proxy_for(URL, {"ALL_PROXY": value})
    assert found is not None
    assert found.url == expected


@pytest.mark.parametrize("value", ["ftp://user:hunter2@proxy", "http://", "http://user:hunter2@proxy:99999"])
def test_an_unusable_proxy_is_told_by_its_variable_and_not_by_its_value(value: str) -> None:
    with pytest.raises(ConfigError, match="https_proxy") as refused:
        proxy_for(URL, {"https_proxy": value})
    assert "hunter2" not in str(refused.value)


async def test_a_socks_proxy_without_its_library_names_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://proxy.example.org:1080")
    with pytest.raises(MissingLibraryError, match="socksio"):
        make_client(URL)


@pytest.mark.parametrize(
    ("exceptions", "url", "directly"),
    [
        ("*", URL, True),
        ("example.org", URL, True),
        (".example.org", URL, True),
        ("*.example.org", URL, True),
        ("ample.org", URL, False),
        ("matrix.example.org:443", URL, False),
        ("matrix.example.org:8448", f"{URL}:8448", True),
        ("10.0.0.0/8", "http://10.1.2.3:8008", True),
        ("10.0.0.0/8", "http://11.1.2.3:8008", False),
        ("fd00::/8", "http://[fd00::1]:8008", True),
        ("[2001:db8::1]", "http://[2001:db8::1]:8008", True),
        ("", "http://127.0.0.1:8008", True),
        ("", "http://localhost:8008", True),
        ("", "http://[::1]:8008", True),
    ],
)
def test_exceptions_are_names_addresses_and_ranges(exceptions: str, url: str, directly: bool) -> None:
    environ = {"ALL_PROXY": "http://proxy:3128", "NO_PROXY": exceptions}
    assert (proxy_for(url, environ) is None) is directly


@pytest.mark.parametrize("url", ["http://xn--zzzzzzz-.invalid", "http://a:x", "http://[::1"])
def test_a_url_that_no_client_can_ask_for_is_refused_by_a_sentence(url: str) -> None:
    with pytest.raises(ConfigError, match="A URL is expected"):
        make_client(url)


def test_authorities_are_read_once_per_process() -> None:
    assert tls_context() is tls_context()
    assert tls_context(validate_certs=False) is not tls_context()
