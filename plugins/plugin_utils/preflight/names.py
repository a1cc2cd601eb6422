# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names that are one or two letters from a right one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator

FARTHEST = 2
"""How many letters may be missing, too many or wrong for a name to be taken for a misspelt one."""
_NEVER_OURS = ("ansible_", "_")


def misspelt(names: Iterable[str], known: Collection[str], is_used: Callable[[str], bool]) -> Iterator[str]:
    """A sentence for each name that is nearly one of the known ones, and is used by nothing of ours.

    `is_used` is asked of those alone that are near, since looking takes a while.
    """
    for name in sorted(set(names) - set(known)):
        if name.startswith(_NEVER_OURS):
            continue
        meant = nearest(name, known)
        if meant and not is_used(name):
            yield (
                f"The variable {name} is read by nothing here, and {meant} is. Correct its name; if {name} is a variable of your own, "
                "write it into fleet_known_variables."
            )


def nearest(name: str, known: Collection[str]) -> str:
    """The name that is a letter or two from this one; empty where none is."""
    near = [(distance, other) for other in known if (distance := _distance(name, other)) <= FARTHEST]
    return min(near)[1] if near else ""


def _distance(one: str, other: str) -> int:
    """How many letters have to be put in, left out or replaced; more than FARTHEST is as good as any."""
    if abs(len(one) - len(other)) > FARTHEST or not _shares_a_piece(one, other):
        return FARTHEST + 1
    row = list(range(len(other) + 1))
    for place, letter in enumerate(one, 1):
        diagonal, row[0] = row[0], place
        for column, against in enumerate(other, 1):
            cost = diagonal + (letter != against)
            diagonal = row[column]
            row[column] = min(cost, diagonal + 1, row[column - 1] + 1)
        if min(row) > FARTHEST:
            return FARTHEST + 1
    return row[-1]


def _shares_a_piece(one: str, other: str) -> bool:
    """Whether one has any third of the other as it is: two letters cannot spoil all the three."""
    third = len(other) // 3
    return any(piece in one for piece in (other[:third], other[third : 2 * third], other[2 * third :]))
