# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The Messages protocol (Claude Code)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from .script import Asked, Piece, Say
from .wire import Body, asked, event, fresh, said, texts


class Messages:
    """POST /v1/messages."""

    def read(self, path: str, body: Body) -> Asked:
        """Blocks in `<system-reminder>` are the program's own words."""
        messages = [one for one in body.get("messages", []) if one.get("role") == "user"]
        newest = messages[-1].get("content") if messages else None
        spoken = [_own_words(texts(one.get("content"))) for one in messages]
        return asked(
            spoken,
            [one.get("name", "") for one in body.get("tools") or []],
            after_tool=_has_result(newest) and not (spoken and spoken[-1]),
            streams=bool(body.get("stream")),
            model=body.get("model"),
        )

    def stream(self, asked: Asked, pieces: Iterable[Piece]) -> Iterator[str]:
        """Blocks are opened, filled and closed one after the other."""
        yield _event("message_start", message={**_message(asked, []), "stop_reason": None})
        index, spoke, stop = -1, False, "end_turn"
        for piece in pieces:
            if isinstance(piece, Say):
                if not spoke:
                    index, spoke = index + 1, True
                    yield _block(index, {"type": "text", "text": ""})
                yield _delta(index, {"type": "text_delta", "text": piece.text})
                continue
            if spoke:
                yield _event("content_block_stop", index=index)
            index, spoke, stop = index + 1, False, "tool_use"
            yield _block(index, {"type": "tool_use", "id": fresh("toolu"), "name": piece.tool, "input": {}})
            yield _delta(
                index, {"type": "input_json_delta", "partial_json": json.dumps(dict(piece.arguments))}
            )
            yield _event("content_block_stop", index=index)
        if spoke:
            yield _event("content_block_stop", index=index)
        yield _event(
            "message_delta", delta={"stop_reason": stop, "stop_sequence": None}, usage={"output_tokens": 1}
        )
        yield _event("message_stop")

    def whole(self, asked: Asked, pieces: Iterable[Piece]) -> dict[str, Any]:
        """Asked for by side jobs such as a title."""
        return _message(asked, [{"type": "text", "text": said(pieces)}])


def _own_words(blocks: list[str]) -> list[str]:
    return [one for one in blocks if not one.startswith("<system-reminder>")]


def _has_result(content: object) -> bool:
    return isinstance(content, list) and any(
        isinstance(one, dict) and one.get("type") == "tool_result" for one in content
    )


def _message(asked: Asked, content: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "id": fresh("msg"),
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": content,
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }


def _event(kind: str, **more: Any) -> str:
    return event({"type": kind, **more}, kind)


def _block(index: int, block: dict[str, Any]) -> str:
    return _event("content_block_start", index=index, content_block=block)


def _delta(index: int, delta: dict[str, Any]) -> str:
    return _event("content_block_delta", index=index, delta=delta)
