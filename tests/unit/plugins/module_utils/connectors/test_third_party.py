# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A kind that a distribution of somebody else brings: everything that knows kinds knows it, and names it nowhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fakes.distribution import installed
from fakes.setup_bench import ROSTER, Bench
from hypothesis import example, given, settings
from hypothesis import strategies as st
from mosaic_connectors import ConnectorConfig, create_connector, known_connector_kinds, resolve_connector_kind
from mosaic_connectors.cli.main import build_parser, main
from mosaic_connectors.config import connector_block, parse_connector
from mosaic_connectors.errors import ConfigError
from mosaic_connectors.mistakes import mistakes_in_roster
from mosaic_connectors.roster import load_roster
from mosaic_connectors.schema import connector_schema

KEY = "dropbox-key-0123456789"


@pytest.fixture(scope="module", autouse=True)
def _distribution() -> Iterator[None]:
    with installed():
        yield


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Files, a box with its key, and the key in a file of the operator's."""
    made = Bench(tmp_path)
    monkeypatch.setenv("MOSAIC_SETTINGS", str(made.settings))
    for folder in ("box", "other"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "key").write_text(KEY)
    (tmp_path / "key").write_text(KEY)
    (tmp_path / "key").chmod(0o600)
    return made


def command(bench: Bench, name: str, *words: str) -> int:
    """A subcommand on the bench's files."""
    return main([name, *words, "--roster", str(bench.roster), "--env-file", str(bench.env_file)])


def test_the_wizard_asks_what_the_description_says_and_tries_the_line(bench: Bench) -> None:
    """Block, secret and operators are where the bridge reads them, and a message is in the box."""
    with pytest.raises(ConfigError, match=r"directory is expected to be the path of a directory"):
        bench.set_up("dropbox", "--directory", "box", "--operator", "alice", environ={"DROPBOX_KEY": KEY})
    flags = (
        "--directory",
        str(bench.folder / "box"),
        "--operator",
        "alice",
        "--key-file",
        str(bench.folder / "key"),
    )
    said = bench.set_up("dropbox", *flags)
    assert f"{bench.folder / 'box'} is there." in said
    assert KEY not in said
    assert load_roster(bench.roster).connector is not None
    assert bench.roster.read_text() == (
        f"{ROSTER}connector:\n  kind: dropbox\n  dropbox:\n    directory: {bench.folder / 'box'}\n"
    )
    assert bench.env_file.read_text().splitlines() == [f"DROPBOX_KEY={KEY}"]
    assert "operators" in bench.settings.read_text()
    assert "is set up" in (bench.folder / "box" / "out").read_text()
    assert "nothing was changed" in bench.set_up("dropbox", only_missing=True)


def test_a_refused_key_is_told_and_nothing_is_written(bench: Bench) -> None:
    """What the connector's health says is what the wizard says."""
    (bench.folder / "box" / "key").write_text("another")
    with pytest.raises(Exception, match="DROPBOX_KEY is not the key"):
        bench.set_up(
            "dropbox",
            "--directory",
            str(bench.folder / "box"),
            "--operator",
            "alice",
            environ={"DROPBOX_KEY": KEY},
        )
    assert bench.roster.read_text() == ROSTER


