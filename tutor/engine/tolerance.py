"""When two numbers count as the same: one unit in the last digit that was asked for.

With k digits and a true value T, one unit is u = 10 ** (floor(log10 |T|) - k + 1). Within u the answer is
right (rounded either way, or cut off); within 5u it was rounded somewhere in between.
"""

from __future__ import annotations

from enum import Enum

import numpy as np

from tutor.engine.nodes import Array

DIGITS = 3
"""Significant digits that an answer needs unless its exercise says otherwise."""
_ZERO = 1e-9
_SLACK = 1e-9
"""Relative room for binary rounding, so that a decimal exactly one unit away still counts."""


class Closeness(Enum):
    """How near an answer is to the truth."""

    RIGHT = "right"
    ROUNDED_EARLY = "rounded_early"
    TOO_FEW_DIGITS = "too_few_digits"
    OFF = "off"


def unit(truth: float, digits: int = DIGITS) -> float:
    """Return one unit of the last of `digits` significant digits of a value that is not 0."""
    return float(10.0 ** (np.floor(np.log10(abs(truth))) - digits + 1))


def closeness(
    answer: float, truth: float, digits: int = DIGITS, *, exact: bool = False, typed_digits: int | None = None
) -> Closeness:
    """Judge one number.

    `exact` is for whole-number answers from whole-number data. `typed_digits` is how many significant digits
    were typed: a true value correctly rounded to fewer digits than asked for is not wrong, only short.
    """
    distance = abs(answer - truth)
    if exact or truth == 0 or abs(truth) < _ZERO:
        return Closeness.RIGHT if distance < _ZERO * max(1.0, abs(truth)) else Closeness.OFF
    if not np.isfinite(truth) or not np.isfinite(answer):
        return Closeness.OFF
    one = unit(truth, digits)
    if distance <= one * (1 + _SLACK):
        return Closeness.RIGHT
    if typed_digits is not None and 0 < typed_digits < digits:
        coarse = unit(truth, typed_digits)
        on_grid = abs(answer / coarse - round(answer / coarse)) <= _SLACK * abs(answer / coarse)
        if on_grid and distance <= coarse / 2 * (1 + _SLACK):
            return Closeness.TOO_FEW_DIGITS
    return Closeness.ROUNDED_EARLY if distance <= 5 * one * (1 + _SLACK) else Closeness.OFF


def same_magnitude(answer: float, truth: float) -> bool:
    """Return whether two numbers have the same sign and powers of ten that differ by one at most."""
    if answer == 0 or truth == 0 or answer * truth < 0:
        return answer == truth
    return bool(abs(np.floor(np.log10(abs(answer))) - np.floor(np.log10(abs(truth)))) <= 1)


def agrees(answer: Array | float, truth: Array | float, digits: int = DIGITS, *, exact: bool = False) -> bool:
    """Return whether two arrays have the same shape and every entry is within one unit, or met exactly."""
    left, right = np.asarray(answer, dtype=np.float64), np.asarray(truth, dtype=np.float64)
    if left.shape != right.shape:
        return False
    if not left.ndim:  # most of them, and many times over
        return closeness(float(left), float(right), digits, exact=exact) is Closeness.RIGHT
    return all(
        closeness(float(a), float(t), digits, exact=exact) is Closeness.RIGHT
        for a, t in zip(left.reshape(-1), right.reshape(-1), strict=True)
    )
