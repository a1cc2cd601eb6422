# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The chat completions protocol (OpenCode, Copilot, Qwen Code, pi, aider)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from .script import Asked, Piece, Say
from .wire import Body, asked, event, fresh, said, texts


class Completions:
    """POST /v1/chat/completions."""

    def read(self, path: str, body: Body) -> Asked:
        """A message whose role is `tool` brings the result of a call."""
        messages = body.get("messages", [])
        return asked(
            [texts(one.get("content")) for one in messages if one.get("role") == "user"],
            [one.get("function", one).get("name", "") for one in body.get("tools") or []],
            after_tool=bool(messages) and messages[-1].get("role") == "tool",
            streams=bool(body.get("stream")),
            model=body.get("model"),
        )

    def stream(self, asked: Asked, pieces: Iterable[Piece]) -> Iterator[str]:
        """Chunks, the one that ends the answer, the one that counts it."""
        answer, end, calls = fresh("chatcmpl"), "stop", 0
        yield _chunk(asked, answer, {"role": "assistant", "content": ""})
        for piece in pieces:
            if isinstance(piece, Say):
                yield _chunk(asked, answer, {"content": piece.text})
                continue
            function = {"name": piece.tool, "arguments": json.dumps(dict(piece.arguments))}
            call = {"index": calls, "id": fresh("call"), "type": "function", "function": function}
            yield _chunk(asked, answer, {"tool_calls": [call]})
            end, calls = "tool_calls", calls + 1
        yield _chunk(asked, answer, {}, end)
        yield event({**_frame(asked, answer), "choices": [], "usage": _USAGE})
        yield event("[DONE]")

    def whole(self, asked: Asked, pieces: Iterable[Piece]) -> dict[str, Any]:
        """Asked for by side jobs such as a title."""
        message = {"role": "assistant", "content": said(pieces)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        frame = {**_frame(asked, fresh("chatcmpl")), "object": "chat.completion"}
        return {**frame, "choices": [choice], "usage": _USAGE}


_USAGE = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}


def _frame(asked: Asked, answer: str) -> dict[str, Any]:
    return {"id": answer, "object": "chat.completion.chunk", "created": 1, "model": asked.model}


def _chunk(asked: Asked, answer: str, delta: dict[str, Any], end: str | None = None) -> str:
    return event({**_frame(asked, answer), "choices": [{"index": 0, "delta": delta, "finish_reason": end}]})
