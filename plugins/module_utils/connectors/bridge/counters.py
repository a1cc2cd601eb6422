# Copyright: (c) 2026, the mosaic.fleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bridge counts, for `status` and for Prometheus."""

from __future__ import annotations

from collections import Counter

PREFIX = "mosaic_connector"


class Counters:
    """Named counters with labels."""

    def __init__(self) -> None:
        self._values: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()

    def add(self, name: str, **labels: str) -> None:
        """Count one."""
        self._values[name, tuple(sorted(labels.items()))] += 1

    def total(self, name: str) -> int:
        """The sum over all labels."""
        return sum(count for (known, _labels), count in self._values.items() if known == name)

    def exposition(self, gauges: dict[str, float]) -> str:
        """Everything in the text format of Prometheus, version 0.0.4."""
        lines: list[str] = []
        for name in sorted({name for name, _labels in self._values}):
            lines.append(f"# TYPE {PREFIX}_{name}_total counter")
            for (known, labels), count in sorted(self._values.items()):
                if known == name:
                    inner = ",".join(f'{key}="{_escape(value)}"' for key, value in labels)
                    lines.append(
                        f"{PREFIX}_{name}_total{{{inner}}} {count}"
                        if inner
                        else f"{PREFIX}_{name}_total {count}"
                    )
        for name, value in sorted(gauges.items()):
            lines += [f"# TYPE {PREFIX}_{name} gauge", f"{PREFIX}_{name} {value:g}"]
        return "\n".join(lines) + "\n"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
