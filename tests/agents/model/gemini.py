# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generateContent protocol (Gemini CLI)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from .script import Asked, Piece, Say
from .wire import Body, asked, event, said, texts

ROUTED = {"reasoning": "scripted", "model_choice": "flash", "next_speaker": "user", "complexity_score": 1}
"""What the side jobs that ask for JSON want to know: which model is to answer, and who speaks next."""


class Contents:
    """POST …/models/MODEL:generateContent and :streamGenerateContent."""

    def read(self, path: str, body: Body) -> Asked:
        """Parts; one with a `functionResponse` brings the result of a call."""
        contents = body.get("contents") or []
        contents = [contents] if isinstance(contents, dict) else contents
        newest = contents[-1].get("parts", []) if contents else []
        declared = [one.get("functionDeclarations", []) for one in body.get("tools") or []]
        wants_json = "json" in str((body.get("generationConfig") or {}).get("responseMimeType", ""))
        return asked(
            [texts(one.get("parts")) for one in contents if one.get("role") == "user"],
            [] if wants_json else [tool["name"] for tools in declared for tool in tools],
            after_tool=any("functionResponse" in part for part in newest),
            streams="stream" in path,
            model="json" if wants_json else path.rpartition("/")[2].partition(":")[0],
        )

    def stream(self, asked: Asked, pieces: Iterable[Piece]) -> Iterator[str]:
        """A candidate for each piece, and the one that ends."""
        if asked.model == "json":
            yield event(_candidate([{"text": json.dumps(ROUTED)}], "STOP"))
            return
        for piece in pieces:
            if isinstance(piece, Say):
                yield event(_candidate([{"text": piece.text}]))
            else:
                call = {"name": piece.tool, "args": dict(piece.arguments)}
                yield event(_candidate([{"functionCall": call}]))
        yield event(_candidate([{"text": ""}], "STOP"))

    def whole(self, asked: Asked, pieces: Iterable[Piece]) -> dict[str, Any]:
        """Asked for by side jobs."""
        words = json.dumps(ROUTED) if asked.model == "json" else said(pieces)
        return _candidate([{"text": words}], "STOP")


def _candidate(parts: list[dict[str, Any]], end: str | None = None) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"role": "model", "parts": parts}, "index": 0}
    if end:
        candidate["finishReason"] = end
    usage = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
    return {"candidates": [candidate], "usageMetadata": usage, "modelVersion": "scripted"}
