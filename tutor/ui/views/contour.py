"""The way over a loss of two parameters, or of one: contour lines or the curve, and the paths of all runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from tutor.engine.nodes import Array
from tutor.ui.views.dots import dot_rows, line
from tutor.ui.views.picture import SERIES, Row, from_cells

LETTERS = "abcdefghij"
"""The sign of each run on its way; the capital is where it is now."""

_ROWS_PER_LEVEL = 2
_FAR = 1e150
"""What stands for a loss that is not finite; the difference of two such is finite."""


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """The points that a run has been at: (points, 1 or 2)."""

    points: Array


def contour_rows(
    loss: Callable[[Array, Array], Array],
    low: tuple[float, float],
    high: tuple[float, float],
    ways: Sequence[Way],
    width: int,
    height: int,
    *,
    ascii_only: bool = False,
) -> list[Row]:
    """Draw the contour lines of a loss over the plane between two corners, and the ways over it.

    `loss` takes the two coordinates as arrays of one shape.
    """
    if width < 2 or height < 2:
        return []
    columns, rows = width * 2, height * 4
    x = low[0] + (np.arange(columns) + 0.5) / columns * (high[0] - low[0])
    y = high[1] - (np.arange(rows) + 0.5) / rows * (high[1] - low[1])
    with np.errstate(all="ignore"):
        values = np.nan_to_num(loss(*np.meshgrid(x, y)), nan=_FAR, posinf=_FAR, neginf=-_FAR)
    # Even steps of the square root: closer lines where it is steep, yet some of them near the lowest place.
    height_of = np.sqrt(np.maximum(values - values.min(), 0.0))
    level = np.floor(height_of / (height_of.max() or 1.0) * max(4, height // _ROWS_PER_LEVEL))
    dots = np.zeros((rows, columns), dtype=bool)
    dots[:, 1:] |= level[:, 1:] != level[:, :-1]
    dots[1:, :] |= level[1:, :] != level[:-1, :]
    signs = dot_rows(dots, ascii_only=ascii_only)
    cells = [[(sign if sign != "*" else ".", "axis") for sign in one] for one in signs]
    for number, way in enumerate(ways):
        places = [_place(point, low, high, width, height) for point in way.points]
        _walk(cells, places, number)
    _mark_ends(cells, [_place(way.points[-1], low, high, width, height) for way in ways if len(way.points)])
    return [from_cells(one) for one in cells]


def valley_rows(
    loss: Callable[[Array], Array],
    low: float,
    high: float,
    ways: Sequence[Way],
    width: int,
    height: int,
    *,
    ascii_only: bool = False,
) -> list[Row]:
    """Draw the curve of a loss of one parameter, and on it the points that each run has been at."""
    if width < 2 or height < 2:
        return []
    columns, rows = width * 2, height * 4
    x = low + (np.arange(columns) + 0.5) / columns * (high - low)
    with np.errstate(all="ignore"):
        values = np.nan_to_num(loss(x), nan=_FAR, posinf=_FAR, neginf=-_FAR)
    # The steep ends would press the valleys flat.
    bottom, top = float(values.min()), float(np.quantile(values, 0.85))
    span = (top - bottom) or 1.0

    def level(value: Array) -> Array:
        share = np.clip(np.nan_to_num((value - bottom) / span, nan=1.0, posinf=1.0), 0.0, 1.0)
        return np.asarray((1 - share) * (rows - 1))

    dots = np.zeros((rows, columns), dtype=bool)
    levels = level(values)
    for column in range(columns - 1):
        line(dots, (column, float(levels[column])), (column + 1, float(levels[column + 1])))
    cells = [[(sign, "axis") for sign in one] for one in dot_rows(dots, ascii_only=ascii_only)]
    if ascii_only:
        cells = [[("." if sign == "*" else sign, role) for sign, role in one] for one in cells]
    ends = []
    for number, way in enumerate(ways):
        with np.errstate(all="ignore"):
            heights = level(loss(way.points[:, 0])) // 4
        places = [
            (int(np.clip((point - low) / (high - low) * width, 0, width - 1)), int(line_number))
            if np.isfinite(point)
            else None
            for point, line_number in zip(way.points[:, 0], heights, strict=True)
        ]
        _walk(cells, places, number)
        ends += places[-1:]
    _mark_ends(cells, ends)
    return [from_cells(one) for one in cells]


def _place(
    point: Array, low: tuple[float, float], high: tuple[float, float], width: int, height: int
) -> tuple[int, int] | None:
    if not np.isfinite(point).all():
        return None
    column = (point[0] - low[0]) / (high[0] - low[0]) * width
    line_number = (high[1] - point[1]) / (high[1] - low[1]) * height
    return int(np.clip(column, 0, width - 1)), int(np.clip(line_number, 0, height - 1))


def _walk(cells: list[list[tuple[str, str]]], places: Sequence[tuple[int, int] | None], number: int) -> None:
    for place in places:
        if place is not None:
            cells[place[1]][place[0]] = (LETTERS[number % len(LETTERS)], SERIES[number % 3])


def _mark_ends(cells: list[list[tuple[str, str]]], ends: Sequence[tuple[int, int] | None]) -> None:
    for number, place in enumerate(ends):
        if place is not None:
            cells[place[1]][place[0]] = (LETTERS[number % len(LETTERS)].upper(), "strong")
