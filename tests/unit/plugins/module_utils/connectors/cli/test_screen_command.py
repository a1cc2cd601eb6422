# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`mosaic-connector screen`: judges saved screens without tmux, saves live ones, and refuses what is none."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from mosaic_connectors.cli.main import main
from mosaic_connectors.tmux.fixture import MOST_BYTES, Fixture, load_fixture, neutral, save_fixture
from unit.plugins.module_utils.connectors.tmux.saved_screens import DRAFTS, IDLE, MODAL, PLACE

SAID: dict[str, Any] = {"columns": 20, "rows": 3, "cursor_x": 2, "cursor_y": 1, "cursor_flag": 1}
TEXT = f"{'─' * 20}\n❯ \n{'─' * 20}\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MOSAIC_SETTINGS", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(place: Path, said: object = None, text: bytes | None = TEXT.encode()) -> str:
    (place / "one.json").write_text(json.dumps(SAID if said is None else said))
    if text is not None:
        (place / "one.txt").write_bytes(text)
    return str(place / "one.json")


def judged(capsys: pytest.CaptureFixture[str], path: str) -> dict[str, Any]:
    assert main(["screen", "--fixture", path, "--json"]) == 0
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return dict(json.loads(out))


def test_a_saved_screen_is_judged_in_one_line(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    verdict = judged(capsys, written(place))
    assert list(verdict) == ["typable", "dialog", "draft", "program", "why"]
    assert (verdict["typable"], verdict["dialog"], verdict["draft"]) == (True, None, "")


def test_dialogs_and_drafts_are_told(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = judged(capsys, str(PLACE / "claude-2.1.197-perm-bash-80x24.json"))
    assert asked["dialog"] == "Do you want to proceed?"
    assert (asked["typable"], asked["draft"], asked["program"]) == (False, None, "claude")
    typed = judged(capsys, str(PLACE / "gemini-0.61.0-draft-200x50.json"))
    assert (typed["typable"], typed["dialog"], typed["draft"]) == (False, None, "half a thought")


@pytest.mark.parametrize(
    ("name", "typable"),
    [
        ("bash-5-idle-200x50", False),
        ("opencode-1.18.33-shell-mode-empty-120x30", False),
        ("claude-2.1.197-bash-mode-empty-200x50", True),
        ("python-3.11-idle-80x24", True),
    ],
)
def test_an_empty_line_that_runs_commands_is_typed_into_only_where_a_key_leaves_it(
    name: str, typable: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    said = judged(capsys, str(PLACE / f"{name}.json"))
    assert (said["typable"], said["why"].startswith("Held: ")) == (typable, not typable)


@pytest.mark.parametrize("one", [IDLE[0], DRAFTS[0], MODAL[0]], ids=lambda one: one.name)
def test_only_text_size_and_cursor_are_read(
    one: Any, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither the labels nor the file's name tell anything."""
    plain = judged(capsys, str(PLACE / f"{one.name}.json"))
    said = json.loads((PLACE / f"{one.name}.json").read_text())
    lies = {
        "program": "x",
        "state": "x",
        "dialog": not said["dialog"],
        "draft": "x",
        "version": "x",
        "note": "x",
    }
    shutil.copy(PLACE / f"{one.name}.txt", place / "one.txt")
    assert judged(capsys, written(place, {**said, **lies}, None)) == plain


def test_words_for_a_human_name_block_choices_and_why(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(PLACE / "codex-0.171.0-perm-bash-80x24.json")
    assert main(["screen", "--fixture", path, "--explain"]) == 0
    out = capsys.readouterr().out
    assert "program  codex" in out
    assert "typable  no" in out
    assert "looked   " in out
    assert "choice   Yes, proceed (y) (Enter)" in out
    assert "(Down Enter, always)" in out


def test_the_settings_that_are_named_are_heard(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "s.yaml").write_text(
        "programs: {mybot: {marks: ['^─'], dialogs: ['^❯']}}\ndialog_patterns: ['nothing like it']\n"
    )
    written(place)
    assert main(["screen", "--settings", "s.yaml", "--fixture", "one.json", "--json"]) == 0
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["program"], verdict["typable"], verdict["dialog"]) == ("mybot", False, "❯")


BAD: dict[str, tuple[object, bytes | None, str]] = {
    "no text beside it": (SAID, None, "can be read"),
    "binary": (SAID, b"\x00\x01\x02", "binary"),
    "no UTF-8": (SAID, b"\xff\xfe", "UTF-8"),
    "too large": (SAID, b"a" * (MOST_BYTES + 1), "bytes"),
    "no object": ([1], TEXT.encode(), "JSON object"),
    "no columns": ({**SAID, "columns": None}, TEXT.encode(), "columns must be"),
    "absurd rows": ({**SAID, "rows": 10**30}, TEXT.encode(), "rows must be"),
    "a cursor beyond the width": ({**SAID, "cursor_x": 21}, TEXT.encode(), "cursor_x must be 0 to 20"),
    "a cursor below the screen": ({**SAID, "cursor_y": 3}, TEXT.encode(), "cursor_y must be 0 to 2"),
    "a cursor that is true": ({**SAID, "cursor_y": True}, TEXT.encode(), "cursor_y must be"),
    "a cursor that is a word": ({**SAID, "cursor_x": "x" * 500}, TEXT.encode(), "cursor_x must be"),
    "a flag of 7": ({**SAID, "cursor_flag": 7}, TEXT.encode(), "cursor_flag must be"),
    "more rows than it says": ({**SAID, "rows": 2}, TEXT.encode() * 2, "more"),
}


@pytest.mark.parametrize(("said", "text", "complaint"), BAD.values(), ids=BAD)
def test_what_is_no_screen_is_refused_in_one_sentence(
    place: Path, capsys: pytest.CaptureFixture[str], said: object, text: bytes | None, complaint: str
) -> None:
    assert main(["screen", "--fixture", written(place, said, text), "--json"]) == 78
    captured = capsys.readouterr()
    assert complaint in captured.err
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert len(captured.err) < 400


@pytest.mark.parametrize("name", ["away.json", "one.txt", ".", "x" * 300 + ".json"])
def test_a_file_that_is_none_is_refused(place: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["screen", "--fixture", name]) == 78
    assert capsys.readouterr().err.count("\n") == 1


def test_a_pipe_is_not_waited_for(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo(place / "one.json")
    assert main(["screen", "--fixture", "one.json"]) == 78
    assert "must be a file" in capsys.readouterr().err


def test_json_that_is_none_is_refused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content in ("{", "[" * 100_000, ""):
        (place / "one.json").write_text(content)
        assert main(["screen", "--fixture", "one.json"]) == 78
        assert "must be JSON" in capsys.readouterr().err


def test_what_is_saved_is_read_again_as_it_was(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(PLACE / "opencode-1.18.33-draft-200x50.json")
    before = judged(capsys, path)
    assert main(["screen", "--fixture", path, "--save", "again"]) == 0
    assert "Look them over" in capsys.readouterr().out
    assert judged(capsys, "again.json") == before
    said = json.loads((place / "again.json").read_text())
    assert (said["dialog"], said["draft"], said["state"]) == (None, None, "again")
    assert (place / "again.txt").stat().st_mode & 0o077 == 0


def test_nothing_is_written_over(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(place)
    (place / "x.txt").symlink_to(place / "elsewhere")
    assert main(["screen", "--fixture", path, "--save", "x"]) == 78
    assert main(["screen", "--fixture", path, "--save", "one.json"]) == 78
    assert not (place / "elsewhere").exists()
    assert "must be new" in capsys.readouterr().err


def test_a_saved_screen_keeps_colours_alone_and_no_secret(place: Path) -> None:
    token = "sk-ant-" + "a1B2" * 8
    text = f"\x1b[1mbold\x1b]52;c;aGk=\x07\x1b[2J\x1bP1$r\x1b\\\x9b31m\x07 {token}\x1b[0m"
    saved, _unused = save_fixture(Path("secret"), Fixture(text, 80, 24, 0, 0), None)
    content = saved.read_text()
    assert content.startswith("\x1b[1mbold")
    assert content.endswith("\x1b[0m")
    assert "\x1b]" not in content
    assert "\x07" not in content
    assert "\x9b" not in content
    assert token not in content
    assert len(load_fixture("secret.json").screen().lines[0]) == len("bold31m ") + len(token)


def test_neutralising_keeps_what_the_screens_are_made_of() -> None:
    for one in (*IDLE[:5], *MODAL[:5]):
        assert neutral(one.fixture.text) == one.fixture.text


def test_without_a_server_one_sentence_says_so(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (place / "s.yaml").write_text(f"tmux_socket: {place}/none.sock\n")
    assert main(["screen", "--settings", "s.yaml"]) == 1
    assert "No tmux server" in capsys.readouterr().err


@pytest.mark.skipif(not shutil.which("tmux"), reason="tmux is not installed")
def test_a_live_pane_is_looked_at_and_nothing_is_typed(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    socket = str(place / "t.sock")
    (place / "s.yaml").write_text(f"tmux_socket: {socket}\nsession: here\n")
    program = f"printf '{'─' * 30}\\n❯ half\\n{'─' * 30}\\033[1A\\033[25D'; cat"
    start = [
        "tmux",
        "-f",
        "/dev/null",
        "-u",
        "-S",
        socket,
        "new-session",
        "-d",
        "-s",
        "here",
        "-x",
        "60",
        "-y",
        "9",
    ]
    subprocess.run([*start, f'sh -c "{program}"'], check=True)
    try:
        verdict: dict[str, Any] = {}
        for _unused in range(100):
            assert main(["screen", "--settings", "s.yaml", "--json"]) == 0
            verdict = json.loads(capsys.readouterr().out)
            if verdict["draft"]:
                break
        assert verdict["draft"] == "half"
        assert not verdict["typable"]
    finally:
        subprocess.run(["tmux", "-S", socket, "kill-server"], check=False)
