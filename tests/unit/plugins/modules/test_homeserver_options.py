# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""homeserver_url, timeout, validate_certs and ca_path: the same in every module that has them."""

from __future__ import annotations

import json
import socket

import pytest
from ansible_collections.mosaic.fleet.plugins.modules import (
    matrix_registration_token,
    matrix_room,
    matrix_room_info,
    matrix_user,
    matrix_user_info,
)
from fakes.certificate import self_signed
from fakes.http_server import Reply, served
from fakes.rooms_server import RoomsServer

TOKEN = "fake-access-of-everybody"
MODULES = {
    matrix_user: {"user_id": "@mos:hs.test"},
    matrix_user_info: {"user_id": "@mos:hs.test"},
    matrix_room: {"alias": "#fleet:hs.test"},
    matrix_room_info: {"alias": "#fleet:hs.test"},
    matrix_registration_token: {},
}


@pytest.fixture
def env(tmp_path):
    path = tmp_path / "connector.env"
    path.write_text(f"MATRIX_ACCESS_TOKEN={TOKEN}\n")
    path.chmod(0o600)
    return path


@pytest.fixture(params=MODULES, ids=lambda module: module.__name__.rsplit(".", 1)[-1])
def run(request, run_main, env):
    """Run one of the modules against a homeserver; the token never comes out."""

    def run_once(url, **arguments):
        given = {"homeserver_url": url, "credentials_path": str(env), **MODULES[request.param]}
        before = env.read_bytes()
        result = run_main(request.param, no_log=True, **{**given, **arguments})
        assert TOKEN not in json.dumps(result)
        if "failed" in result:
            assert env.read_bytes() == before
        return result

    return run_once


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    return self_signed(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def server():
    return provided(RoomsServer())


def provided(server):
    """An account, which is an admin, with the token of the credentials file."""
    server.add_user("mos", "password-of-mos", admin=True)
    server.users["mos"].devices["OTHER"] = [TOKEN]
    return server


def test_a_certificate_nobody_trusts_is_said(run, server, pem):
    """The token is not sent."""
    with served(server, pem):
        result = run(server.url)
        assert "TLS certificate" in result["msg"]
        assert "ca_path" in result["msg"]
        assert server.requests == []


def test_a_certificate_is_trusted_by_ca_path(run, server, pem):
    with served(server, pem):
        assert "failed" not in run(server.url, ca_path=str(pem))
        assert server.requests


def test_a_test_host_may_go_unverified(run, server, pem):
    with served(server, pem):
        assert "failed" not in run(server.url, validate_certs=False)


@pytest.mark.parametrize("path", ["/nonexistent.pem", "/dev/null"])
def test_a_ca_path_without_certificates_is_said(run, path):
    assert "ca_path is expected to be a readable file" in run("https://127.0.0.1:9", ca_path=path)["msg"]


@pytest.mark.parametrize(
    "url", ["hs.test", "ftp://hs.test", "http://", "http://[::1", "http://hs.test:port", "http://a\tb", ""]
)
def test_a_url_that_is_none_is_said(run, url):
    assert "homeserver_url is expected to look like" in run(url)["msg"]


def test_a_url_with_a_password_is_refused_and_not_repeated(run):
    assert "must not carry a user" in run("https://mos:hunter2@hs.test")["msg"]


def test_a_server_that_is_down_is_said(run):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert "cannot be reached" in run(f"http://127.0.0.1:{free.getsockname()[1]}")["msg"]


def test_a_server_that_hangs_is_given_up(run):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        result = run(f"http://127.0.0.1:{silent.getsockname()[1]}", timeout=0.2)
        assert "within 0.2 seconds" in result["msg"]


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (Reply(200, b"<html>hello</html>"), "Expected a Matrix homeserver"),
        (Reply(404, b"nothing here"), "Expected a Matrix homeserver"),
        (Reply(302, b"", {"Location": "https://elsewhere.test/"}), "redirects"),
        (Reply(200, b"[]"), "Expected a Matrix homeserver"),
        (Reply(502, b"bad gateway"), "HTTP 502"),
        (Reply(401, {"errcode": "M_MISSING_TOKEN", "error": "no"}), "M_MISSING_TOKEN"),
    ],
    ids=[
        "a web page",
        "a 404 of a proxy",
        "a redirect",
        "a list",
        "a proxy without a server",
        "a lost header",
    ],
)
def test_something_that_is_no_homeserver_is_said(run, server, reply, sentence):
    with served(server):
        for method in ("GET", "POST"):
            server.fail_next(method, "/", reply)
        result = run(server.url)
        assert sentence in result["msg"]
        assert len(server.requests) == 1


def test_a_token_that_no_header_can_carry_is_said(run, server, env):
    """The layers below would quote it in a traceback."""
    env.write_text(f'MATRIX_ACCESS_TOKEN="{TOKEN} and more"\n')
    with served(server):
        assert "holds white space" in run(server.url)["msg"]


def test_a_long_rate_limit_is_not_waited_for(run, server):
    limit = {"errcode": "M_LIMIT_EXCEEDED", "error": "Too Many Requests", "retry_after_ms": 600_000}
    with served(server):
        server.fail_next("GET", "/", Reply(429, limit))
        assert "wants 10 minutes of quiet" in run(server.url)["msg"]
