# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tools that an agent's program is given, over the bridge's socket: what each takes, and what it answers in words."""

from __future__ import annotations

import os
from functools import partial

from ..border import Foreign
from ..bridge.client import BridgeRefusedError, BridgeUnavailableError, attach, call
from ..terminal import one_line

TYPE_CHECKING = False  # as type checkers know it: the agent's program waits for its start

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PATIENCE = 15.0
"""Seconds that a bridge that restarts is waited for."""

WAIT_SECONDS, MOST_SECONDS = 300.0, 3000.0
"""How long one call waits for the operator, unless it says otherwise, and at most."""

ONCE_SECONDS = 15.0
"""How long one request of a call waits: so soon is seen that the call was given up."""

_TEXT = {"type": "string"}
_THREAD = {
    "type": "string",
    "description": "The thread to write in, as it stands behind thread= in the operator's message. Leave it out otherwise.",
}

TOOLS: tuple[dict[str, Any], ...] = (
    {
        "name": "send",
        "description": (
            "Send your human operator a message in the chat. What you print in the terminal is not seen there: call this "
            "for every answer to a message that begins with [operator …], and when long work is done or stuck."
        ),
        "inputSchema": {
            "type": "object",
            "properties": {
                "text": {**_TEXT, "description": "The message, in Markdown."},
                "thread": _THREAD,
            },
            "required": ["text"],
            "additionalProperties": False,
        },
    },
    {
        "name": "ask",
        "description": (
            "Ask your human operator a question and wait for the answer. Call it before anything that cannot be undone, and "
            "when you cannot go on without a decision; not for what you can find out yourself."
        ),
        "inputSchema": {
            "type": "object",
            "properties": {
                "question": {
                    **_TEXT,
                    "description": "All that is needed to decide; the operator sees nothing else.",
                },
                "choices": {
                    "type": "array",
                    "items": _TEXT,
                    "maxItems": 10,
                    "description": "The answers to choose from, a few words each, such as yes and no.",
                },
                "free_text": {"type": "boolean", "description": "Whether other words are an answer as well."},
                "wait_seconds": {
                    "type": "number",
                    "minimum": 0,
                    "maximum": MOST_SECONDS,
                    "description": "How long this call waits (300 unless given); the question stays open for a day, unless the bridge allows less.",
                },
                "key": {
                    **_TEXT,
                    "description": "Your own name of the question: the same question under the same key is asked once, so that "
                    "you can call again for its answer.",
                },
                "thread": _THREAD,
            },
            "required": ["question"],
            "additionalProperties": False,
        },
    },
    {
        "name": "attach",
        "description": "Send your human operator a file of this host, such as a picture, a log or a report, with a word about it.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "path": {**_TEXT, "description": "The absolute path of a file."},
                "text": {**_TEXT, "description": "What it is."},
                "thread": _THREAD,
            },
            "required": ["path"],
            "additionalProperties": False,
        },
    },
    {
        "name": "status",
        "description": (
            "Tell whether the chat with your human operator is up, how many messages wait, and which questions are open. Call "
            "it when an answer stays out."
        ),
        "inputSchema": {"type": "object", "properties": {}, "additionalProperties": False},
    },
)
"""The tools, as the protocol lists them."""


class ToolError(Exception):
    """A tool that could not do it; the sentence is for the model."""


def use(name: str, given: Foreign, place: str, given_up: Callable[[], bool] = bool) -> str:
    """Use a tool over the bridge's socket at `place`; raises `ToolError`.

    A question is waited for until `given_up` says that nobody wants the answer any more.
    """
    tool = {"send": _send, "attach": _attach, "status": _status}.get(name)
    if name == "ask":
        tool = partial(_ask, given_up=given_up)
    if tool is None:
        raise ToolError(f"There is no tool {one_line(name, 60)!r}; there are: send, ask, attach, status.")
    known = next(one for one in TOOLS if one["name"] == name)["inputSchema"]
    for key in given.plain:
        if key not in known["properties"]:
            names = ", ".join(known["properties"]) or "no arguments"
            raise ToolError(f"{name} has no argument {one_line(str(key), 60)!r}; it takes: {names}.")
    for key in known.get("required", ()):
        if not (given.text(key) or "").strip():
            raise ToolError(f"{name} is expected to have {key!r}, a text that is not empty.")
    try:
        return tool(given, place)
    except (BridgeRefusedError, BridgeUnavailableError) as error:
        raise ToolError(str(error)) from error


def _send(given: Foreign, place: str, attachments: tuple[str, ...] = ()) -> str:
    request = {
        "op": "send",
        "txn": os.urandom(16).hex(),
        "text": given.text("text") or "",
        "thread": given.text("thread"),
        "attachments": list(attachments),
        "wait": 0,
    }
    answer = call(place, request, patience=PATIENCE)
    return f"Accepted as {answer['id']}: the operator has it as soon as the chat is up."


def _attach(given: Foreign, place: str) -> str:
    from pathlib import Path

    path = Path(given.text("path") or "")
    try:
        if not path.is_absolute() or not path.is_file():
            raise ToolError(
                f"{one_line(str(path), 300)} is no file of this host. Give the absolute path of one."
            )
        handed = attach(place, path, patience=PATIENCE)
    except (OSError, ValueError) as error:
        raise ToolError(f"{one_line(str(path), 300)} cannot be read: {error}.") from error
    return _send(given, place, (handed,))


def _ask(given: Foreign, place: str, given_up: Callable[[], bool]) -> str:
    wait = given.seconds("wait_seconds", longest=MOST_SECONDS)
    if "wait_seconds" in given and wait is None:
        raise ToolError(f"wait_seconds is expected to be a number of seconds up to {MOST_SECONDS:g}.")
    choices = given.plain["choices"] if "choices" in given else []
    key = given.text("key") or os.urandom(16).hex()
    request = {
        "op": "ask",
        "key": key,
        "text": given.text("question"),
        "choices": choices,
        "free_text": given.is_true("free_text") or not choices,
        "timeout": None,
        "thread": given.text("thread"),
    }
    left = WAIT_SECONDS if wait is None else wait
    while True:
        once = min(left, ONCE_SECONDS)
        answer = call(place, {**request, "wait": once}, patience=PATIENCE, answer_timeout=once + 30.0)
        left -= once
        if answer["state"] != "open" or left <= 0 or given_up():
            return _said(answer, key)


def _said(answer: dict[str, Any], key: str) -> str:
    if answer["state"] == "answered":
        return f"The operator answered: {answer['answer']}"
    if answer["state"] == "open":
        return (
            f"No answer yet. {answer['id']} stays open: call ask again with the same question, choices and key {key!r} to wait "
            "on, or go on with other work. Do not take silence for a yes."
        )
    return f"There is no answer: {answer['outcome']} Do not take it for a yes."


def _status(_given: Foreign, place: str) -> str:
    answer = call(place, {"op": "status"}, patience=PATIENCE)
    health, asked = answer["health"], answer.get("questions", {}).get("open", [])
    up = health["reachable"] and health["authenticated"] and not answer["obstructed"]
    why = "" if up or not health["detail"] else f" ({one_line(str(health['detail']), 200)})"
    waiting, dead = answer["outbox"].get("waiting", 0), answer["outbox"].get("dead", 0)
    return (
        f"The chat ({answer['kind']}) is {'up' if up else 'down'}{why}. {waiting} of your messages wait for it, {dead} could not "
        f"be delivered, {answer['inbox']['waiting']} of the operator's wait for you. Open questions: {', '.join(asked) or 'none'}."
    )
