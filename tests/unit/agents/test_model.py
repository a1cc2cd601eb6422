# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripted model speaks the four protocols, as far as the programs read them."""

from __future__ import annotations

import json
import threading
from typing import Any

import httpx
import pytest
from agents.model.ledger import Ledger, Message
from agents.model.script import Cue, Script, Use
from agents.model.server import Model, serving

HELLO = Message("[ann #1]", "[ann #1] hello")
TOOL = "run"
PROTOCOLS: dict[str, Any] = {
    "/v1/messages": lambda text: {
        "messages": [{"role": "user", "content": [{"type": "text", "text": text}]}],
        "tools": [{"name": TOOL}],
        "stream": True,
    },
    "/v1/chat/completions": lambda text: {
        "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": text}],
        "tools": [{"type": "function", "function": {"name": TOOL}}],
        "stream": True,
    },
    "/v1/responses": lambda text: {
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}],
        "tools": [{"type": "function", "name": TOOL}],
        "stream": True,
    },
    "/v1beta/models/m:streamGenerateContent": lambda text: {
        "contents": [{"role": "user", "parts": [{"text": text}]}],
        "tools": [{"functionDeclarations": [{"name": TOOL}]}],
    },
}


def events(model: Model, path: str, text: str) -> list[Any]:
    """The data of the events that answer a message."""
    answer = httpx.post(model.url + path, json=PROTOCOLS[path](text), timeout=20)
    data = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
    return [json.loads(one) for one in data if one != "[DONE]"]


@pytest.mark.parametrize("path", PROTOCOLS)
def test_a_message_is_answered_and_known(path: str) -> None:
    with serving(Model(Script({}), Ledger())) as model:
        assert "Done." in json.dumps(events(model, path, HELLO.text))
        assert model.ledger.arrival(HELLO).once


@pytest.mark.parametrize("path", PROTOCOLS)
def test_a_cue_calls_the_programs_tool(path: str) -> None:
    with serving(Model(Script({Cue.RUN: Use(TOOL, {"command": "true"})}), Ledger())) as model:
        said = json.dumps(events(model, path, f"please {Cue.RUN.value} now"))
        assert TOOL in said
        assert "command" in said


def test_a_long_answer_lasts_until_the_gate_is_opened() -> None:
    with serving(Model(Script({}), Ledger())) as model:
        said: list[Any] = []
        words = f"please {Cue.LONG.value} now"
        asking = threading.Thread(target=lambda: said.extend(events(model, "/v1/messages", words)))
        asking.start()
        assert model.script.gate.reached.wait(10)
        assert not said
        model.script.gate.open()
        asking.join(10)
        assert "step 0" in json.dumps(said)
