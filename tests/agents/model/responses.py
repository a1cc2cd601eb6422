# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The responses protocol (Codex)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from .script import Asked, Piece, Say, Use
from .wire import Body, asked, event, fresh, said, texts


class Responses:
    """POST /v1/responses."""

    def read(self, path: str, body: Body) -> Asked:
        """Items of the input; one whose type ends in `_output` brings the result of a call."""
        given = body.get("input") or []
        items = [{"role": "user", "content": given}] if isinstance(given, str) else given
        return asked(
            [_own_words(texts(one.get("content"))) for one in items if one.get("role") == "user"],
            [str(one.get("name") or one.get("type")) for one in body.get("tools") or []],
            after_tool=bool(items) and str(items[-1].get("type", "")).endswith("_output"),
            streams=bool(body.get("stream", True)),
            model=body.get("model"),
        )

    def stream(self, asked: Asked, pieces: Iterable[Piece]) -> Iterator[str]:
        """Items, each announced, filled and done."""
        answer, items, words = fresh("resp"), list[dict[str, Any]](), list[str]()
        yield _event("response.created", response=_response(answer, "in_progress", []))
        for piece in pieces:
            if isinstance(piece, Say):
                if not words:
                    yield from _opened(len(items), _text("", "in_progress"))
                words.append(piece.text)
                yield _event(
                    "response.output_text.delta",
                    output_index=len(items),
                    content_index=0,
                    item_id="message",
                    delta=piece.text,
                )
                continue
            if words:
                yield from _closed(items, _text("".join(words), "completed"))
                words = []
            call = _call(piece)
            yield from _opened(len(items), {**call, "status": "in_progress"})
            yield from _closed(items, call)
        if words:
            yield from _closed(items, _text("".join(words), "completed"))
        yield _event("response.completed", response=_response(answer, "completed", items))

    def whole(self, asked: Asked, pieces: Iterable[Piece]) -> dict[str, Any]:
        """Asked for by side jobs such as a title."""
        return _response(fresh("resp"), "completed", [_text(said(pieces), "completed")])


def _own_words(blocks: list[str]) -> list[str]:
    """Without what the program says in the human's name."""
    return [one for one in blocks if not one.startswith(("<environment_context>", "# AGENTS.md"))]


def _event(kind: str, **more: Any) -> str:
    return event({"type": kind, **more}, kind)


def _opened(index: int, item: dict[str, Any]) -> Iterator[str]:
    yield _event("response.output_item.added", output_index=index, item=item)


def _closed(items: list[dict[str, Any]], item: dict[str, Any]) -> Iterator[str]:
    yield _event("response.output_item.done", output_index=len(items), item=item)
    items.append(item)


def _text(words: str, status: str) -> dict[str, Any]:
    part = {"type": "output_text", "text": words, "annotations": []}
    message = {"type": "message", "id": "message", "role": "assistant", "status": status}
    return {**message, "content": [part] if words else []}


def _call(piece: Use) -> dict[str, Any]:
    arguments = json.dumps(dict(piece.arguments))
    call = {"type": "function_call", "id": fresh("fc"), "call_id": fresh("call"), "status": "completed"}
    return {**call, "name": piece.tool, "arguments": arguments}


def _response(answer: str, status: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    usage = {
        "input_tokens": 1,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 1,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 2,
    }
    return {"id": answer, "object": "response", "status": status, "output": items, "usage": usage}
