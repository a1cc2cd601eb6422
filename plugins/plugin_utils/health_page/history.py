# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The last 24 hours of a host as small plots, drawn from what its bridge kept (`mosaic-connector history --json`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from ...module_utils.connectors.border import BorderError, Foreign, number, read_json

MOST = 288
"""Samples of a day; of a longer list the newest are taken."""

HEIGHT = 32

Samples = Sequence["int | None"]


@dataclass(frozen=True)
class Plot:
    """One figure of one host: `path` is drawn (the data of an SVG path), `says` tells it in words, `number` sorts."""

    name: str
    path: str
    says: str
    number: float


def _share(samples: Samples) -> tuple[str, float]:
    share = 100 * sum(min(one, 1) for one in _known(samples)) / len(_known(samples))
    return f"{int(share)} % of the time", share


def _most(samples: Samples) -> tuple[str, float]:
    most = max(_known(samples))
    return f"most {most}, last {_known(samples)[-1]}", most


def _sum(samples: Samples) -> tuple[str, float]:
    return f"{sum(_known(samples))} in all", sum(_known(samples))


FIGURES: Mapping[str, tuple[str, Callable[[Samples], tuple[str, float]]]] = {
    "up": ("Channel up", _share),
    "held": ("Inbox held", _share),
    "inbox": ("Waiting in", _most),
    "outbox": ("Waiting out", _most),
    "questions": ("Questions", _most),
    "received": ("Received", _sum),
    "sent": ("Sent", _sum),
}
"""Figure: what it is called, and what is said of it."""


def plots(history: Any) -> list[Plot]:
    """The plots of a host, in the order of `FIGURES`; none where nothing was kept, and none of nonsense.

    `history` is what the host said, as text or as what Ansible made of the text.
    """
    try:
        figures = Foreign(read_json(history) if isinstance(history, str) else history).object("figures").plain
    except BorderError:
        return []
    drawn = [_plot(name, figures.get(name)) for name in FIGURES]
    return [one for one in drawn if one is not None]


def _plot(name: str, values: Any) -> Plot | None:
    if not isinstance(values, (list, tuple)):
        return None
    samples = [None if one is None or one < 0 else one for one in map(number, values[-MOST:])]
    if not _known(samples):
        return None
    title, words = FIGURES[name]
    says, sorts_by = words(samples)
    return Plot(title, " ".join(_steps(samples)), says, sorts_by)


def _known(samples: Samples) -> list[int]:
    return [one for one in samples if one is not None]


def _steps(samples: Samples) -> Iterator[str]:
    """An area for each stretch of samples, a step for each value; where there is no sample there is nothing."""
    top = max([1, *_known(samples)])
    place = MOST - len(samples)
    for value, same in groupby(samples):
        width = len(list(same))
        if value:
            yield f"M{place} {HEIGHT}V{HEIGHT - round(value * (HEIGHT - 2) / top)}h{width}V{HEIGHT}z"
        elif value == 0:
            # A line at the bottom: nothing was there, which is something else than that nobody looked.
            yield f"M{place} {HEIGHT}v-1h{width}v1z"
        place += width
