# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`configure KEY=VALUE`: one thing is changed, and what is wrong is told in words."""

from __future__ import annotations

import argparse

import pytest
from fakes.setup_bench import ROSTER, Bench
from mosaic_connectors.cli.main import main
from mosaic_connectors.errors import ConfigError, ConnectorError, RosterError
from mosaic_connectors.settings import load_settings
from mosaic_connectors.setup.assignments import apply, parse
from mosaic_connectors.setup.places import look

MATRIX = (
    "connector:\n  kind: matrix  # for now\n  matrix:\n    homeserver_url: https://a.example\n"
    "    user_id: '@mos:a.example'\n    room_id: '!room:a.example'\n"
)


def configure(bench: Bench, *assignments: str) -> int:
    return main(
        ["configure", *assignments, "--yes", "--roster", str(bench.roster), "--env-file", str(bench.env_file)]
    )


def test_one_thing_is_changed_and_what_follows_is_said(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.roster.write_text(ROSTER + MATRIX)
    assert configure(bench, "homeserver-url=https://b.example") == 0
    said = capsys.readouterr().out
    assert "-    homeserver_url: https://a.example\n+    homeserver_url: https://b.example" in said
    assert "mosaic-connector init logs in" in said
    assert "homeserver_url: https://b.example" in bench.roster.read_text()
    before = bench.snapshot()
    assert configure(bench, "homeserver_url=https://b.example") == 0
    assert "nothing was changed" in capsys.readouterr().out
    assert bench.snapshot() == before


def test_operators_stand_in_the_settings(bench: Bench) -> None:
    assert configure(bench, "operators=@a:b.example, @c:d.example") == 0
    assert load_settings().operators == ("@a:b.example", "@c:d.example")
    assert bench.roster.read_text() == ROSTER


@pytest.mark.parametrize(
    ("assignment", "complaint"),
    [
        ("romm_id=!a:b", "Did you mean 'room_id'"),
        ("room_id", "room_id has no value"),
        ("kind=tmux", "mosaic-connector switch tmux"),
        ("access_token=hunter2", "A secret is not taken as an argument"),
        ("password=hunter2", "A secret is not taken as an argument"),
        ("room_id=syt_bW9z_AbCdEfGhIjKlMnOpQrSt_0123", "A secret is not taken as an argument"),
    ],
)
def test_a_wrong_assignment_is_wrong_usage(
    bench: Bench, capsys: pytest.CaptureFixture[str], assignment: str, complaint: str
) -> None:
    bench.roster.write_text(ROSTER + MATRIX)
    before = bench.snapshot()
    assert configure(bench, assignment) == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert "hunter2" not in said
    assert "syt_" not in said
    assert bench.snapshot() == before


def test_a_secret_as_option_is_refused_and_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["configure", "room_id=!a:b", "--access-token", "hunter2"])
    said = capsys.readouterr().err
    assert (ended.value.code, "--access-token is not taken" in said, "hunter2" in said) == (2, True, False)


@pytest.mark.parametrize(
    ("assignment", "complaint"),
    [
        ("channel_id=123456789012345678", "channel_id belongs to kind discord"),
        ("room_id=nowhere", "a room id"),
        ("operators=,", "expected to name somebody"),
    ],
)
def test_a_wrong_value_is_refused_before_anything_is_written(
    bench: Bench, assignment: str, complaint: str
) -> None:
    bench.roster.write_text(ROSTER + MATRIX)
    files = look(argparse.Namespace(roster=str(bench.roster), env_file=str(bench.env_file)))
    with pytest.raises(ConfigError, match=complaint):
        apply(files, parse([assignment]))


def test_a_roster_is_needed(bench: Bench) -> None:
    bench.roster.unlink()
    options = argparse.Namespace(roster=str(bench.roster), env_file=str(bench.env_file))
    with pytest.raises(RosterError, match="there is no such file"):
        look(options, must_exist=True)
    assert look(options).roster_text is None


def test_without_a_terminal_one_sentence_says_what_to_do(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["configure", "room_id=!a:b"]) == 2
    assert "there is no terminal to ask in. Run it in a terminal, or add --yes." in capsys.readouterr().err
    assert main(["init"]) == 2
    assert "answer by flags and variables and add --yes" in capsys.readouterr().err


def test_a_broken_roster_is_told_before_anything_is_asked(bench: Bench) -> None:
    bench.roster.write_text("a: [\n")
    with pytest.raises(RosterError, match="invalid YAML"):
        bench.set_up("tmux")


def test_a_wrong_block_is_replaced(bench: Bench) -> None:
    bench.roster.write_text(f"{ROSTER}connector: {{kind: smoke}}\n")
    bench.set_up("tmux")
    assert bench.roster.read_text() == f"{ROSTER}connector:\n  kind: tmux\n"


def test_who_may_not_write_is_told_where(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_arguments: False)
    with pytest.raises(ConnectorError, match=r"may not write in .* Run this as root"):
        bench.set_up("tmux")
