"""Draw random hostile series, in a child process: a native abort of plotext ends the process that draws.

Usage: plot_fuzz.py SERIES SEED. Prints how many series and charts were drawn; a fault ends it with an error.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from rich.cells import cell_len

from tutor.ui.chart import Chart, Series, draw_chart
from tutor.ui.curve import Curve

Numbers = NDArray[np.float64]
Source = np.random.Generator

SPECIAL = np.array(
    [np.nan, np.inf, -np.inf, 0.0, -0.0, 1e308, -1e308, 5e-324, 1e-310, -1e-320, 1e15, -1e15, 1e5, 1.0, -1.0]
)


def specials_mixed_in(source: Source, size: int) -> Numbers:
    values = source.normal(size=size)
    return np.where(source.random(size) < source.random(), source.choice(SPECIAL, size), values)


def huge_range(source: Source, size: int) -> Numbers:
    return np.asarray(source.choice([-1.0, 1.0, 1.0], size) * 10.0 ** source.uniform(-323, 308, size))


def diverging(source: Source, size: int) -> Numbers:
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray((1 + source.random() * 9) ** np.arange(size) * source.choice([1.0, -1.0, 1e-300]))


def nearly_equal(source: Source, size: int) -> Numbers:
    middle = float(source.choice([1.0, 1e12, -1e-12, 1e15, 5e-324, 0.69]))
    return np.asarray(middle * (1 + source.normal(size=size) * 10.0 ** source.uniform(-18, -2)))


KINDS: tuple[Callable[[Source, int], Numbers], ...] = (
    specials_mixed_in,
    huge_range,
    diverging,
    nearly_equal,
    lambda source, size: np.full(size, source.choice(SPECIAL)),
    lambda source, size: source.choice(SPECIAL, size),
    lambda source, size: -source.exponential(size=size),
    lambda source, size: np.exp(-np.arange(size) / 50) + source.normal(size=size) * 0.01,
)


def hostile_steps(source: Source, size: int) -> Numbers:
    kind = source.integers(8)
    if kind == 0:
        return source.choice(SPECIAL, size)
    if kind == 1:
        return np.full(size, source.choice(SPECIAL))
    if kind == 2:
        return np.sort(huge_range(source, size))
    if kind == 3:
        return source.permutation(size).astype(np.float64)
    start = float(source.choice([0, 0, 1, 10**9, -50]))
    return start + np.arange(size, dtype=np.float64) * int(source.choice([1, 1, 10, 1000]))


def hostile_curve(source: Source) -> Curve:
    size = (0, 1, 2, 3, int(source.integers(4, 60)), int(source.integers(60, 6000)))[source.integers(6)]
    curve = Curve()
    curve.extend(hostile_steps(source, size), KINDS[source.integers(len(KINDS))](source, size))
    return curve


def check_shape(chart: Chart, width: int, height: int, ascii_only: bool) -> None:
    lines = ["".join(piece.text for piece in row) for row in chart.rows]
    assert len(lines) == height, f"{len(lines)} rows instead of {height}"
    for line in lines:
        assert cell_len(line) == width, f"{cell_len(line)} cells instead of {width}: {line!r}"
        assert line.isascii() or not ascii_only, f"not ASCII: {line!r}"
        assert "\x1b" not in line
        assert not any(word in line for word in ("nan", "inf"))


def main(series: int, seed: int) -> None:
    source = np.random.default_rng(seed)
    drawn = charts = 0
    while drawn < series:
        together = [Series(str(place), hostile_curve(source)) for place in range(int(source.integers(1, 4)))]
        width, height = int(source.integers(0, 201)), int(source.integers(0, 61))
        log, ascii_only = bool(source.integers(2)), bool(source.integers(2))
        chart = draw_chart(together, width, height, log=log, ascii_only=ascii_only)
        check_shape(chart, width, height, ascii_only)
        drawn += len(together)
        charts += 1
    sys.stdout.write(f"{drawn} series in {charts} charts\n")


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    main(int(sys.argv[1]), int(sys.argv[2]))
