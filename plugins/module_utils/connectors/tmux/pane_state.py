# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tmux says about a pane, and what we left in it: read in one call, and refused when it cannot be read."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import TmuxError

TYPED_OPTION = "@mosaic_typed"
"""The message whose text went into the pane last, and the process of the program that got it."""

ENTERED_OPTION = "@mosaic_entered"
"""The same for its Enter; with BLIND behind it where no input block showed the text before."""

TEXT_OPTION = "@mosaic_text"
"""A digest of the text typed last: no foreign word ever stands in a tmux format."""

GONE_OPTION = "@mosaic_gone"
"""The message whose text was seen in the input block, and then seen gone from it after Enter."""

SETTLED_OPTION = "@mosaic_settled"
"""The process of the program that was seen to have started."""

BLOCK_OPTION = "@mosaic_block"
"""The process of the program that was seen with a live input block."""

BLIND = "/blind"

_FIELDS = (
    "session_name",
    "pane_id",
    "pane_pid",
    "pane_dead",
    "pane_input_off",
    "pane_in_mode",
    "pane_synchronized",
    "cursor_x",
    "cursor_y",
    "cursor_flag",
    "alternate_on",
    "pane_width",
    "history_size",
    "pane_tty",
)
_OPTIONS = (TYPED_OPTION, ENTERED_OPTION, TEXT_OPTION, GONE_OPTION, SETTLED_OPTION, BLOCK_OPTION)

STATE_FORMAT = "\t".join(
    # Whatever runs in the pane may set its options: nothing of theirs may look like a separator.
    [*(f"#{{{name}}}" for name in _FIELDS), *(f"#{{s|[^ -~]|_|:{name}}}" for name in _OPTIONS)]
)
"""A tmux format whose expansion `parse_state` reads."""


@dataclass(frozen=True)
class PaneState:
    """What tmux says about a pane."""

    session: str
    pane_id: str
    pid: str
    dead: bool
    input_off: bool
    in_mode: bool
    synchronized: bool
    cursor_x: int
    cursor_y: int
    cursor_visible: bool
    alternate: bool
    width: int
    history: int
    tty: str
    typed: str
    entered: str
    text: str
    gone: str
    settled: str
    block: str

    def has_typed(self, token: str) -> bool:
        """Whether the text of `token` went into the program that runs now, as the last one that did."""
        return self.typed == f"{token}/{self.pid}"

    def has_entered(self, token: str) -> bool:
        """Whether Enter was pressed for `token`."""
        return self.entered.removesuffix(BLIND) == f"{token}/{self.pid}"

    @property
    def entered_blindly(self) -> bool:
        """Whether the last Enter was pressed without having seen the text in an input block."""
        return self.entered.endswith(BLIND)

    @property
    def shown_block(self) -> bool:
        """Whether the program that runs now was seen with a live input block."""
        return self.block == self.pid

    def has_gone(self, token: str) -> bool:
        """Whether the text of `token` was seen to be taken."""
        return self.gone == f"{token}/{self.pid}"

    @property
    def left_over(self) -> str:
        """The digest of a text of ours that was never seen to be taken; empty when there is none."""
        ours = self.typed.endswith(f"/{self.pid}") and self.typed != self.gone
        return self.text if ours else ""


def parse_state(line: str) -> PaneState:
    """Read one expansion of STATE_FORMAT; raises `TmuxError` for one in another form."""
    values = line.split("\t")
    names = (*_FIELDS, *_OPTIONS)
    if len(values) != len(names):
        raise TmuxError(
            f"tmux is expected to describe a pane by {len(names)} values, and gave {line[:60]!r}. "
            "Look whether the pane's title or options were changed: tmux show-options -p"
        )
    said = dict(zip(names, values, strict=True))
    return PaneState(
        session=said["session_name"],
        pane_id=said["pane_id"],
        pid=said["pane_pid"],
        dead=said["pane_dead"] == "1",
        input_off=said["pane_input_off"] == "1",
        in_mode=said["pane_in_mode"] not in ("", "0"),
        synchronized=said["pane_synchronized"] == "1",
        cursor_x=_count(said, "cursor_x"),
        cursor_y=_count(said, "cursor_y"),
        cursor_visible=said["cursor_flag"] != "0",
        alternate=said["alternate_on"] == "1",
        width=_count(said, "pane_width"),
        history=_count(said, "history_size"),
        tty=said["pane_tty"],
        typed=said[TYPED_OPTION],
        entered=said[ENTERED_OPTION],
        text=said[TEXT_OPTION],
        gone=said[GONE_OPTION],
        settled=said[SETTLED_OPTION],
        block=said[BLOCK_OPTION],
    )


def _count(said: dict[str, str], name: str) -> int:
    try:
        return int(said[name] or 0)
    except ValueError:
        raise TmuxError(
            f"tmux is expected to give a number as {name}, and gave {said[name][:20]!r}."
        ) from None
