# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words of questions: what has the form of an answer, and what has not."""

from __future__ import annotations

import pytest
from mosaic_connectors.question_words import Said, asked, chosen, new_id, said_in, same_sign, signs


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("yes K7QXM", Said("K7QXM", "yes")),
        ("K7QXM yes", Said("K7QXM", "yes")),
        ("  Yes k7qxm. ", Said("K7QXM", "Yes")),
        ("`yes K7QXM`", Said("K7QXM", "yes")),
        ("K7QXM: call it\nAurora", Said("K7QXM", "call it\nAurora", own=True)),
        ("[in reply to $1: Deploy?]\nno K7QXM", Said("K7QXM", "no")),
    ],
)
def test_the_forms_of_an_answer(text: str, said: Said) -> None:
    assert said in list(said_in(text))


@pytest.mark.parametrize(
    "text",
    [
        "K7QXM",
        "yes",
        "yes K7QXMA",
        "yesK7QXM",
        "yes\nK7QXM",
        "yes K7Q XM",
        "yes PARTY",
        "yes 34679",
        "yes K1QXM",
        "what about K7QXM then",
        "yes K7QXM and more",
        "",
    ],
)
def test_what_is_no_answer(text: str) -> None:
    assert [said for said in said_in(text) if len(said.words.split()) == 1] == []


def test_an_id_has_a_letter_and_a_digit_and_none_that_is_mistaken() -> None:
    for word in {new_id() for _number in range(300)}:
        assert len(word) == 5
        assert not set(word) & set("0O1IL2Z5S8B")
        assert not word.isalpha()
        assert not word.isdigit()


def test_a_choice_is_meant_by_its_words_in_any_case_or_by_its_number() -> None:
    choices = ("Stop now", "2", "go")
    assert chosen(choices, "stop  NOW") == "Stop now"
    assert chosen(choices, "2") == "2", "its own words come before its number"
    assert chosen(choices, "3") == "go"
    assert chosen(choices, "4") is None
    assert chosen(choices, "²") is None
    assert chosen(choices, "") is None


def test_the_message_ends_with_the_words_that_answer_it() -> None:
    words = asked("K7QXM", "Deploy?\x1b[2J", ("yes", "no"), "2026-01-01 12:00 UTC", free_text=True)
    assert words == (
        "Deploy?[2J\n\n1. yes\n2. no\n\n"
        "Answer until 2026-01-01 12:00 UTC with `yes K7QXM`, `no K7QXM` or `K7QXM: your words`."
    )


def test_signs_are_a_tick_and_a_cross_or_numbers() -> None:
    assert signs(("Yes", "no")) == ("✅", "❌")
    ten = signs(tuple("abcdefghij"))
    assert len(set(ten)) == 10
    assert same_sign(ten[0], "1\u20e3")
