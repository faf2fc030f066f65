"""How numbers, arrays and shapes are written for people, the same in every language."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from tutor.engine.nodes import Array

SIGNIFICANT = 4
"""Significant digits of a number in the prose."""


def number_text(value: float) -> str:
    """Return a number with up to four significant digits, without trailing zeros: 12, -0.25, 4.54e-5."""
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e12:
        return str(int(value))
    if 10 ** (SIGNIFICANT - 1) <= abs(value) < 1e12:
        return str(round(value))
    mantissa, _, exponent = f"{value:.{SIGNIFICANT}g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa


def array_text(value: Array) -> str:
    """Return an array as `[1, 2]` or `[[1, 2], [3, 4]]`, a single number without brackets."""
    return _nested_text(np.asarray(value, dtype=np.float64).tolist())


def _nested_text(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_nested_text(entry) for entry in value)}]"
    return number_text(value)


def shape_text(shape: Iterable[float]) -> str:
    """Return a shape as it is typed: 2x3, or 1 for a single number."""
    return "x".join(f"{length:.0f}" for length in shape) or "1"
