# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tmux says of a pane is read whole, or refused in a sentence."""

from __future__ import annotations

import pytest
from mosaic_connectors.errors import TmuxError
from mosaic_connectors.tmux.pane_state import STATE_FORMAT, PaneState, parse_state


def described(**said: str) -> str:
    values = [
        "o",
        "%1",
        "77",
        "0",
        "0",
        "0",
        "0",
        "3",
        "4",
        "1",
        "0",
        "80",
        "9",
        "/dev/pts/1",
        "",
        "",
        "",
        "",
        "",
        "",
    ]
    names = [part.strip("#{}").rpartition(":")[2] for part in STATE_FORMAT.split("\t")]
    return "\t".join(said.get(name.lstrip("@"), value) for name, value in zip(names, values, strict=True))


def state(**said: str) -> PaneState:
    return parse_state(described(**said))


def test_a_description_is_read() -> None:
    seen = state()
    assert (seen.session, seen.pane_id, seen.pid, seen.cursor_x, seen.cursor_y, seen.width) == (
        "o", "%1", "77", 3, 4, 80,
    )  # fmt: skip
    assert (seen.dead, seen.cursor_visible, seen.alternate) == (False, True, False)
    assert not seen.synchronized
    assert state(pane_synchronized="1").synchronized


def test_a_mark_counts_for_the_process_that_got_it() -> None:
    seen = state(
        mosaic_typed="t:1/77", mosaic_entered="t:1/77/blind", mosaic_gone="t:1/76", mosaic_block="77"
    )
    assert seen.has_typed("t:1")
    assert seen.has_entered("t:1")
    assert seen.entered_blindly
    assert not seen.has_gone("t:1")
    assert seen.shown_block
    assert not state(mosaic_typed="t:1/76").has_typed("t:1")


def test_a_text_that_was_seen_to_be_taken_is_not_left_over() -> None:
    assert state(mosaic_typed="t:1/77", mosaic_text="abc").left_over == "abc"
    assert state(mosaic_typed="t:1/77", mosaic_text="abc", mosaic_gone="t:1/77").left_over == ""
    assert state(mosaic_typed="t:1/76", mosaic_text="abc").left_over == ""


@pytest.mark.parametrize("line", ["", "a\tb", described() + "\tmore", described(cursor_x="x")])
@pytest.mark.fault("options of the pane that somebody forged", "refused in words; the message is held")
def test_another_form_is_refused_in_a_sentence(line: str) -> None:
    with pytest.raises(TmuxError, match="expected"):
        parse_state(line)
