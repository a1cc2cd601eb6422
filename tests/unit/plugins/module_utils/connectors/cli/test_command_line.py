# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line as a process: what it prints, how it ends, what it loads."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TextIO

import pytest
from mosaic_connectors.cli.main import COMMANDS
from mosaic_connectors.registry import known_connector_kinds

SECRET = "syt_bW9z_AbCdEfGhIjKlMnOpQrSt_0123"
MATRIX = (
    "connector:\n  kind: matrix\n  matrix:\n    homeserver_url: http://127.0.0.1:1\n"
    "    user_id: '@mos:a.b'\n    room_id: '!r:a.b'\n"
)


def run(*arguments: str, stdin: bytes | TextIO = b"", **environment: str) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **environment}
    for name in ("MATRIX_ACCESS_TOKEN", "MOSAIC_SETTINGS", "MOSAIC_STATE_DIR", "STATE_DIRECTORY"):
        if name not in environment:
            environ.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-m", "mosaic_connectors.cli.main", *arguments],
        **({"input": stdin} if isinstance(stdin, bytes) else {"stdin": stdin}),
        capture_output=True,
        env=environ,
        timeout=60,
        check=False,
    )
    out, err = done.stdout.decode(), done.stderr.decode()
    assert "Traceback" not in err
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    place = tmp_path / "roster.yaml"
    place.write_text("fleet: test\n")
    return place


@pytest.fixture
def settings(tmp_path: Path, roster: Path) -> str:
    place = tmp_path / "settings.yaml"
    document = {
        "roster_path": str(roster),
        "tmux_socket": str(tmp_path / "tmux.sock"),
        "socket_path": str(tmp_path / "b.sock"),
        "operators": ["@a:b"],
    }
    place.write_text(json.dumps(document))
    return str(place)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps_with_examples_and_exit_statuses(command: str) -> None:
    shown = run(command, "--help")
    assert shown.returncode == 0
    assert f"  mosaic-connector {command}" in shown.stdout
    assert "exit status:" in shown.stdout


def test_the_help_lists_every_command() -> None:
    shown = run("--help").stdout.split()
    assert [command for command in COMMANDS if command not in shown] == []


def test_wrong_usage_ends_with_2() -> None:
    assert run("nonsense").returncode == 2
    assert run("send", "a", "--stdin").returncode == 2


def test_a_roster_without_a_block_is_valid_and_means_tmux(settings: str) -> None:
    done = run("validate", "--settings", settings, "--json")
    assert (done.returncode, json.loads(done.stdout)["kind"]) == (0, "tmux")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("connector: {kind: smoke}\n", "kind"),
        ("connector: {kind: matrix}\n", "connector.matrix"),
        ("[1, 2]\n", "mapping"),
        ("a: [\n", "YAML"),
        (MATRIX, "MATRIX_ACCESS_TOKEN"),
        (MATRIX.replace("!r:a.b", SECRET), "secret"),
    ],
)
def test_what_is_wrong_is_one_sentence_and_78(
    settings: str, roster: Path, tmp_path: Path, content: str, complaint: str
) -> None:
    roster.write_text(content)
    no_secrets = tmp_path / "connector.env"
    no_secrets.touch(0o600)
    for command in ("validate", "health", "run"):
        done = run(command, "--settings", settings, "--env-file", str(no_secrets))
        assert done.returncode == 78, done.stderr
        assert complaint in done.stderr
        assert SECRET not in done.stderr + done.stdout


def test_validate_tells_every_mistake_where_an_editor_can_jump_to_it(tmp_path: Path) -> None:
    """And needs no settings and no secrets for a file that is named."""
    place = tmp_path / "roster.yaml"
    place.write_text(MATRIX.replace("kind: matrix", "kind: matrx").replace("user_id", "userid"))
    done = run("validate", str(place))
    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr.splitlines() == [
        f"{place}:2:9: error: connector.kind is expected to be one of {', '.join(known_connector_kinds())}, found 'matrx'. "
        "Did you mean 'matrix'?",
        f"{place}:5:5: error: connector.matrix.userid is not a known key. "
        "Known here: homeserver_url, user_id, room_id. Did you mean 'user_id'?",
        "mosaic-connector validate: 2 errors",
    ]
    place.write_text(MATRIX)
    done = run("validate", str(place))
    assert (done.returncode, done.stdout, done.stderr) == (0, "valid: kind matrix\n", "")


