"""When an answer counts as right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tutor.engine.tolerance import Closeness, agrees, closeness, unit

SLOPE = 0.19661193


@pytest.mark.parametrize(
    ("answer", "typed_digits", "expected"),
    [
        (0.1966, 4, Closeness.RIGHT),
        (0.197, 3, Closeness.RIGHT),
        (0.196, 3, Closeness.RIGHT),
        (0.19661, 5, Closeness.RIGHT),
        (0.198, 3, Closeness.ROUNDED_EARLY),
        (0.2, 1, Closeness.TOO_FEW_DIGITS),
        (0.20, 2, Closeness.TOO_FEW_DIGITS),
        (0.21, 2, Closeness.OFF),
        (-0.1966, 4, Closeness.OFF),
    ],
)
def test_three_digits_of_a_sigmoid_slope(answer: float, typed_digits: int, expected: Closeness) -> None:
    assert closeness(answer, SLOPE, typed_digits=typed_digits) is expected


def test_a_half_may_be_rounded_either_way_but_not_to_a_finer_grid() -> None:
    assert closeness(3, 2.5, typed_digits=1) is Closeness.TOO_FEW_DIGITS
    assert closeness(2, 2.5, typed_digits=1) is Closeness.TOO_FEW_DIGITS
    assert closeness(0.8, 1.28, typed_digits=1) is Closeness.OFF


def test_a_whole_number_from_whole_numbers_must_be_exact() -> None:
    assert closeness(1001, 1000) is Closeness.RIGHT
    assert closeness(1001, 1000, exact=True) is Closeness.OFF
    assert closeness(1000.0, 1000, exact=True) is Closeness.RIGHT


def test_zero_is_met_by_zero_alone() -> None:
    assert closeness(0.0, 0.0) is Closeness.RIGHT
    assert closeness(0.001, 0.0) is Closeness.OFF
    assert closeness(0.0, 0.001) is Closeness.OFF


def test_arrays_agree_entry_by_entry_and_in_shape() -> None:
    assert agrees(np.array([0.333, 2.0]), np.array([1 / 3, 2.0]))
    assert not agrees(np.array([0.333, 2.1]), np.array([1 / 3, 2.0]))
    assert not agrees(np.array([[0.333, 2.0]]), np.array([1 / 3, 2.0]))


magnitudes = st.floats(1e-6, 1e6) | st.floats(-1e6, -1e-6)


@given(magnitudes, st.integers(3, 6))
def test_rounding_or_cutting_to_the_digits_asked_for_is_never_refused(truth: float, digits: int) -> None:
    rounded = float(f"{truth:.{digits - 1}e}")
    one = unit(truth, digits)
    cut = float(np.trunc(truth / one) * one)
    assert closeness(rounded, truth, digits) is Closeness.RIGHT
    assert closeness(cut, truth, digits) is Closeness.RIGHT


@given(magnitudes, st.integers(3, 6))
def test_more_than_five_units_away_is_never_right(truth: float, digits: int) -> None:
    assert closeness(truth + 5.01 * unit(truth, digits), truth, digits) is Closeness.OFF


@pytest.mark.parametrize("answer", [float("nan"), float("inf")])
def test_what_is_no_number_is_never_right(answer: float) -> None:
    assert closeness(answer, 0.5) is Closeness.OFF