def test_every_command_that_knows_kinds_knows_it(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    """configure, validate, health and switch, on what the wizard wrote."""
    bench.set_up(
        "dropbox",
        "--directory",
        str(bench.folder / "box"),
        "--operator",
        "alice",
        environ={"DROPBOX_KEY": KEY},
    )
    assert command(bench, "configure", f"directory={bench.folder / 'other'}", "sender=bob", "--yes") == 0
    assert "The bridge's user has to be able to write there." in capsys.readouterr().out
    assert command(bench, "configure", "room_id=!a:b", "--yes") == 78
    assert "room_id belongs to kind matrix" in capsys.readouterr().err
    assert command(bench, "validate") == 0
    assert "valid: kind dropbox, operators: alice" in capsys.readouterr().out
    assert command(bench, "health") == 0
    assert f"{bench.folder / 'other'} is there." in capsys.readouterr().out
    assert command(bench, "switch", "dropbox", "--yes") == 0
    assert "nothing was changed" in capsys.readouterr().out
    config = load_roster(bench.roster).connector
    assert config is not None
    assert (resolve_connector_kind(config), config.block().sender) == ("dropbox", "bob")
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == connector_schema()


def test_help_tells_its_options_and_refuses_its_secret(capsys: pytest.CaptureFixture[str]) -> None:
    """As those of the kinds that come with the library."""
    parser = build_parser(["init"])
    with pytest.raises(SystemExit):
        parser.parse_args(["init", "--help"])
    said = capsys.readouterr().out
    assert "mosaic-connector init --kind dropbox --directory /srv/dropbox" in said
    assert "--key-file" in said
    with pytest.raises(SystemExit):
        parser.parse_args(["init", "--key", KEY])
    refusal = capsys.readouterr().err
    assert "--key is not taken" in refusal
    assert KEY not in refusal


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("kind: dropbx", "found 'dropbx'. Did you mean 'dropbox'?"),
        ("kind: dropbox", "a block connector.dropbox with directory is expected"),
        ("kind: dropbox\n  dropbox: {directry: /x}", "Did you mean 'directory'?"),
        ("kind: dropbox\n  dropbox: {directory: 5}", "is expected to be a string, found int 5. Quote it."),
        (
            "kind: dropbox\n  dropbox: {directory: x}",
            "expected to be the path of a directory, such as /srv/dropbox",
        ),
        (f"kind: dropbox\n  dropbox: {{directory: /{KEY}}}", "looks like a secret"),
    ],
)
def test_a_mistake_in_its_block_is_told_in_our_words(block: str, message: str) -> None:
    """With the nearest word, and once."""
    (mistake,) = mistakes_in_roster(f"connector:\n  {block}\n", "roster.yaml")
    assert message in mistake.message


strings = st.text(max_size=8) | st.sampled_from(["/srv", "alice"])
values = st.one_of(strings, strings, st.none(), st.integers(), st.booleans(), st.lists(strings, max_size=1))
blocks = st.fixed_dictionaries(
    {"kind": st.sampled_from(["dropbox", "tmux", "box"]) | values},
    optional={
        "dropbox": values
        | st.dictionaries(st.sampled_from(["directory", "sender", "x"]), values, max_size=3)
        | st.fixed_dictionaries({"directory": strings}, optional={"sender": strings}),
        "tmux": st.just({}),
    },
)


@given(blocks)
@settings(deadline=None)
@example({"kind": "dropbox", "dropbox": {"directory": "/srv"}})
@example({"kind": "dropbox", "dropbox": {"sender": "alice"}})
@example({"kind": "tmux", "dropbox": {"directory": "", "sender": None}})
def test_its_schema_and_its_description_agree(block: dict[str, Any]) -> None:
    """They accept and refuse the same documents, what is optional included."""
    accepted = jsonschema.Draft202012Validator(connector_schema()).is_valid(block)
    try:
        config = parse_connector(block)
    except ConfigError:
        assert not accepted
    else:
        assert accepted
        assert connector_block(config) == block


def test_a_connector_without_its_block_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes one asks the description, too."""
    monkeypatch.setenv("DROPBOX_KEY", KEY)
    with pytest.raises(ConfigError, match=r"a block connector\.dropbox with directory is expected"):
        create_connector(ConnectorConfig("dropbox"))
    config = parse_connector({"kind": "dropbox", "dropbox": {"directory": "/nowhere"}})
    assert asyncio.run(create_connector(config).health()).detail == "/nowhere is gone."


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("mosaic_nowhere:KIND", "cannot be loaded: ModuleNotFoundError: No module named 'mosaic_nowhere'"),
        ("mosaic_dropbox.kind:KIND", "whose description calls it 'dropbox'"),
        ("mosaic_dropbox.kind:__name__", "must be a Kind or a factory, but is a str"),
    ],
)
def test_a_distribution_that_is_broken_costs_its_own_kind_alone(
    value: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who names it is told why and by whom; the others are as they were."""
    with installed("broken-pigeon", pigeon=value):
        assert "pigeon" in known_connector_kinds()
        (mistake,) = mistakes_in_roster("connector:\n  kind: pigeon\n", "roster.yaml")
        assert "The kind pigeon comes from the distribution broken-pigeon" in mistake.message
        assert why in mistake.message
        assert mistakes_in_roster("connector:\n  kind: tmux\n", "roster.yaml") == []
        assert main(["schema"]) == 0
    assert "pigeon" not in json.loads(capsys.readouterr().out)["properties"]["kind"]["enum"]