def test_validate_tells_programs_the_same(tmp_path: Path, settings: str, roster: Path) -> None:
    roster.write_text('connector: {kind: tmux}\nconector: {kind: "\\e[2J"}\nagents: []\nagents: []\n')
    done = run("validate", "--settings", settings, "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["valid"], report["kind"]) == (0, True, "tmux")
    assert [(one["severity"], one["line"], one["code"]) for one in report["mistakes"]] == [
        ("warning", 4, "duplicate_key")
    ]
    Path(settings).write_text("operator: []\n")
    report = json.loads(run("validate", "--settings", settings, "--json", "--settings-only").stdout)
    assert (report["valid"], report["mistakes"][0]["nearest"]) == (False, "operators")


def test_validate_of_a_file_takes_no_other_roster_beside_it(tmp_path: Path) -> None:
    assert run("validate", "a.yaml", "--roster", "b.yaml").returncode == 2


def test_what_a_roster_says_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    place = tmp_path / "roster.json"
    place.write_text('{"connector": {"kind": "tmux", "\\u001b[2J\\ud800": 1}}')
    done = run("validate", str(place))
    assert done.returncode == 78
    assert "\x1b" not in done.stderr
    assert json.loads(run("validate", str(place), "--json").stdout)["mistakes"][0]["code"] == "unknown_key"


def test_a_missing_roster_is_one_sentence_and_78(settings: str, roster: Path) -> None:
    roster.unlink()
    done = run("health", "--settings", settings)
    assert done.returncode == 78
    assert str(roster) in done.stderr


def test_health_of_tmux_tells_a_dead_server(settings: str) -> None:
    done = run("health", "--settings", settings, "--json")
    report = json.loads(done.stdout)
    assert (done.returncode, report["reachable"]) == (1, False)
    assert "mosaic-orchestrator" in report["detail"]


def test_secrets_come_from_an_env_file_that_nobody_else_may_read(
    settings: str, roster: Path, tmp_path: Path
) -> None:
    roster.write_text(MATRIX)
    place = tmp_path / "connector.env"
    place.write_text(f"MATRIX_ACCESS_TOKEN={SECRET}\n")
    place.chmod(0o644)
    assert run("health", "--settings", settings, "--env-file", str(place)).returncode == 78
    place.chmod(0o600)
    done = run("health", "--settings", settings, "--env-file", str(place), "--json")
    assert (done.returncode, json.loads(done.stdout)["reachable"]) == (1, False)
    assert SECRET not in done.stderr + done.stdout


def test_secrets_come_by_standard_input_as_well(settings: str, roster: Path, tmp_path: Path) -> None:
    """From a pipe, or from a file that another user opened, whose mode counts all the same."""
    roster.write_text(MATRIX)
    secrets = f"MATRIX_ACCESS_TOKEN={SECRET}\n"
    command = ("health", "--settings", settings, "--env-file", "-", "--json")
    piped = run(*command, stdin=secrets.encode())
    assert (piped.returncode, json.loads(piped.stdout)["reachable"]) == (1, False)
    place = tmp_path / "connector.env"
    place.write_text(secrets)
    place.chmod(0o644)
    with place.open() as file:
        opened = run(*command, stdin=file)
    assert opened.returncode == 78
    assert SECRET not in piped.stdout + piped.stderr + opened.stdout + opened.stderr


def test_a_bridge_that_is_away_is_69_and_a_hint(settings: str) -> None:
    for command in (("send", "x", "--patience", "0"), ("status",), ("listen",)):
        done = run(*command, MOSAIC_SETTINGS=settings)
        assert done.returncode == 69
        assert "systemctl status mosaic-connector" in done.stderr


def test_the_outbox_of_a_bridge_that_is_away_is_read_from_its_file(settings: str, tmp_path: Path) -> None:
    from mosaic_connectors.bridge.outbox import Outbox
    from mosaic_connectors.store.database import FILE_NAME, Database
    from mosaic_connectors.types import OutboundMessage

    outbox = Outbox(Database(tmp_path / FILE_NAME), 10)
    entry = outbox.accept("matrix", OutboundMessage("x"), "t", "o")
    outbox.failed(entry, "too large", next_try=0.0, counts=True, dead=True)
    place = {"MOSAIC_SETTINGS": settings, "MOSAIC_STATE_DIR": str(tmp_path)}
    assert "too large" in run("outbox", **place).stdout
    assert json.loads(run("retry", "--all", "--json", **place).stdout) == {"count": 1}
    assert json.loads(run("drop", str(entry.id), "--json", **place).stdout) == {"count": 1}
    nothing = run("drop", "--all", **place)
    assert (nothing.returncode, nothing.stdout[:27]) == (1, "There are no dead letters. ")
    for number in ("99", "9" * 40):
        assert f"No message {number} can be given new attempts." in run("retry", number, **place).stdout
    assert "Nothing waits" in run("outbox", **place).stdout


def test_the_audit_record_is_compared_with_the_journal_where_that_can_be_read(
    settings: str, tmp_path: Path
) -> None:
    from mosaic_connectors.bridge.audit import Audit, entries_of
    from mosaic_connectors.bridge.audit_chain import announcement
    from mosaic_connectors.store.database import FILE_NAME, Database

    database = Database(tmp_path / FILE_NAME)
    audit = Audit(database, limit=10, log_bodies=False)
    for words in ("deploy it", "!status"):
        audit.record("said", "@ann:test", words, "$1")
    journalctl = tmp_path / "bin" / "journalctl"
    journalctl.parent.mkdir()
    heads = "\n".join(announcement(one["id"], one["head"]) for one in entries_of(database, 0, 10))
    journalctl.write_text(f"#!/bin/sh\ncat <<'END'\nready\n{heads}\nEND\n")
    journalctl.chmod(0o755)
    place = {
        "MOSAIC_SETTINGS": settings,
        "MOSAIC_STATE_DIR": str(tmp_path),
        "PATH": f"{journalctl.parent}:{os.environ['PATH']}",
    }
    assert "@ann:test" in run("audit", **place).stdout
    whole = run("audit", "--verify", **place)
    assert (whole.returncode, "2 heads compared\nverdict  whole\n" in whole.stdout) == (0, True)
    database.change("DELETE FROM audit WHERE id = 2")
    assert chain_alone(run("audit", "--verify", "--json", **place)) == (1, 2)
    journalctl.write_text("#!/bin/sh\necho 'no permission' >&2; exit 1\n")
    unread = run("audit", "--verify", **place)
    assert (unread.returncode, "not compared: journalctl says: no permission" in unread.stdout) == (0, True)
    assert "verdict  whole in itself, and not compared" in unread.stdout


RECORDS = """\
#!{python}
import pathlib
from mosaic_connectors.bridge.audit import Audit, entries_of
from mosaic_connectors.bridge.audit_chain import announcement
from mosaic_connectors.store.database import Database

database = Database(pathlib.Path({place!r}))
Audit(database, limit=10, log_bodies=False).record("said", "@ann:test", "deploy it", "$1")
print(*(announcement(one["id"], one["head"]) for one in entries_of(database, 0, 10)), sep="\\n")
"""


def test_what_is_recorded_while_the_record_is_verified_is_no_fault(settings: str, tmp_path: Path) -> None:
    """A bridge at work adds an entry between the two looks, and its head to the journal."""
    journalctl = tmp_path / "bin" / "journalctl"
    journalctl.parent.mkdir()
    journalctl.write_text(
        RECORDS.format(python=sys.executable, place=str(tmp_path / "state" / "bridge.sqlite3"))
    )
    journalctl.chmod(0o755)
    (tmp_path / "state").mkdir()
    place = {
        "MOSAIC_SETTINGS": settings,
        "MOSAIC_STATE_DIR": str(tmp_path / "state"),
        "PATH": f"{journalctl.parent}:{os.environ['PATH']}",
    }
    subprocess.run([journalctl], check=True, timeout=60)
    done = run("audit", "--verify", **place)
    assert (done.returncode, "2 heads compared\nverdict  whole\n" in done.stdout) == (0, True), done.stdout


def chain_alone(done: subprocess.CompletedProcess[str]) -> tuple[int, int]:
    """The status of a verification that found one fault, and with how many heads of the journal."""
    document = json.loads(done.stdout)
    assert len(document["faults"]) == 1
    return done.returncode, document["heads"]


def test_a_file_is_not_changed_behind_the_bridge_that_has_it(settings: str, tmp_path: Path) -> None:
    """Whose socket is another one; without a bridge, what was attached goes with its message."""
    from mosaic_connectors.bridge.outbox import Outbox
    from mosaic_connectors.locks import Claim
    from mosaic_connectors.store.database import FILE_NAME, Database
    from mosaic_connectors.types import OutboundMessage

    attached = tmp_path / "spool" / "a" / "build.log"
    attached.parent.mkdir(parents=True)
    attached.write_text("log")
    outbox = Outbox(Database(tmp_path / FILE_NAME), 10)
    entry = outbox.accept("matrix", OutboundMessage("x", None, (str(attached),)), "t", "o")
    place = {"MOSAIC_SETTINGS": settings, "MOSAIC_STATE_DIR": str(tmp_path)}
    claim = Claim.take(tmp_path / "bridge.lock")
    assert claim is not None
    refused = run("drop", str(entry.id), **place)
    assert refused.returncode == 1, refused.stderr
    assert "Name its socket by --socket" in refused.stderr
    assert attached.exists()
    claim.release()
    assert run("drop", str(entry.id), **place).returncode == 0
    assert not attached.parent.exists()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--stdin"], "Standard input is expected to be text in UTF-8, and is not from byte 1 on."),
        (["--file", "{latin}"], "latin is expected to be text in UTF-8, and is not from byte 1 on."),
        (["--file", "/nowhere"], "/nowhere cannot be read: No such file or directory."),
        (["--file", "{here}"], "cannot be read: Is a directory."),
        (["x", "--attach", "/nowhere"], "/nowhere cannot be read: No such file or directory."),
        (["x", "--attach", "{pipe}"], "pipe is no regular file."),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_65(
    settings: str, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    (tmp_path / "latin").write_bytes(b"a\xe4")
    os.mkfifo(tmp_path / "pipe")
    places = {"latin": tmp_path / "latin", "pipe": tmp_path / "pipe", "here": tmp_path}
    command = [argument.format(**places) for argument in arguments]
    done = run("send", *command, "--patience", "0", stdin=b"a\xe4", MOSAIC_SETTINGS=settings)
    assert done.returncode == 65
    assert sentence in done.stderr


def test_text_in_another_encoding_is_refused_and_not_altered(settings: str) -> None:
    odd = os.fsdecode(b"caf\xe9")
    for arguments in ([odd], ["x", "--id", odd], ["x", "--thread", odd]):
        done = run("send", *arguments, "--patience", "0", MOSAIC_SETTINGS=settings)
        assert done.returncode == 65
        assert "expected to be text in UTF-8" in done.stderr


@pytest.mark.parametrize("word", ["nan", "inf", "-1", "1e400", "soon"])
@pytest.mark.parametrize(
    "command", [("send", "x", "--patience"), ("send", "x", "--wait"), ("doctor", "--timeout")]
)
def test_a_bound_is_a_number_of_seconds_that_ends(command: tuple[str, ...], word: str) -> None:
    done = run(*command[:-1], f"{command[-1]}={word}")
    assert done.returncode == 2
    assert f"expected 0 to 86400 seconds, found {word!r}" in done.stderr


def test_a_full_disk_behind_the_output_is_a_sentence(settings: str) -> None:
    command = [sys.executable, "-m", "mosaic_connectors.cli.main", "doctor"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command,
            stdout=full,
            stderr=subprocess.PIPE,
            env={**os.environ, "MOSAIC_SETTINGS": settings},
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr.decode().startswith("mosaic-connector doctor: [Errno 28] No space left on device")
    assert b"Traceback" not in done.stderr


def test_what_the_library_logs_is_left_to_the_command_to_say() -> None:
    script = (
        "import logging\n"
        "from mosaic_connectors.cli.common import run_quietly\n"
        "async def work():\n"
        "    logging.getLogger('mosaic_connectors.discord').critical('noise')\n"
        "    return 7\n"
        "print(run_quietly(work()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True
    )
    assert (done.stdout, done.stderr) == ("7\n", "")


def test_sending_loads_nothing_heavy(settings: str) -> None:
    """An agent sends often: no event loop, no validation library, no HTTP client for it."""
    script = (
        "import sys; from mosaic_connectors.cli.main import main; main(['send', 'x', '--patience', '0']); "
        "print([name for name in ('asyncio', 'pydantic', 'httpx', 'importlib.metadata', 'sqlite3') if name in sys.modules])"
    )
    environ = {**os.environ, "MOSAIC_SETTINGS": settings}
    # A plain installation's view: the finder of an editable one would import on its own account.
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, env=environ, timeout=30, check=True
    )
    assert done.stdout.decode().strip() == "[]"
