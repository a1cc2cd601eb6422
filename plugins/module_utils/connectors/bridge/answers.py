# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The border of the local socket, seen from the command line: what a bridge answers, and nothing else.

Whoever owns the socket's folder can stand in the bridge's place, and one of another version may answer otherwise;
root is among those who ask. (Standard library alone, and little of it: a `send` pays for every import.)
"""

from __future__ import annotations

import json

TYPE_CHECKING = False  # as type checkers know it: `typing` is a tenth of what a `send` takes

if TYPE_CHECKING:
    from typing import Any

MOST_BYTES = 64 * 1024 * 1024
"""The longest answer that is read: a listing of a full outbox has a twentieth of it, the largest message a half."""


_MISSING = object()


def read_answer(operation: object, line: bytes) -> dict[str, Any]:
    """The answer to an operation that stands in a line; raises ValueError for what no bridge answers."""
    try:
        answer = json.loads(line)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(answer, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 (what is wrong is what it says)
    if answer.get("ok", True) and "listening" not in answer:
        for name, shape in _SHAPES.get(str(operation), {}).items():
            if not _fits(answer.get(name, _MISSING), shape):
                raise ValueError(f"its {name} is missing, or of another shape")
    return answer


def _fits(value: object, shape: Any) -> bool:
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(
            _fits(value.get(name, _MISSING), one) for name, one in shape.items()
        )
    if isinstance(shape, list):
        return isinstance(value, list) and all(_fits(one, shape[0]) for one in value)
    if isinstance(shape, tuple):
        return any(_fits(value, one) for one in shape)
    if isinstance(shape, type):
        return isinstance(value, shape) and (shape is bool or not isinstance(value, bool))
    return bool(shape(value))


def _nothing(value: object) -> bool:
    return value is None


def _missing(value: object) -> bool:
    return value is _MISSING


def _moment(value: object) -> bool:
    """Whether it is an ISO-8601 time."""
    from datetime import datetime

    try:
        return bool(datetime.fromisoformat(str(value).replace("Z", "+00:00")).tzinfo)
    except ValueError:
        return False


def _second(value: object) -> bool:
    """Whether it is seconds since the epoch, of this age."""
    return isinstance(value, (int, float)) and 0 <= value < 1 << 34


def _counts(value: object) -> bool:
    return isinstance(value, dict) and all(_fits(one, int) for one in value.values())


_WORDS = (str, _nothing)
_LAST = {"at": _moment, "state": str}
_SHAPES: dict[str, dict[str, Any]] = {
    "attach": {"path": str},
    "send": {"id": int, "state": str, "message_id": _WORDS, "detail": _WORDS},
    "retry": {"count": int},
    "drop": {"count": int},
    "outbox": {
        "entries": [
            {"id": int, "state": str, "created": _second, "attempts": int, "chars": int, "detail": _WORDS}
        ]
    },
    "listen": {"text": str, "sender": str, "ts": str, "thread_id": _WORDS},
    "ask": {
        "id": str,
        "state": str,
        "answer": _WORDS,
        "outcome": str,
        "left": _second,
        "delivery": _WORDS,
        "detail": _WORDS,
    },
    "answer": {"outcome": str, "words": str},
    "hook": {
        "state": str,
        "id": (*_WORDS, _missing),
        "answer": (*_WORDS, _missing),
        "by": (*_WORDS, _missing),
    },
    "audit": {
        "entries": [
            {
                "id": int,
                "at": _moment,
                **dict.fromkeys(("what", "sender", "about", "digest", "words", "prev", "head"), str),
            }
        ]
    },
    "status": {
        "kind": str,
        "started": _moment,
        "obstructed": bool,
        "health": {
            "reachable": bool,
            "authenticated": bool,
            "last_seen": (_moment, _nothing),
            "detail": _WORDS,
        },
        "session": {"name": str, "state": str, "detail": _WORDS, "seen": (*_WORDS, _missing)},
        "inbox": {"waiting": int, "holding": _WORDS},
        "outbox": _counts,
        "questions": ({"open": [str]}, _missing),
        "hooks": ([{"question": str, "program": str, "since": _second}], _missing),
        "dropped": int,
        "last": {"in": ({**_LAST, "sender": str}, _nothing), "out": ({**_LAST, "detail": _WORDS}, _nothing)},
        "errors": [{"at": _moment, "message": str}],
    },
}
"""What the command line reads of the answer to each operation; more may stand in it."""
