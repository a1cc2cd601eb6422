# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module connector_health: any kind that is registered, asked within bounds."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from typing import ClassVar

import pytest
from ansible_collections.mosaic.fleet.plugins.module_utils import _library
from ansible_collections.mosaic.fleet.plugins.modules import connector_health
from fakes.distribution import installed
from mosaic_connectors import (
    ConnectorHealth,
    OrchestratorConnector,
    SendResult,
    register_connector,
    registry,
)
from mosaic_connectors.types import ObstructedHealth


class Scripted(OrchestratorConnector):
    """A third party's connector that answers as told."""

    kind = "discord"
    answers: ClassVar[list] = []
    seen: ClassVar[list] = []
    closed = 0

    async def send(self, message):
        del message
        return SendResult(delivered=False)

    def subscribe(self, handler):
        raise NotImplementedError

    async def health(self):
        Scripted.seen.append(
            {name: os.environ.get(name) for name in ("DISCORD_BOT_TOKEN", "STATE_DIRECTORY")}
        )
        answer = self.answers.pop(0)
        if answer is None:
            await asyncio.Event().wait()
        return answer

    async def aclose(self):
        Scripted.closed += 1


DOWN = ConnectorHealth(reachable=False, authenticated=False, detail="The line is dead. Look at the cable.")
OBSTRUCTED = ObstructedHealth(reachable=True, authenticated=True, detail="Nobody invited it. Invite it.")
UP = ConnectorHealth(reachable=True, authenticated=True, last_seen="2026-11-22T18:00:00Z", detail="Fine.")
DISCORD = {"kind": "discord", "discord": {"channel_id": "1234567890123456789"}}


@pytest.fixture
def scripted() -> Iterator[type[Scripted]]:
    """The scripted connector in the place of a kind that a roster may name."""
    before = dict(registry._factories)
    register_connector("discord", lambda config: Scripted())
    Scripted.answers, Scripted.seen, Scripted.closed = [], [], 0
    yield Scripted
    registry._factories.clear()
    registry._factories.update(before)


@pytest.fixture
def run(run_main):
    def run_once(**arguments):
        return run_main(connector_health, **{"delay": 0.01, "retries": 2, **arguments})

    return run_once


def test_a_matrix_connector_that_is_up(run, env, matrix, synapse):
    """The token reaches it from the file, nothing is written, check mode makes no difference."""
    block, token = matrix
    path = env(f"MATRIX_ACCESS_TOKEN={token}\n")
    for check in (False, True):
        result = run(connector=block, credentials_path=path, check=check)
        assert (result["kind"], result["changed"]) == ("matrix", False)
        assert result["reachable"] is result["authenticated"] is True
        assert result["last_seen"].endswith("Z")
        assert token not in json.dumps(result)
    assert synapse.writes == []
    assert "MATRIX_ACCESS_TOKEN" not in os.environ


def test_a_token_that_died_is_said_after_one_question(run, env, matrix, synapse):
    """Asking again would only count against us."""
    block, token = matrix
    synapse.expire_tokens("mos")
    result = run(connector=block, credentials_path=env(f"MATRIX_ACCESS_TOKEN={token}\n"))
    assert "does not accept its credentials (asked once)" in result["msg"]
    assert len(synapse.asked("GET", "/whoami")) == 1


def test_a_missing_token_is_said(run, env, matrix, monkeypatch):
    monkeypatch.delenv("MATRIX_ACCESS_TOKEN", raising=False)
    assert "MATRIX_ACCESS_TOKEN" in run(connector=matrix[0], credentials_path=env(""))["msg"]


def test_a_roster_is_read(run, env, matrix, tmp_path):
    block, token = matrix
    roster = tmp_path / "roster.yaml"
    roster.write_text(json.dumps({"connector": block}))
    result = run(roster_path=str(roster), credentials_path=env(f"MATRIX_ACCESS_TOKEN={token}\n"))
    assert result["kind"] == "matrix"


def test_a_roster_without_a_block_means_tmux(run, tmp_path):
    """The socket comes from the settings file; a tmux that is not there is said."""
    roster, settings = tmp_path / "roster.yaml", tmp_path / "settings.yaml"
    roster.write_text("agents: []\n")
    settings.write_text(f"tmux_socket: {tmp_path}/tmux.sock\n")
    result = run(roster_path=str(roster), settings_path=str(settings), retries=0)
    assert "The tmux connector is not reachable (asked once)" in result["msg"]
    assert f"{tmp_path}/tmux.sock" in result["msg"]


def test_it_asks_until_the_line_is_up(run, scripted):
    scripted.answers = [DOWN, DOWN, UP]
    result = run(connector=DISCORD)
    assert (result["attempts"], result["reachable"], result["detail"]) == (3, True, "Fine.")
    assert scripted.closed == 1


