# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bridge counts, for `status` and for Prometheus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from .series import COUNTERS, GAUGES, Series

PREFIX = "mosaic_connector"


class Counters:
    """The counters of `series.COUNTERS`, all of them at zero at first."""

    def __init__(self) -> None:
        self._values: Counter[tuple[str, str]] = Counter()

    def add(self, name: str, **label: str) -> None:
        """Count one of a series, with the value of its label if it has one."""
        self._values[name, next(iter(label.values()), "")] += 1

    def total(self, name: str) -> int:
        """The sum over all values of its label."""
        return sum(count for (known, _value), count in self._values.items() if known == name)

    def exposition(self, gauges: Mapping[str, float]) -> str:
        """Everything in the text format of Prometheus, version 0.0.4; a gauge that is not given is not shown."""
        lines: list[str] = []
        for name, series in COUNTERS.items():
            lines += _head(f"{name}_total", "counter", series)
            lines += [
                f"{PREFIX}_{name}_total{_inner(series, value)} {self._values[name, value]}"
                for value in self._shown(name, series)
            ]
        for name, series in GAUGES.items():
            if name in gauges:
                lines += [*_head(name, "gauge", series), f"{PREFIX}_{name} {_number(gauges[name])}"]
        return "\n".join(lines) + "\n"

    def _shown(self, name: str, series: Series) -> Iterator[str]:
        """The values of a series' label: those that are known, and whatever else was counted."""
        known = series.values or ("",)
        yield from known
        yield from sorted(value for counted, value in self._values if counted == name and value not in known)


def _head(name: str, type_name: str, series: Series) -> list[str]:
    words = series.words.replace("\\", "\\\\").replace("\n", "\\n")
    return [f"# HELP {PREFIX}_{name} {words}", f"# TYPE {PREFIX}_{name} {type_name}"]


def _inner(series: Series, value: str) -> str:
    return f'{{{series.label}="{_escape(value)}"}}' if series.label else ""


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
