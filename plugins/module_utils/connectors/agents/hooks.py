# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What agent programs tell a hook and read of its answer, as one table; a hook's JSON is foreign.

Claude Code made the form ("hooks reference"), which Codex, Qwen Code and Copilot CLI took over; Gemini CLI has names of
its own, and OpenCode gets the form from the plugin that the role writes.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import time

from ..border import BorderError, Foreign, read_json
from ..terminal import neutralise, one_line

TYPE_CHECKING = False  # as type checkers know it: a hook is started for every turn

if TYPE_CHECKING:
    from typing import Any

MOST_BYTES = 4 * 1024 * 1024
"""The longest document of a hook that is read."""

MOST_RECORD = 1024 * 1024
"""How much of the end of a program's record is looked at."""

RECORD_SECONDS = 3.0
"""How long it may take to write down what was said."""

PROGRAMS = {
    "claude": "Claude Code",
    "codex": "Codex",
    "copilot": "GitHub Copilot CLI",
    "gemini": "Gemini CLI",
    "opencode": "OpenCode",
    "qwen": "Qwen Code",
}
"""The programs that there are hooks for, and what a human calls them."""

DECIDING = frozenset({"claude", "codex", "opencode", "qwen"})
"""The programs whose permissions a hook decides. Gemini CLI lets one refuse and never allow, and Copilot CLI asks it about
what needs no permission as well: their dialogs go by the screen."""

_EVENTS = {
    "PermissionRequest": "permission",
    "SessionStart": "start",
    "UserPromptSubmit": "prompt",
    "BeforeAgent": "prompt",
    "Stop": "ended",
    "AfterAgent": "ended",
    "Notification": "notice",
    "ErrorOccurred": "error",
}

_NOTICES = {
    "permission_prompt": "permission",
    "ToolPermission": "permission",
    "idle_prompt": "idle",
    "elicitation_dialog": "dialog",
}
"""What a notification is about; of others the operator hears nothing, nor of Copilot CLI's `agent_idle`, where an agent in the
background waits for the one in front."""

_OWN_DIALOGS = frozenset(
    {"AskUserQuestion", "ExitPlanMode", "EnterPlanMode", "ask_user", "ask_user_question", "exit_plan_mode"}
)
"""Tools that are a question to the human themselves: to allow them would answer nothing."""

_SUBJECTS = ("command", "cmd", "file_path", "filePath", "filepath", "path", "url")
"""What a dialog about a tool shows in any case, the first one that there is."""


class Event:
    """One thing that a program told: `what` is start, permission, prompt, ended, notice, or empty for what nobody waits for.

    `text` is what the operator reads of it, `subject` what a dialog about the same shows, `session` the program's own name
    of what it runs in.
    """

    def __init__(
        self, what: str, text: str = "", subject: str = "", about: str = "", session: str = ""
    ) -> None:
        self.what = what
        self.text = text
        self.subject = subject
        self.session = session
        self.about = about
        """What a notice is about: permission, idle or dialog."""


def read_event(program: str, document: bytes) -> Event:
    """What a program told its hook; raises `BorderError` for what is no JSON object."""
    if len(document) > MOST_BYTES:
        raise BorderError(f"it has more than {MOST_BYTES} bytes")
    told = Foreign(read_json(document))
    if not told:
        raise BorderError("it is no JSON object, or an empty one")
    what = _EVENTS.get(told.text("hook_event_name") or "", "")
    if what == "permission":
        return _permission(program, told)
    session = told.token("session_id") or told.token("sessionId") or ""
    if what in ("start", "prompt"):
        return Event(what, told.text("prompt") or "", session=session)
    if what == "ended":
        if told.text("agent_id"):
            return Event("")  # of an agent that the program's own agent has started
        words = told.text("last_assistant_message") or told.text("prompt_response")
        said = words if words is not None else last_words(told.token("transcript_path"))
        return Event(what, said, session=session)
    return _notice(told) if what in ("notice", "error") else Event("")


def _notice(told: Foreign) -> Event:
    """What waits for a human; Copilot CLI tells of a turn that its provider refused by the error alone."""
    if told.text("hook_event_name") == "ErrorOccurred":
        refused = told.text("error_context") == "model_call"
        return Event(
            "notice" if refused else "", told.object("error").words("message", limit=500), about="idle"
        )
    about = _NOTICES.get(told.text("notification_type") or "", "")
    return Event("notice" if about else "", told.words("message", limit=500), about=about)


def decision(allow: bool, who: str) -> dict[str, Any]:
    """What a program reads as the operator's decision."""
    words = {} if allow else {"message": f"{who or 'The operator'} answered no."}
    behaviour = {"behavior": "allow" if allow else "deny", **words}
    return {"hookSpecificOutput": {"hookEventName": "PermissionRequest", "decision": behaviour}}


def last_words(transcript: str | None) -> str:
    """What a program said last, by its own record of lines of JSON: Copilot CLI names that and not the words.

    It may be written a moment after the hook was called: what stands before the human's last message is of another turn.
    """
    if transcript is None:
        return ""
    deadline = time.monotonic() + RECORD_SECONDS
    while not (words := _recorded(transcript)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return words


def _recorded(transcript: str) -> str:
    with contextlib.suppress(OSError, BorderError):
        if not os.path.isfile(transcript):  # noqa: PTH113 (pathlib takes 7 ms)
            return ""
        with open(transcript, "rb") as record:  # noqa: PTH123 (the same)
            record.seek(max(os.fstat(record.fileno()).st_size - MOST_RECORD, 0))
            lines = record.read(MOST_RECORD).splitlines()
        for line in reversed(lines):
            if b'"user.message"' not in line and b'"assistant.message"' not in line:
                continue
            entry = Foreign(read_json(line))
            if entry.text("agentId"):
                continue  # of an agent that the program's own agent has started
            if entry.text("type") == "user.message":
                return ""
            words = entry.object("data").text("content")
            if entry.text("type") == "assistant.message" and words:
                return words
    return ""


def beginning() -> dict[str, Any]:
    """What a program's model is told when a session begins."""
    from .words import TEXT

    return {"hookSpecificOutput": {"hookEventName": "SessionStart", "additionalContext": TEXT}}


def _permission(program: str, told: Foreign) -> Event:
    tool, given = told.words("tool_name", limit=100), told.object("tool_input")
    if program not in DECIDING or not tool or tool in _OWN_DIALOGS:
        return Event("")
    subject = next((found for name in _SUBJECTS if (found := given.text(name))), "")
    return Event("permission", question(PROGRAMS[program], tool, given), subject)


def question(program: str, tool: str, given: Foreign) -> str:
    """All that a tool is to be called with, as a question."""
    said = neutralise("\n".join(_lines(given))) or "(nothing)"
    longest = max(map(len, re.findall("`+", said)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{program} asks for permission to use {one_line(tool, 100)}:\n{fence}\n{said}\n{fence}"


def _lines(given: Foreign) -> list[str]:
    found = []
    for name, value in given.plain.items():
        words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        alone = name in _SUBJECTS[:2]
        found.append(words if alone else f"{name}: {words}" if "\n" not in words else f"{name}:\n{words}")
    return found
