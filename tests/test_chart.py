"""A chart shows any run, however wild, in exactly the cells it was given."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.cells import cell_len

from tutor.ui.chart import Chart, Note, NoteKind, Piece, Series, draw_chart, marker_sample
from tutor.ui.curve import Curve

ROOT = Path(__file__).parent.parent


def series(values: object, name: str = "run", start: int = 0) -> Series:
    curve = Curve()
    numbers = np.asarray(values, dtype=np.float64)
    curve.extend(np.arange(start, start + numbers.size), numbers)
    return Series(name, curve)


def lines(chart: Chart) -> list[str]:
    return ["".join(piece.text for piece in row) for row in chart.rows]


def rows_of(chart: Chart, place: int) -> list[int]:
    return [y for y, row in enumerate(chart.rows) if any(piece.series == place for piece in row)]


def value_labels(chart: Chart) -> list[str]:
    return [line.split("┤")[0].strip() for line in lines(chart) if "┤" in line]


@pytest.mark.parametrize(
    "length", [pytest.param(1_000, id="1000"), pytest.param(50_000, id="50000", marks=pytest.mark.long)]
)
def test_hostile_series_neither_raise_nor_end_the_process(length: int) -> None:
    child = subprocess.run(
        [sys.executable, str(ROOT / "tests" / "plot_fuzz.py"), str(length), "2"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=1800,
    )
    assert child.returncode == 0, child.stderr[-2000:]
    # plotext must not write by itself: the terminal belongs to the app.
    assert child.stderr == ""
    assert int(child.stdout.split()[0]) >= length
    assert len(child.stdout.splitlines()) == 1


def test_the_drawing_library_is_loaded_with_the_first_chart_only() -> None:
    program = "import sys, tutor.ui.widgets.loss_plot; sys.exit('plotext' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(
    "values",
    [
        [],
        [1.0],
        [0.0],
        [-1.0],
        [2, 2, 2],
        [math.nan] * 3,
        [math.inf, -math.inf],
        [5e-324, 0],
        [1e308, -1e308],
    ],
    ids=str,
)
def test_odd_runs_fill_exactly_the_cells(values: list[float], log: bool) -> None:
    chart = draw_chart([series(values)], 40, 10, log=log)
    assert [cell_len(line) for line in lines(chart)] == [40] * 10


@pytest.mark.parametrize(("width", "height"), [(0, 0), (0, 7), (7, 0), (11, 30), (80, 4), (-1, -1)])
def test_a_box_too_small_stays_blank_and_says_so(width: int, height: int) -> None:
    chart = draw_chart([series([1, 2])], width, height)
    assert lines(chart) == [" " * width] * height
    assert chart.notes == (Note(NoteKind.TOO_SMALL),)


def test_a_falling_loss_falls() -> None:
    chart = draw_chart([series(np.linspace(1, 0, 60))], 60, 12)
    left = [y for y, line in enumerate(lines(chart)) if line[4:8].strip()]
    right = [y for y, line in enumerate(lines(chart)[:-2]) if line[-4:].strip()]
    assert max(left[:1]) < min(right)
    assert rows_of(chart, 0) == list(range(10))


def test_a_straight_line_on_a_log_axis_is_an_exponential() -> None:
    chart = draw_chart([series(10.0 ** -np.linspace(0, 4, 41))], 50, 14, log=True)
    ends = [line.rstrip()[-1] for line in lines(chart)]
    first = [next(x for x, sign in enumerate(lines(chart)[y][7:]) if sign != " ") for y in rows_of(chart, 0)]
    steps = np.diff(first)
    assert steps.min() >= 1
    assert steps.max() - steps.min() <= 2
    assert len(ends) == 14


def test_an_infinite_loss_is_named_with_its_step_and_the_rest_is_drawn() -> None:
    values = [0.5 * 1.5**step for step in range(37)] + [math.inf, math.nan, math.nan]
    chart = draw_chart([series(values, "η = 3")], 60, 12)
    assert Note(NoteKind.INFINITE, "η = 3", 37) in chart.notes
    assert Note(NoteKind.NAN, "η = 3", 38) in chart.notes
    assert rows_of(chart, 0)


def test_values_that_a_log_axis_cannot_show_are_counted() -> None:
    values = [1, 0.1, 0, -1, 0.01]
    assert draw_chart([series(values)], 40, 10, log=True).notes == (Note(NoteKind.NOT_POSITIVE, "run", 2, 2),)
    assert draw_chart([series(values)], 40, 10).notes == ()


@pytest.mark.parametrize(("value", "log"), [(1e20, False), (-1e20, False), (1e20, True), (1e-20, True)])
def test_values_beyond_the_drawn_range_are_clipped_and_named(value: float, log: bool) -> None:
    chart = draw_chart([series([1, value])], 40, 10, log=log)
    assert [note.kind for note in chart.notes] == [NoteKind.CLIPPED]
    assert not any("20" in label for label in value_labels(chart))


def test_a_line_is_not_drawn_across_a_gap() -> None:
    whole = draw_chart([series([1, 1, 1, 1, 1, 1, 1])], 60, 10)
    broken = draw_chart([series([1, 1, 1, math.nan, math.nan, 1, 1])], 60, 10)

    def drawn_cells(chart: Chart) -> int:
        return sum(len(p.text) - p.text.count(" ") for row in chart.rows for p in row if p.series == 0)

    assert drawn_cells(whole) * 0.4 < drawn_cells(broken) < drawn_cells(whole) * 0.7


def test_series_differ_by_marker_as_well_as_by_place() -> None:
    chart = draw_chart([series([place] * 9, str(place)) for place in range(3)], 60, 12)
    signs = [
        {sign for row in chart.rows for piece in row if piece.series == place for sign in piece.text} - {" "}
        for place in range(3)
    ]
    assert all(signs)
    assert not signs[0] & signs[1]
    assert not signs[0] & signs[2]
    assert not signs[1] & signs[2]


def test_runs_of_different_length_share_one_axis() -> None:
    chart = draw_chart([series([1] * 1000), series([2] * 500)], 60, 12)

    def right_end(place: int) -> int:
        ends = []
        for row in chart.rows:
            x = 0
            for piece in row:
                x += len(piece.text)
                if piece.series == place:
                    ends.append(x)
        return max(ends)

    assert right_end(0) == pytest.approx(60, abs=1)
    assert right_end(1) == pytest.approx(31, abs=2)


def test_ascii_means_ascii_everywhere() -> None:
    chart = draw_chart([series([3, 1, 2]), series([1, 2, 3])], 50, 12, ascii_only=True)
    assert all(line.isascii() for line in lines(chart))
    assert {"*", "o"} <= set("".join(lines(chart)))
    assert marker_sample(0, ascii_only=True) == "**"


@pytest.mark.parametrize("place", range(3))
def test_a_legend_sample_is_two_cells(place: int) -> None:
    assert cell_len(marker_sample(place)) == cell_len(marker_sample(place, ascii_only=True)) == 2


@pytest.mark.parametrize(
    ("values", "log", "wanted"),
    [
        ([0, 1], False, ["1", "0.5", "0"]),
        ([0.13, 0.69], False, ["0.8", "0.6", "0.4", "0.2", "0"]),
        ([1e-4, 1], True, ["1", "0.01", "0.0001"]),
        ([2, 9], True, ["10", "5", "2"]),
        ([1e12, 3e12], False, ["3e12", "2e12", "1e12"]),
        ([0.69, 0.691], True, ["0.691", "0.6905", "0.69"]),
    ],
    ids=str,
)
def test_the_value_axis_has_round_labels_around_the_values(
    values: list[float], log: bool, wanted: list[str]
) -> None:
    assert value_labels(draw_chart([series(values)], 60, 12, log=log)) == wanted


def test_the_step_axis_has_whole_steps() -> None:
    labels = lines(draw_chart([series([1, 2, 3, 4])], 120, 10))[-1].split()
    assert labels == ["0", "1", "2", "3"]


def test_a_million_points_draw_the_same_as_their_extremes() -> None:
    steps = np.arange(1_000_000)
    values = np.exp(-steps / 2e5)
    values[700_000] = 0.9
    chart = draw_chart([series(values)], 100, 20)
    spike = [piece for row in chart.rows[:4] for piece in row if piece.series == 0]
    assert len(spike) >= 4
    assert Piece(" ", 0) not in spike
