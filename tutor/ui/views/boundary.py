"""The decision boundary: the plane as the network divides it, with the samples in it.

A ground is denser the surer the network is of a class above 0; a sample has the sign of its true class, and
a capital where the network puts it into another one.
"""

from __future__ import annotations

import numpy as np

from tutor.tutoring.network_looks import BoundaryLook
from tutor.ui.views.dots import ASCII_GROUNDS, GROUNDS
from tutor.ui.views.picture import SERIES, Row, from_cells

SIGNS = "oxvsqzkt"
"""The sign of each class; its capital marks a sample on the wrong side."""


def boundary_rows(look: BoundaryLook, *, ascii_only: bool = False) -> list[Row]:
    """Draw the plane, one sign for each cell of the look."""
    rows, columns = look.classes.shape
    signs = ASCII_GROUNDS if ascii_only else GROUNDS
    classes = int(max(look.classes.max(), look.labels.max())) + 1
    cells = [
        [
            (
                _ground(int(look.classes[y, x]), float(look.sure[y, x]), classes, signs),
                _role(look.classes[y, x]),
            )
            for x in range(columns)
        ]
        for y in range(rows)
    ]
    for (x, y), label, found in zip(look.x, look.labels, look.found, strict=True):
        column = _place(x, look.low[0], look.high[0], columns)
        line = rows - 1 - _place(y, look.low[1], look.high[1], rows)
        sign = SIGNS[int(label) % len(SIGNS)]
        wrong = label != found
        if cells[line][column][1] != "strong":  # a sample on the wrong side is never hidden by another
            cells[line][column] = (sign.upper() if wrong else sign, "strong" if wrong else _sample(label))
    return [from_cells(one) for one in cells]


def _ground(found: int, sure: float, classes: int, signs: str) -> str:
    if classes <= 2:
        return (signs[3] if sure >= 0.5 else signs[2]) if found else (signs[0] if sure >= 0.5 else signs[1])
    return signs[found % len(signs)] if sure >= 0.15 else " "


def _role(found: float) -> str:
    return f"{SERIES[int(found) % 3]}-ground"


def _sample(label: float) -> str:
    return SERIES[int(label) % 3]


def _place(value: float, low: float, high: float, cells: int) -> int:
    return int(np.clip((value - low) / (high - low) * cells, 0, cells - 1))
