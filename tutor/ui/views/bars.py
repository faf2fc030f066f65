"""One reading of every arm as a bar: what was predicted, seen side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size

from tutor.ui.lab_steps import Subject
from tutor.ui.views.dots import bar
from tutor.ui.views.picture import SERIES, Canvas, Mark, Row, View, number_text, row

_VALUE = 9
_FAR = 1000.0
"""From this ratio of the largest to the smallest on, powers of ten show more than lengths."""


def _look_at_reading(subject: Subject, width: int, height: int) -> Any:
    reading = subject.reading
    if not reading:
        return None
    return reading, [(name, arm.readings().get(reading, math.nan)) for name, arm in subject.arms]


def _bars(look: Any, canvas: Canvas) -> list[Row]:
    reading, found = look
    values = [value for _, value in found]
    scale = _Scale(values)
    head = canvas.say(f"reading.{reading}")
    words = canvas.words("legend.bars_log" if scale.log else "legend.bars", reading=head)
    if not words or len(words) + len(found) > canvas.height:
        words = [row(Mark(head, "axis"))] if len(found) < canvas.height else []
    lead = min(max(cell_len(name) for name, _ in found), canvas.width // 2) + 2
    cells = max(1, canvas.width - lead - _VALUE)
    rows: list[Row] = [*words, *([row()] if len(words) + len(found) < canvas.height else [])]
    apart = len(rows) + 2 * len(found) <= canvas.height
    for place, (name, value) in enumerate(found):
        rows.append(
            row(
                Mark(set_cell_size(name, lead)),
                Mark(bar(scale.share(value), cells, ascii_only=canvas.ascii_only), SERIES[place % 3]),
                Mark(f" {_value_text(value, canvas.ascii_only)}"),
            )
        )
        if apart:
            rows.append(row())
    return rows


def _value_text(value: float, ascii_only: bool) -> str:
    if math.isnan(value):
        return "-"
    return "∞" if math.isinf(value) and not ascii_only else number_text(value)


class _Scale:
    """From a value to the share of the longest bar."""

    def __init__(self, values: Sequence[float]) -> None:
        known = [value for value in values if math.isfinite(value)]
        positive = [value for value in known if value > 0]
        self.most = max(positive, default=1.0)
        least = min(positive, default=1.0)
        self.log = all(value > 0 for value in known) and self.most > _FAR * least
        self._low = math.floor(math.log10(least)) - 1
        self._high = max(math.log10(self.most), self._low + 1)

    def share(self, value: float) -> float:
        """Return the length of a bar, 0 to 1."""
        if math.isnan(value) or value <= 0:
            return 0.0
        if math.isinf(value):
            return 1.0
        if self.log:
            return (math.log10(value) - self._low) / (self._high - self._low)
        return value / self.most


BARS = View(_look_at_reading, _bars)
