# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a program tells its hook is understood, or passed over."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from mosaic_connectors.agents import hooks
from mosaic_connectors.agents.hooks import decision, read_event
from mosaic_connectors.border import BorderError


def told(**document: object) -> bytes:
    return json.dumps(document).encode()


def test_a_permission_is_asked_with_all_that_the_tool_is_called_with() -> None:
    given = {"command": "make deploy", "timeout": 5, "env": {"A": "1"}, "note": "one\ntwo ```sh"}
    event = read_event(
        "claude", told(hook_event_name="PermissionRequest", tool_name="Bash\x1b[2J", tool_input=given)
    )
    assert event.what == "permission"
    assert event.subject == "make deploy"
    assert "\x1b" not in event.text
    assert event.text.endswith(
        '\n````\nmake deploy\ntimeout: 5\nenv: {"A": "1"}\nnote:\none\ntwo ```sh\n````'
    )


@pytest.mark.parametrize("name", ["AskUserQuestion", "", 3, None])
def test_a_tool_that_asks_by_itself_or_has_no_name_is_left_to_its_dialog(name: object) -> None:
    document = told(hook_event_name="PermissionRequest", tool_name=name, tool_input={"command": "x"})
    assert read_event("claude", document).what == ""


def test_programs_whose_hooks_cannot_allow_are_not_asked() -> None:
    document = told(hook_event_name="PermissionRequest", tool_name="Bash", tool_input={"command": "x"})
    assert [read_event(name, document).what for name in ("gemini", "copilot")] == ["", ""]


@pytest.mark.parametrize(
    "document", [b"", b"x", b"[]", b"3", b"{}", b"[" * 9999, b" " * (hooks.MOST_BYTES + 1)]
)
def test_what_is_no_object_is_refused_in_words(document: bytes) -> None:
    with pytest.raises(BorderError, match=r"\w"):
        read_event("claude", document)


def test_only_what_waits_for_a_human_is_a_notice() -> None:
    kinds = ("idle_prompt", "ToolPermission", "auth_success", "agent_idle", None)
    found = [
        read_event("qwen", told(hook_event_name="Notification", notification_type=one)).what for one in kinds
    ]
    assert found == ["notice", "notice", "", "", ""]


def test_a_turn_that_the_provider_refused_is_one_that_waits() -> None:
    failed = {"hook_event_name": "ErrorOccurred", "error": {"message": "No such model."}, "recoverable": True}
    event = read_event("copilot", told(**failed, error_context="model_call"))
    assert (event.what, event.text, event.about) == ("notice", "No such model.", "idle")
    assert read_event("copilot", told(**failed, error_context="tool_execution")).what == ""


def test_the_last_words_come_by_the_event_or_by_the_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hooks, "RECORD_SECONDS", 0.0)
    record = tmp_path / "events.jsonl"
    lines = [("user.message", "hi"), ("assistant.message", "Old."), ("user.message", "again")]
    record.write_text(
        "".join(told(type=one, data={"content": words}).decode() + "\n" for one, words in lines)
    )
    ended = told(hook_event_name="Stop", transcript_path=str(record))
    assert read_event("copilot", ended).text == "", "the words of another turn"
    with record.open("a") as file:
        file.write(told(type="assistant.message", data={"content": "New."}).decode() + '\n{"half')
    assert read_event("copilot", ended).text == "New."
    assert read_event("gemini", told(hook_event_name="AfterAgent", prompt_response="Done.")).text == "Done."
    assert read_event("codex", told(hook_event_name="Stop", last_assistant_message="Ok.")).text == "Ok."


def test_the_end_of_an_agent_of_the_agents_is_no_end_of_the_turn(tmp_path: Path) -> None:
    ended = {"hook_event_name": "Stop", "session_id": "s", "last_assistant_message": "Found it."}
    assert (event := read_event("claude", told(**ended))).what == "ended"
    assert event.session == "s"
    assert read_event("claude", told(**ended, agent_id="a1")).what == ""
    record = tmp_path / "events.jsonl"
    lines = [{}, {"agentId": "a1"}]
    record.write_text(
        "".join(
            told(type="assistant.message", data={"content": words}, **more).decode() + "\n"
            for words, more in zip(("Ours.", "Theirs."), lines, strict=True)
        )
    )
    assert read_event("copilot", told(hook_event_name="Stop", transcript_path=str(record))).text == "Ours."


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("hook claude --socket /nowhere <&-", 0),
        ("hook claude --socket /nowhere >&- </dev/null", 0),
        ("hook claude --socket /nowhere 2>&- </dev/null", 0),
        ("hook nobody", 1),
        ("hook claude --wait never", 1),
        ("mcp --socket /nowhere <&-", 0),
        ("mcp --socket /nowhere >&- </dev/null", 0),
    ],
)
def test_however_it_is_started_it_ends_without_a_traceback_and_never_by_what_programs_take_for_no(
    line: str, status: int
) -> None:
    command = f'exec "$0" -m mosaic_connectors.cli.main {line}'
    done = subprocess.run(
        ["sh", "-c", command, sys.executable], capture_output=True, text=True, timeout=20, check=False
    )
    assert "Traceback" not in done.stderr
    assert (done.returncode, done.stdout) == (status, "")


def test_a_decision_has_no_more_than_every_program_reads() -> None:
    assert decision(True, "ann")["hookSpecificOutput"]["decision"] == {"behavior": "allow"}
    assert decision(False, "")["hookSpecificOutput"]["decision"]["message"] == "The operator answered no."
