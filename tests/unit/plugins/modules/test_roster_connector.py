# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module roster_connector, run as Ansible runs it, on real files."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pytest
from ansible_collections.mosaic.fleet.plugins.modules import roster_connector
from fakes.distribution import installed
from fakes.module_arguments import patch_module_args
from mosaic_connectors.errors import RosterError

MATRIX = {"homeserver_url": "https://hs.example", "user_id": "@mos:hs.example", "room_id": "!room"}
ROSTER = "# the fleet\nagents: []\n"


@pytest.fixture
def run(capsys):
    """Run the module with arguments and return what it printed, as Ansible would read it."""

    def run_once(check=False, diff=True, **arguments):
        special = {"_ansible_check_mode": check, "_ansible_diff": diff, "_ansible_remote_tmp": "/tmp"}
        with patch_module_args({**arguments, **special}), pytest.raises(SystemExit) as ended:
            roster_connector.main()
        result = json.loads(capsys.readouterr().out)
        assert bool(ended.value.code) == bool(result.get("failed"))
        return result

    return run_once


@pytest.fixture
def roster(tmp_path):
    """A roster without a connector block."""
    path = tmp_path / "roster.yaml"
    path.write_text(ROSTER)
    return path


def test_the_block_is_set_once(run, roster):
    """The first run writes, the second leaves the file untouched to the nanosecond."""
    first = run(path=str(roster), kind="matrix", matrix=MATRIX)
    assert first["changed"] is True
    assert first["kind"] == "matrix"
    assert first["connector"] == {"kind": "matrix", "matrix": MATRIX}
    written = roster.stat().st_mtime_ns
    assert roster.read_text().startswith(ROSTER)
    assert run(path=str(roster), kind="matrix", matrix=MATRIX)["changed"] is False
    assert roster.stat().st_mtime_ns == written


@pytest.mark.parametrize("diff", [True, False])
def test_the_roster_is_in_the_answer_when_a_diff_is_asked_for_alone(run, roster, diff):
    """Ansible prints the answer at -v, and a registered one stays with the host's variables."""
    assert ("diff" in run(path=str(roster), kind="tmux", diff=diff)) == diff


def test_check_mode_predicts_and_writes_nothing(run, roster):
    """The diff of a check is the diff of the run."""
    predicted = run(path=str(roster), kind="tmux", check=True)
    assert roster.read_text() == ROSTER
    done = run(path=str(roster), kind="tmux")
    assert predicted["changed"] is done["changed"] is True
    assert predicted["diff"] == done["diff"]
    assert done["diff"]["after"] == roster.read_text()


def test_absent_restores_the_file(run, roster):
    """Removing the block leaves what was there before it came; the kind is then tmux."""
    run(path=str(roster), kind="matrix", matrix=MATRIX)
    result = run(path=str(roster), state="absent")
    assert (result["changed"], result["kind"], result["connector"]) == (True, "tmux", None)
    assert roster.read_text() == ROSTER
    assert run(path=str(roster), state="absent")["changed"] is False


def test_absent_without_a_roster_is_no_change(run, tmp_path):
    """There is no block in a file that does not exist."""
    result = run(path=str(tmp_path / "none.yaml"), state="absent")
    assert result["changed"] is False
    assert not (tmp_path / "none.yaml").exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [("r.yaml", "---\nconnector:\n  kind: tmux\n"), ("r.json", '{"connector": {"kind": "tmux"}}\n')],
)
def test_create_makes_a_roster_of_one_block(run, tmp_path, name, text):
    """With `create`, a missing roster comes into being; mode is honoured."""
    path = tmp_path / name
    assert run(path=str(path), kind="tmux", create=True, mode="0640", check=True)["changed"] is True
    assert not path.exists()
    assert run(path=str(path), kind="tmux", create=True, mode="0640")["changed"] is True
    assert path.read_text() == text
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert run(path=str(path), kind="tmux", create=True, mode="0640")["changed"] is False


@pytest.mark.parametrize(("mode", "made"), [(None, 0o644), ("0600", 0o600)])
def test_the_bridge_may_read_a_new_roster_whatever_the_umask(run, tmp_path, mode, made):
    """A hardened host has root make files that nobody else can read; the bridge runs as somebody else."""
    path = tmp_path / "roster.yaml"
    given = {"mode": mode} if mode else {}
    before = os.umask(0o077)
    try:
        assert run(path=str(path), kind="tmux", create=True, **given)["changed"] is True
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == made
    path.chmod(0o640)
    assert run(path=str(path), kind="tmux", create=True)["changed"] is False
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_mode_and_links_stay(run, roster, tmp_path):
    """A roster behind a symbolic link is edited where it is, with the mode it has."""
    roster.chmod(0o600)
    link = tmp_path / "link.yaml"
    link.symlink_to(roster)
    assert run(path=str(link), kind="tmux")["changed"] is True
    assert link.is_symlink()
    assert stat.S_IMODE(roster.stat().st_mode) == 0o600
    assert "kind: tmux" in roster.read_text()


def test_backup_keeps_the_old_text(run, roster):
    """The copy is named in the result, and only made when something changes."""
    result = run(path=str(roster), kind="tmux", backup=True)
    assert Path(result["backup_file"]).read_text("utf-8") == ROSTER
    assert "backup_file" not in run(path=str(roster), kind="tmux", backup=True)


