"""A recorded curve keeps what a learner must see, however long the run."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.ui.curve import Curve, Segment


def recorded(values: list[float], buckets: int = 8) -> Curve:
    curve = Curve(buckets)
    curve.extend(np.arange(len(values)), values)
    return curve


def points(segments: list[Segment]) -> list[tuple[float, float]]:
    return [
        (float(step), float(value))
        for part in segments
        for step, value in zip(part.steps, part.values, strict=True)
    ]


def test_a_short_run_is_drawn_point_by_point() -> None:
    assert points(recorded([3, 1, 2]).columns(10)) == [(0, 3), (1, 1), (2, 2)]


def test_an_empty_curve_has_nothing_to_draw() -> None:
    assert Curve().columns(10) == []
    assert Curve().summary.last_value is None


@pytest.mark.parametrize("length", [1, 2, 7, 2047, 2048, 2049, 4096, 5000, 100_003])
def test_a_spike_of_one_step_survives_any_length(length: int) -> None:
    values = np.linspace(2, 1, length)
    spike, dip = length // 3, length // 2
    values[spike], values[dip] = 50.0, -50.0
    curve = Curve()
    curve.extend(np.arange(length), values)
    drawn = points(curve.columns(80))
    assert (dip, -50.0) in drawn
    assert (spike, 50.0) in drawn or spike == dip


def test_a_column_holds_at_most_its_lowest_and_highest_in_the_order_they_came() -> None:
    curve = recorded([0, 5, 1, 9, 2, 3, 3, 3], buckets=8)
    assert points(curve.columns(2)) == [(0, 0), (3, 9), (4, 2), (5, 3)]


@given(
    st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=120),
    st.integers(1, 20),
    st.integers(1, 12),
)
def test_drawing_is_finite_bounded_and_has_the_true_extremes(
    values: list[float], columns: int, half_buckets: int
) -> None:
    segments = recorded(values, 2 * half_buckets).columns(columns)
    drawn = points(segments)
    finite = [value for value in values if np.isfinite(value)]
    assert len(drawn) <= 2 * columns
    assert all(part.steps.size for part in segments)
    assert all(values[int(step)] == value for step, value in drawn)
    if finite:
        assert min(value for _, value in drawn) == min(finite)
        assert max(value for _, value in drawn) == max(finite)


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=300), st.data())
def test_one_at_a_time_or_many_at_once_is_the_same_curve(values: list[float], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(values)))
    mixed = Curve(16)
    for step in range(cut):
        mixed.append(step, values[step])
    mixed.extend(np.arange(cut, len(values)), values[cut:])
    whole = recorded(values, 16)
    assert points(mixed.columns(7)) == points(whole.columns(7))
    assert mixed.summary == whole.summary


def test_the_line_breaks_where_the_loss_was_not_finite() -> None:
    segments = recorded([1, 2, np.nan, 4, np.inf, 6]).columns(6)
    assert [points([part]) for part in segments] == [[(0, 1), (1, 2)], [(3, 4)], [(5, 6)]]


def test_a_break_survives_merging() -> None:
    values = np.ones(10_000)
    values[5_000] = np.nan
    curve = Curve(64)
    curve.extend(np.arange(10_000), values)
    assert len(curve.columns(32)) == 2


def test_the_summary_tells_what_happened_first() -> None:
    summary = recorded([1, 0, -2, np.nan, np.inf, np.nan, -np.inf], buckets=2).summary
    assert (summary.first_nan_step, summary.first_infinite_step) == (3, 4)
    assert summary.first_non_finite_step == 3
    assert (summary.first_not_positive_step, summary.not_positive) == (1, 2)
    assert (summary.points, summary.first_step, summary.last_step) == (7, 0, 6)
    assert summary.last_value == -np.inf


def test_a_window_shows_only_its_steps() -> None:
    curve = Curve()
    curve.extend(np.arange(100), np.arange(100))
    assert [step for step, _ in points(curve.columns(50, 20, 30))] == list(range(20, 31))
    assert curve.columns(50, 200, 300) == []


def test_a_point_without_a_place_leaves_a_gap() -> None:
    curve = Curve()
    curve.extend([0, np.nan, 2], [1, 2, 3])
    assert [points([part]) for part in curve.columns(3)] == [[(0, 1)], [(2, 3)]]


def test_steps_that_jump_to_and_fro_still_fit_the_columns() -> None:
    curve = Curve()
    curve.extend([0, 100] * 200, np.arange(400))
    assert 1 <= len(points(curve.columns(10))) <= 20


@pytest.mark.parametrize("buckets", [0, 1, 3, -2])
def test_buckets_must_pair_up(buckets: int) -> None:
    with pytest.raises(ValueError, match="even"):
        Curve(buckets)


def test_steps_and_values_must_match() -> None:
    with pytest.raises(ValueError, match="2 steps but 1 values"):
        Curve().extend([1, 2], [1])


def test_memory_does_not_grow_with_the_run() -> None:
    curve = Curve(64)
    sizes = set()
    for start in range(0, 200_000, 50_000):
        curve.extend(np.arange(start, start + 50_000), np.ones(50_000))
        sizes.add(sum(part.steps.nbytes + part.values.nbytes for part in curve.columns(10_000)))
    assert max(sizes) <= 64 * 2 * 2 * 8


def test_drawing_while_another_thread_records_sees_a_beginning_of_the_run() -> None:
    curve = Curve(64)

    def record() -> None:
        for step in range(20_000):
            curve.append(step, float(step))

    writer = threading.Thread(target=record)
    writer.start()
    seen = [0]
    while writer.is_alive():
        drawn = points(curve.columns(40))
        assert drawn == sorted(drawn)
        assert all(step == value for step, value in drawn)
        seen.append(curve.summary.points)
    writer.join()
    assert seen == sorted(seen)
    assert curve.summary.points == 20_000
    assert points(curve.columns(40))[-1] == (19_999, 19_999)
