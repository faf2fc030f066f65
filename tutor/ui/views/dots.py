"""Signs of 2 × 4 dots, of one cell in every terminal: fields of dots, grounds of a density, and bars."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Dots = NDArray[np.bool_]

_BLANK = 0x2800
_BITS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])
"""The bit of each dot, by row from the top and column."""

GROUNDS, ASCII_GROUNDS = " ⠂⡪⣿", " .+#"
"""Grounds from none to full."""


def dot_rows(dots: Dots, *, ascii_only: bool = False) -> list[str]:
    """Return a field of dots, (4 × rows, 2 × columns), as rows of signs; in ASCII of stars."""
    rows, columns = dots.shape[0] // 4, dots.shape[1] // 2
    cells = dots[: rows * 4, : columns * 2].reshape(rows, 4, columns, 2)
    if ascii_only:
        return ["".join("*" if cell else " " for cell in one) for one in np.any(cells, axis=(1, 3)).tolist()]
    bits = np.einsum("rich,ih->rc", cells.astype(int), _BITS)
    return ["".join(chr(_BLANK + int(bit)) if bit else " " for bit in one) for one in bits]


def bar(share: float, cells: int, *, ascii_only: bool = False) -> str:
    """Return a bar that fills a share of so many cells, the rest blank."""
    if ascii_only:
        full = round(share * cells)
        return "#" * full + " " * (cells - full)
    halves = round(share * cells * 2)
    return ("⠶" * (halves // 2) + "⠆" * (halves % 2)).ljust(cells)


def line(dots: Dots, start: tuple[float, float], end: tuple[float, float], dash: int = 0) -> None:
    """Set the dots of a straight line between two places (column, row); with `dash`, every other so many."""
    steps = int(max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1))
    share = np.linspace(0.0, 1.0, steps + 1)
    columns = np.rint(start[0] + share * (end[0] - start[0])).astype(int)
    rows = np.rint(start[1] + share * (end[1] - start[1])).astype(int)
    shown = (np.arange(steps + 1) // dash) % 2 == 0 if dash else np.ones(steps + 1, dtype=bool)
    inside = shown & (columns >= 0) & (columns < dots.shape[1]) & (rows >= 0) & (rows < dots.shape[0])
    dots[rows[inside], columns[inside]] = True
