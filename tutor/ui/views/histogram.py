"""Histograms: how the activations of every hidden layer and the gradients of every matrix are spread."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tutor.tutoring.network_looks import Spread, SpreadsLook
from tutor.ui.views.dots import dot_rows
from tutor.ui.views.picture import Mark, Row, number_text, row

_GAP = 3
_FEWEST_ROWS = 2


def histogram_rows(
    look: SpreadsLook, width: int, height: int, heads: tuple[str, str], *, ascii_only: bool = False
) -> list[Row]:
    """Draw activations at the left and gradients at the right, from the input down to the loss.

    `heads` are the words above the two columns. A layer that does not fit is left out, the middle ones first.
    """
    column = max(1, (width - _GAP) // 2)
    most = max(len(look.activations), len(look.gradients))
    block = max(_FEWEST_ROWS + 1, (height - 1) // max(1, most))
    fitting = max(1, (height - 1) // block)
    head = row(
        Mark(heads[0].ljust(column + _GAP)[: column + _GAP], "label"), Mark(heads[1][:column], "label")
    )
    rows = [head]
    left, right = _ends(look.activations, fitting), _ends(look.gradients, fitting)
    for number in range(max(len(left), len(right))):
        blocks = [
            _block(spreads[number], column, block, role, ascii_only) if number < len(spreads) else None
            for spreads, role in ((left, "first"), (right, "second"))
        ]
        for line in range(block):
            marks: list[Mark] = []
            for one in blocks:
                marks += one[line] if one else (Mark(" " * column),)
                marks.append(Mark(" " * _GAP))
            rows.append(tuple(marks[:-1]))
    return rows


def _ends(spreads: Sequence[Spread], count: int) -> list[Spread]:
    if len(spreads) <= count:
        return list(spreads)
    first = count // 2
    return [*spreads[:first], *spreads[len(spreads) - (count - first) :]]


def _block(spread: Spread, width: int, height: int, role: str, ascii_only: bool) -> list[Row]:
    across, up = (1, 1) if ascii_only else (2, 4)
    counts = np.array(spread.counts, dtype=float)
    # Each column of dots shows the fullest of the bins that it covers, or the bin that covers it.
    starts = np.arange(width * across) * counts.size // (width * across)
    levels = counts[starts] if starts.size >= counts.size else np.maximum.reduceat(counts, starts)
    most = levels.max() or 1.0
    tall = max(0, height - 1) * up
    heights = np.where(levels > 0, np.maximum(1, np.rint(levels / most * tall)), 0)
    filled = np.arange(tall)[::-1, None] < heights[None, :]
    dots = filled if not ascii_only else filled.repeat(4, axis=0).repeat(2, axis=1)
    drawn = [row(Mark(text, role)) for text in dot_rows(dots, ascii_only=ascii_only)]
    return [*drawn, row(Mark(_caption(spread, width), "label"))]


def _caption(spread: Spread, width: int) -> str:
    low, high = number_text(spread.low), number_text(spread.high)
    middle = f"{spread.name}" + (f" {spread.quiet:.0%}*" if spread.quiet >= 0.005 else "")
    gap = width - len(low) - len(high) - len(middle)
    if gap < 2:
        return f"{middle} {low}..{high}"[:width].ljust(width)
    return low + " " * (gap // 2) + middle + " " * (gap - gap // 2) + high