def test_it_stops_asking(run, scripted):
    scripted.answers = [DOWN] * 5
    result = run(connector=DISCORD)
    assert result["msg"] == (
        "The discord connector is not reachable (asked 3 times): The line is dead. Look at the cable."
    )
    assert len(scripted.answers) == 2


def test_a_line_that_cannot_be_talked_over_is_not_healthy(run, scripted):
    """It is up and its credentials are good; a human has to change something all the same."""
    scripted.answers = [OBSTRUCTED]
    result = run(connector=DISCORD)
    assert result["msg"] == (
        "The discord connector is up, and cannot be talked over: Nobody invited it. Invite it."
    )


def test_a_secret_is_tried_before_it_is_written_down(run, scripted, env):
    """It wins over the file's, an empty one does not, and none is returned."""
    for tried, seen in (("new token", "new token"), ("", "old token")):
        scripted.answers, scripted.seen[:] = [UP], []
        result = run(
            connector=DISCORD,
            credentials_path=env("DISCORD_BOT_TOKEN='old token'\n"),
            credentials={"DISCORD_BOT_TOKEN": tried},
        )
        assert scripted.seen[0]["DISCORD_BOT_TOKEN"] == seen
        assert "token" not in json.dumps(result)


def test_a_connector_that_hangs_is_given_up(run, scripted):
    scripted.answers = [None]
    result = run(connector=DISCORD, retries=0, timeout=0.05)
    assert "not reachable (asked once): It did not answer within 0.05 seconds." in result["msg"]


def test_the_connector_sees_its_secrets_and_no_state_of_the_service(run, scripted, env, monkeypatch):
    """A question must not disturb what the running bridge remembers."""
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/mosaic-connector")
    scripted.answers = [UP]
    run(connector=DISCORD, credentials_path=env("DISCORD_BOT_TOKEN='bot token'\n"))
    assert scripted.seen == [{"DISCORD_BOT_TOKEN": "bot token", "STATE_DIRECTORY": None}]
    assert os.environ["STATE_DIRECTORY"] == "/var/lib/mosaic-connector"
    assert "DISCORD_BOT_TOKEN" not in os.environ


def test_a_kind_nobody_registered_is_said(run, monkeypatch):
    monkeypatch.setattr(registry, "_factories", {})
    assert "is not implemented yet" in run(connector=DISCORD)["msg"]


def test_a_kind_that_a_distribution_brings_is_asked_like_any_other(run, env, tmp_path):
    """Its secret comes from the file, is masked because its description says that it is one, and is never returned."""
    (tmp_path / "key").write_text("box-0123456789")
    block = {"kind": "dropbox", "dropbox": {"directory": str(tmp_path)}}
    with installed():
        result = run(connector=block, credentials_path=env("DROPBOX_KEY=box-0123456789\n"))
        assert (result["kind"], result["authenticated"]) == ("dropbox", True)
        result = run(connector=block, credentials={"DROPBOX_KEY": "wrong"})
        assert "does not accept its credentials (asked once): DROPBOX_KEY is not the key of" in result["msg"]
        result = run(connector={"kind": "dropbox", "dropbox": {"directry": "/x"}})
        assert "Did you mean 'directory'?" in result["msg"]


@pytest.mark.parametrize("name", ["mosaic_nowhere", "json"])
def test_an_interpreter_without_the_library_or_with_an_old_one_is_told_so(run, monkeypatch, name):
    """It would be the host's own Python, where nobody installed it."""
    monkeypatch.setattr(_library, "NAME", name)
    result = run(connector=DISCORD)
    assert "Run the role mosaic.fleet.runtime" in result["msg"]


def test_a_token_in_the_connector_is_refused_and_masked(run):
    leaked = "syt_bW9z_abcdefghijklmnop_1a2b3c"
    result = run(connector={"kind": "matrix", "matrix": {"homeserver_url": leaked}})
    assert "looks like a secret at matrix.homeserver_url" in result["msg"]
    assert leaked not in json.dumps(result)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"retries": -1}, "retries is expected"),
        ({"delay": -1.0}, "delay is expected"),
        ({"timeout": 0.0}, "timeout is expected"),
        ({"connector": {"kind": "irc"}}, "connector.kind is expected to be one of"),
        ({"connector": {"kind": "matrix"}}, "a block connector.matrix"),
        ({"roster_path": "/nonexistent/roster.yaml"}, "roster"),
        ({"connector": DISCORD, "settings_path": "/nonexistent/settings.yaml"}, "settings file"),
        ({"connector": DISCORD, "roster_path": "/etc/mosaic/roster.yaml"}, "mutually exclusive"),
    ],
)
def test_bad_input_is_said(run, arguments, sentence):
    result = run(**arguments)
    assert result["failed"] is True
    assert sentence in result["msg"]
