# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a far side says, what comes in is bounded, printable and of the type that was asked for."""

from __future__ import annotations

import json
import math
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mosaic_connectors.border import (
    BorderError,
    Foreign,
    file_name,
    identifier,
    in_path,
    number,
    read_json,
    seconds,
    snowflake,
    token,
    words,
)
from mosaic_connectors.secrets import Secret

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
        b"[" * 1_000_000,
        b'{"a":' * 201 + b"1" + b"}" * 201,
        b"[" + b"{}," * 3_000_001 + b"{}]",
        b"[" + b",".join([b"[" * 190 + b"]" * 190] * 20_000) + b"]",
        b"{",
        b"",
        b"<html>",
        b"\xff\xfe",
        b'{"a": 1} x',
    ],
    ids=lambda body: f"{body[:8]!r} and {len(body)} bytes",
)
def test_json_that_swells_sinks_or_breaks_is_refused_at_once(body: bytes) -> None:
    """Before it costs memory or a stack; never by another exception."""
    began = time.process_time()
    with pytest.raises(BorderError):
        read_json(body)
    assert time.process_time() - began < 3


def test_json_of_two_hundred_levels_is_read() -> None:
    assert read_json(b"[" * 200 + b"]" * 200)


@pytest.mark.parametrize(("levels", "read"), [(199, True), (200, False)])
def test_depth_is_counted_through_a_long_document(levels: int, read: bool) -> None:
    """It is walked a piece at a time."""
    body = b"[" + b"[]," * 100_000 + b"[" * levels + b"]" * levels + b"]"
    if read:
        assert len(read_json(body)) == 100_001
    else:
        with pytest.raises(BorderError, match="200 levels"):
            read_json(body)


def test_brackets_in_strings_are_no_depth() -> None:
    """Nor are escaped quotation marks an end of them."""
    document = {"body": "[" * 5000 + '\\"{[' * 100 + "\\" * 7, "x": ["}"]}
    assert read_json(json.dumps(document)) == document


@given(ANYTHING)
def test_json_is_read_as_python_reads_it(document: Any) -> None:
    """But for numbers beyond counting, which are none."""
    body = json.dumps(document)
    expected = json.loads(
        body,
        parse_int=lambda digits: int(digits) if len(digits) <= 19 else None,
        parse_float=lambda digits: float(digits) if math.isfinite(float(digits)) else None,
        parse_constant=lambda _name: None,
    )
    assert read_json(body) == expected


def test_a_number_beyond_counting_costs_itself_alone() -> None:
    """One writer's nonsense in an answer leaves the words of all others readable."""
    body = b'{"a":NaN,"b":1' + b"0" * 5000 + b',"c":1e999,"d":-Infinity,"e":"kept"}'
    assert read_json(body) == {"a": None, "b": None, "c": None, "d": None, "e": "kept"}


@pytest.mark.parametrize(
    "value", ["", "x" * 256, "ü" * 128, "a\nb", "a\tb", "\ud800", "a\x00", 7, None, ["$a"]]
)
def test_what_is_no_identifier_is_none(value: object) -> None:
    assert identifier(value) is None


def test_identifiers_and_tokens_are_taken_up_to_their_bounds() -> None:
    assert identifier("$" + "x" * 254)
    assert identifier("@tütü:example.org")
    assert token("s" * 4096)
    assert token("s" * 4097) is None
    assert token("s1\ud800") is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1.5, 1.5),
        ("2.5", 2.5),
        (0, 0),
        (1e9, 3600.0),
        (10**400, None),
        (math.inf, None),
        (math.nan, None),
        ("inf", None),
        ("nan", None),
        (-1, None),
        (True, None),
        ("1" * 400, None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        (None, None),
        ([1], None),
    ],
)
def test_seconds_are_finite_and_bounded(value: object, expected: float | None) -> None:
    assert seconds(value) == expected


def test_whole_numbers_are_countable_and_no_booleans() -> None:
    assert number(3) == 3
    assert number(2**53 + 1) is None
    assert number(True) is None
    assert number(3.0) is None


def test_snowflakes_are_digits_below_two_to_the_64() -> None:
    assert snowflake("1200000000000000000") == 1200000000000000000
    assert snowflake("9" * 20) is None
    assert snowflake("9" * 5000) is None
    assert snowflake("²") is None
    assert snowflake(12) is None


def test_words_are_redacted_before_they_are_cut() -> None:
    """In this order: a secret at the cut would stay in half, and a control character could split one."""
    secret = Secret('syt_"SECRET')
    assert "SECRET" not in words("x" * 292 + secret.reveal(), [secret])
    quoted = json.dumps({"password": secret.reveal()})
    assert "SECRET" not in words(f"too weak: {quoted} or syt_%22SECRET", [secret])
    assert words("a\x1b[2J\u009bb\r\nc") == "a[2Jb c"
    assert len(words("x" * 10_000)) == 300
    assert words({"not": "a text"}) == ""


@given(st.text(alphabet="./\\aü\x00\n\ud800", max_size=400))
def test_a_file_name_leads_nowhere(name: str) -> None:
    safe = file_name(name)
    assert safe
    assert "/" not in safe
    assert not safe.startswith(".")
    assert len(safe.encode()) <= 120


def test_dots_lead_to_no_other_route() -> None:
    assert in_path("..") == "%2E%2E"
    assert in_path(".") == "%2E"
    assert in_path("a/../b") == "a%2F..%2Fb"


@given(ANYTHING, st.text())
def test_a_foreign_object_answers_by_type_whatever_it_holds(document: Any, key: str) -> None:
    """Never an exception, and never a value of another type."""
    for values in (document, {key: document}):
        found = Foreign(values)
        text = found.text(key)
        assert text is None or text.encode() is not None
        assert isinstance(found.object(key), Foreign)
        assert all(isinstance(one, Foreign) for one in found.objects(key))
        assert all(isinstance(one, str) for one in found.identifiers(key))
        for bounded in (found.identifier(key), found.token(key)):
            assert bounded is None or bounded.isprintable()
        told = found.seconds(key)
        assert told is None or 0 <= told <= 3600
        assert isinstance(found.words(key), str)
        assert isinstance(found.number(key), (int, type(None)))
