"""Sketches of what can be predicted: curves and bars, in as many rows as there are, down to a single one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from tutor.tutoring.predictions import Trend

Shape = Callable[[float], float]
"""The height of a curve, 0 to 1, at a place from 0 to 1."""

_START = 0.6
"""How high every loss begins, of the height of a sketch."""

_WAVES = 9


def _falling(time: float) -> float:
    return _START * (0.12 + 0.88 * math.exp(-5 * time))


def _wave(time: float) -> float:
    return math.sin(2 * math.pi * _WAVES * time) * math.sin(40 * time + 1)


def _dip(place: float) -> Shape:
    return lambda time: min(1.0, 0.05 + abs(time - place) / max(place, 1 - place) * 0.95)


def _logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x))


SHAPES: Mapping[str, Shape] = {
    Trend.SOLVED.value: lambda time: _START * math.exp(-7 * time),
    Trend.PARTLY.value: lambda time: _START * (0.5 + 0.5 * math.exp(-9 * time)),
    Trend.FLAT.value: lambda time: _START,
    Trend.GROWS.value: lambda time: _START + (1 - _START) * time**3,
    "bounces": lambda time: _START * math.exp(-4 * time) * (0.55 + 0.45 * math.cos(25 * time)),
    "wavy": lambda time: _falling(time) + 0.05 * _wave(time),
    "noisy": lambda time: max(0.0, _falling(time) + 0.25 * _wave(time)),
    "falls": lambda time: 1 - 0.97 * time,
    "dips_early": _dip(0.12),
    "dips": _dip(0.35),
    "dips_late": _dip(0.6),
    "hump": lambda place: 4 * _logistic(16 * place - 8) * _logistic(8 - 16 * place),
    "climbs": lambda place: _logistic(14 * place - 7),
    "valley": lambda place: abs(2 * place - 1) ** 1.5,
}
"""Curves by the names that a lab gives them; time or place goes from left to right."""

BARS: Mapping[str, Sequence[float]] = {
    "bars_low": (0.02, 0.05, 0.1),
    "bars_ramp": (0.02, 0.25, 0.5),
    "bars_jump": (0.02, 0.6, 1.0),
    "bars_full": (0.02, 0.95, 1.0),
    "bars_level": (0.7,) * 10,
    "bars_even": tuple((layer + 1) / 10 for layer in range(10)),
    "bars_late": tuple(0.3 ** (9 - layer) for layer in range(10)),
    "bars_early": tuple(1 - layer / 10 for layer in range(10)),
}
"""Bars by the names that a lab gives them, each from 0 to 1."""

_BRAILLE = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""The bits of a sign of 2 × 4 dots, by column and from the bottom up."""

SMALL = 6
"""Cells of a sketch in a single row."""

_IN_A_ROW: Mapping[str, tuple[str, str]] = {
    Trend.SOLVED.value: ("321100000000", "321000"),
    Trend.PARTLY.value: ("322111111111", "321111"),
    Trend.GROWS.value: ("111111122233", "111123"),
    "bounces": ("303020201000", "302010"),
    "wavy": ("322122111011", "322121"),
    "noisy": ("323130213021", "313021"),
}
"""Heights of curves that a single row has too few columns for: in dots, and in signs of ASCII."""

_CURVE_SIGNS, _BAR_SIGNS = "_.-'", "_.:|"
"""Heights within one row where only ASCII is wanted."""


def sketch_rows(name: str, width: int, height: int, ascii_only: bool) -> list[str]:
    """Return a sketch in `height` rows of `width` cells, from the top down."""
    across, up = (1, 1) if ascii_only else (2, 4)
    return _drawn(_levels(name, width * across, height * up), name in BARS, width, height, ascii_only)


def _drawn(levels: Sequence[int | None], bars: bool, width: int, height: int, ascii_only: bool) -> list[str]:
    across, up = (1, 1) if ascii_only else (2, 4)
    cells = [[0] * width for _ in range(height)]
    for column, level in enumerate(levels):
        if level is None:
            continue
        before = levels[column - 1] if column else level
        # The dots up to the level before join a steep part of a curve.
        joined = () if before is None else (*range(before + 1, level), *range(level + 1, before))
        for dot in range(level + 1) if bars else {level, *joined}:
            cells[dot // up][column // across] |= _BRAILLE[column % across][dot % up]
    full = "#" if bars else "*"
    return [
        "".join(" " if not bits else full if ascii_only else chr(0x2800 + bits) for bits in row)
        for row in reversed(cells)
    ]


def small_sketch(name: str, ascii_only: bool) -> str:
    """Return a sketch in a single row of `SMALL` cells."""
    signs = _BAR_SIGNS if name in BARS else _CURVE_SIGNS
    columns = SMALL if ascii_only else 2 * SMALL
    by_hand = _IN_A_ROW.get(name)
    levels = _levels(name, columns, len(signs)) if by_hand is None else [*map(int, by_hand[ascii_only])]
    if ascii_only:
        return "".join(" " if level is None else signs[level] for level in levels)
    return _drawn(levels, name in BARS, SMALL, 1, ascii_only)[0]


def _levels(name: str, columns: int, most: int) -> list[int | None]:
    """Return the height at every column, 0 up to below `most`; None between two bars."""
    bars = BARS.get(name)
    if bars is None:
        shape = SHAPES[name]
        heights: list[float | None] = [shape(column / max(1, columns - 1)) for column in range(columns)]
    else:
        wide = columns // len(bars)
        heights = [None] * columns
        for number, bar in enumerate(bars):
            end = max(1, wide - 1) if wide > 2 else wide
            heights[number * wide : number * wide + end] = [bar] * end
        if not wide:
            heights = [bars[column * len(bars) // columns] for column in range(columns)]
    return [None if height is None else min(most - 1, round(height * (most - 1))) for height in heights]