def test_a_wrong_block_is_healed(run, roster):
    """What stands there may be wrong, since it is about to be replaced."""
    roster.write_text(ROSTER + "connector: nonsense\n")
    assert run(path=str(roster), kind="tmux")["changed"] is True
    assert roster.read_text() == ROSTER + "connector:\n  kind: tmux\n"


@pytest.mark.parametrize(
    ("text", "arguments", "message"),
    [
        (None, {"kind": "tmux"}, "the roster is expected here and there is no such file"),
        ("- a\n", {"kind": "tmux"}, "expected to be a mapping"),
        ("a: [\n", {"kind": "tmux"}, "invalid YAML"),
        ("connector: {}\nconnector: {}\n", {"kind": "tmux"}, "expected once, found on lines 1 and 2"),
        (ROSTER, {"kind": "irc"}, "connector.kind is expected to be one of tmux, discord, matrix"),
        (
            ROSTER,
            {"kind": "matrix"},
            "a block connector.matrix with homeserver_url, user_id, room_id is expected",
        ),
        (ROSTER, {"kind": "matrix", "matrix": {"homeserver_url": "https://h"}}, "missing required arguments"),
        (
            ROSTER,
            {"kind": "matrix", "matrix": {**MATRIX, "user_id": "mos"}},
            "expected to be a full Matrix user id",
        ),
        (ROSTER, {"kind": "matrix", "matrix": {**MATRIX, "token": "x"}}, "Unsupported parameters"),
        (ROSTER, {"kind": "matrix", "matrix": MATRIX, "settings": MATRIX}, "is given twice"),
        (ROSTER, {"kind": "tmux", "settings": {"a": "b"}}, "connector.tmux is not a known key"),
        (ROSTER, {"kind": "dropbox"}, "connector.kind is expected to be one of"),
        (ROSTER, {}, "state is present but all of the following are missing: kind"),
        ("t: syt_bW9z_AbCdEfGhIjKl_0a1b2c\n", {"kind": "tmux"}, "looks like a secret"),
    ],
)
def test_bad_input_is_one_sentence_and_changes_nothing(run, tmp_path, text, arguments, message):
    """Every mistake fails with its reason, and the roster stays as it was."""
    path = tmp_path / "roster.yaml"
    if text is not None:
        path.write_text(text)
    result = run(path=str(path), **arguments)
    assert result["failed"] is True
    assert message in result["msg"]
    assert "Traceback" not in json.dumps(result)
    assert (path.read_text() if path.exists() else None) == text


def test_a_kind_that_a_distribution_brings_has_its_block_in_settings(run, roster):
    """Checked by its description, where it is installed; written and left as the others are."""
    arguments = {"path": str(roster), "kind": "dropbox", "settings": {"directory": "/srv/box"}}
    with installed():
        assert (
            "Did you mean 'directory'?" in run(**{**arguments, "settings": {"directry": "/srv/box"}})["msg"]
        )
        result = run(**arguments)
        assert result["connector"] == {"kind": "dropbox", "dropbox": {"directory": "/srv/box"}}
        assert run(**arguments)["changed"] is False
        leaked = run(**{**arguments, "settings": {"directory": "dropbox-key-0123456789"}})
        assert "looks like a secret at dropbox.directory" in leaked["msg"]
        assert "dropbox-key-0123456789" not in json.dumps(leaked)
    assert roster.read_text() == f"{ROSTER}connector:\n  kind: dropbox\n  dropbox:\n    directory: /srv/box\n"


def test_a_token_given_by_mistake_is_masked_everywhere(run, roster):
    """Ansible prints a task's arguments at -vvv: the token is masked there as well."""
    token = "syt_bW9z_AbCdEfGhIjKl_0a1b2c"
    result = run(path=str(roster), kind="matrix", matrix={**MATRIX, "room_id": token})
    assert result["failed"] is True
    assert "looks like a secret at matrix.room_id" in result["msg"]
    assert token not in json.dumps(result)


def test_a_missing_folder_is_named(run, tmp_path):
    """`create` makes a file, not the folders above it; a check says so as well."""
    for check in (True, False):
        result = run(path=str(tmp_path / "none" / "r.yaml"), kind="tmux", create=True, check=check)
        assert "the folder" in result["msg"]
        assert "is expected and missing" in result["msg"]


@pytest.fixture
def unreadable(roster):
    """A roster that may not be read; root reads everything, so a test as root steps down for a moment."""
    roster.chmod(0)
    privileged = os.geteuid() == 0
    if privileged:
        os.seteuid(65534)
    yield roster
    if privileged:
        os.seteuid(0)


def test_an_unreadable_roster_is_said(unreadable):
    """The operating system's own word for it."""
    with pytest.raises(RosterError, match="cannot be read: Permission denied"):
        roster_connector.look({"path": str(unreadable), "create": False, "state": "present"})


def test_a_pipe_is_no_roster(run, tmp_path):
    """Reading a pipe would wait for ever."""
    os.mkfifo(tmp_path / "r.yaml")
    assert "expected to be a regular file" in run(path=str(tmp_path / "r.yaml"), kind="tmux")["msg"]
