# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a check came to, judged by the model's ledger and never by the pane's own word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from .model.ledger import Arrival


class Kind(str, Enum):
    """The four things that can be said, and that a check was not for this program."""

    EXACT = "exact"
    HELD = "held"
    UNVERIFIED = "unverified"
    FAILED = "FAILED"
    NONE = "-"


@dataclass(frozen=True)
class Verdict:
    """One check of one program."""

    kind: Kind
    detail: str = ""

    def __str__(self) -> str:
        """As the table says it."""
        return f"{self.kind.value}: {self.detail}" if self.detail else self.kind.value

    @property
    def clean(self) -> bool:
        """Whether the program is in the state that the next check expects."""
        return self.kind in (Kind.EXACT, Kind.HELD, Kind.NONE)


def failed(why: str) -> Verdict:
    """A fault of the pane's."""
    return Verdict(Kind.FAILED, why)


def judge(outcome: str, arrival: Arrival, *, holds: Sequence[str] = ()) -> Verdict:
    """A message that should have arrived: what the pane said of it, and what the model got.

    `outcome` is the pane's word (`submitted`, `unverified`) or `held`; `holds` are the reasons it gave before.
    """
    if arrival.exact > 1:
        return failed(f"received {arrival.exact} times")
    if arrival.others:
        return failed(f"received altered: {arrival.others[-1][:160]!r}")
    if outcome == "held":
        told = f"{'received, yet ' if arrival.exact else ''}held though nothing was open: {holds[-1]}"
        return failed(told)
    if outcome == "unverified":
        return Verdict(Kind.UNVERIFIED, "" if arrival.exact else "and not received")
    if not arrival.exact:
        return failed("submitted, and nothing was received")
    remarks = ["sent in one with others by the program"] if arrival.joined else []
    return Verdict(Kind.EXACT, "; ".join([*remarks, *([f"after: {holds[-1]}"] if holds else [])]))


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """The worst of several, with how many there were of each."""
    worst = max(verdicts, key=lambda one: list(Kind).index(one.kind) if one.kind is not Kind.NONE else -1)
    if all(one.kind is Kind.EXACT for one in verdicts):
        details = [one.detail for one in verdicts if one.detail]
        return Verdict(
            Kind.EXACT, "; ".join(dict.fromkeys([f"{len(verdicts)} of {len(verdicts)}", *details]))
        )
    return worst
