# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person wrote on Discord arrives in words, whatever form it was written in."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.border import Foreign
from mosaic_connectors.discord.messages import read_message
from mosaic_connectors.discord.words import UNKNOWN, content_of

_CI = {"title": "CI failed", "description": "job 7", "fields": [{"name": "step", "value": "unit"}]}


def _text(**message: Any) -> str | None:
    shape = {"id": "1200000000000000000", "type": 0, "channel_id": "1", "author": {"id": "2"}, "content": ""}
    received = read_message({**shape, **message}, "1")
    return received.text if received else None


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({}, UNKNOWN),
        ({"content": None}, UNKNOWN),
        (
            {"poll": {"question": {"text": "Deploy?"}, "answers": [{"poll_media": {"text": "yes"}}]}},
            "[poll] Deploy?\n1. yes",
        ),
        ({"embeds": [_CI]}, "CI failed\njob 7\nstep: unit"),
        ({"content": "https://a.example", "embeds": [{"type": "link", "title": "x"}]}, "https://a.example"),
        ({"content": "look", "embeds": [{"type": "rich", "title": "x"}]}, "look\nx"),
        (
            {
                "components": [
                    {
                        "type": 17,
                        "components": [
                            {"type": 10, "content": "# Report"},
                            {"type": 1, "components": [{"label": "Run"}]},
                        ],
                    },
                    {
                        "type": 9,
                        "components": [{"content": "all red"}],
                        "accessory": {"media": {"url": "https://p"}},
                    },
                    {"type": 12, "items": [{"media": {"url": "https://q"}, "description": "graph"}]},
                ]
            },
            "# Report\nRun\nall red\n[media: https://p]\ngraph\n[media: https://q]",
        ),
        (
            {"message_snapshots": [{"message": {"content": "one\ntwo\n\nthree", "embeds": [_CI]}}]},
            "[forwarded] one\n[forwarded] two\n[forwarded] three\n"
            "[forwarded] CI failed\n[forwarded] job 7\n[forwarded] step: unit",
        ),
        ({"message_snapshots": [{"message": {}}]}, f"[forwarded] {UNKNOWN}"),
        (
            {"components": [{"file": {"url": "https://cdn.discordapp.com/attachments/1/2/a.png?ex=1&hm=2"}}]},
            "[media: a.png: still with Discord]",
        ),
    ],
)
def test_words_are_read_wherever_they_stand(message: dict[str, Any], text: str) -> None:
    """Polls, embeds, components and every line of what is forwarded; what has none says so."""
    assert _text(**message) == text


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (
            {
                "referenced_message": {
                    "id": "9",
                    "content": "Delete A\nor B?",
                    "author": {"username": "mosaic"},
                }
            },
            "[in reply to 9 of mosaic: Delete A or B?]\nB",
        ),
        ({"referenced_message": None, "message_reference": {"message_id": "9"}}, "[in reply to 9]\nB"),
        (
            {"referenced_message": {"id": "9", "content": "\x1b[2J" + "x" * 9000}},
            f"[in reply to 9: [2J{'x' * 76}…]\nB",
        ),
        ({}, "B"),
    ],
)
def test_a_reply_names_what_it_answers(message: dict[str, Any], text: str) -> None:
    """By its id, its author and its first words, harmless and in one line."""
    assert _text(type=19, content="B", **message) == text


def test_a_mention_of_a_user_without_a_name_stays() -> None:
    """Whatever the list of mentions holds."""
    assert content_of(Foreign({"content": "<@1>", "mentions": [{"id": ["1"]}, 7]})) == "<@1>"


_PARTS = st.recursive(
    st.none() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *(
                        "content",
                        "mentions",
                        "id",
                        "username",
                        "message_snapshots",
                        "message",
                        "embeds",
                        "fields",
                    ),
                    *(
                        "poll",
                        "question",
                        "answers",
                        "poll_media",
                        "text",
                        "components",
                        "items",
                        "accessory",
                    ),
                    *(
                        "media",
                        "url",
                        "footer",
                        "attachments",
                        "sticker_items",
                        "referenced_message",
                        "author",
                    ),
                ]
            ),
            inner,
        )
    ),
    max_leaves=20,
)


@given(
    st.dictionaries(
        st.sampled_from(["content", "embeds", "poll", "components", "message_snapshots"]), _PARTS
    ),
    _PARTS,
)
def test_a_message_of_a_person_is_never_dropped(message: dict[str, Any], answered: Any) -> None:
    """Whatever JSON it is made of, there is a text, and nothing raises."""
    assert (_text(**message) or "").strip()
    assert _text(type=19, referenced_message=answered, **message)


def test_what_is_nested_without_end_is_read_to_a_bound() -> None:
    """Depth that no client makes costs no depth of ours."""
    forward: dict[str, Any] = {"content": "deep"}
    component: dict[str, Any] = {"content": "deep"}
    for _unused in range(500):
        forward = {"content": "", "message_snapshots": [{"message": forward}]}
        component = {"components": [component]}
    assert _text(**forward) is not None
    assert _text(components=[component]) == UNKNOWN
