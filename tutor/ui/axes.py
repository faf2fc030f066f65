"""The axes of a chart: where they end, where their ticks stand, and what is written at these."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tutor.ui.curve import Floats

FURTHEST = 1e15
"""Steps are shown up to here, on both sides of 0."""


@dataclass(frozen=True)
class Axis:
    """The ends of an axis (low < high) and its ticks, positions inside the ends."""

    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]

    def share(self, positions: Floats) -> Floats:
        """Return where positions lie between the ends, from 0 to 1."""
        return np.clip((positions - self.low) / (self.high - self.low), 0.0, 1.0)


def step_axis(low: float, high: float, width: int) -> Axis:
    """Return an axis of steps for so many columns; its ends are those of the run."""
    low, high = np.clip((low, high), -FURTHEST, FURTHEST).tolist()
    high = max(high, low + 1)
    low, high = _widened(low, high, 1e-6)
    spacing = _round_spacing((high - low) / max(2, width // 12))
    if high - low >= 1:
        spacing = max(spacing, 1.0)
    ticks = [k * spacing for k in range(math.ceil(low / spacing), math.floor(high / spacing) + 1)]
    return Axis(low, high, tuple(ticks), tuple(_labels(ticks, spacing)))


def linear_axis(low: float, high: float, count: int) -> Axis:
    """Return an axis of about so many ticks, with a tick at either end."""
    low, high = _widened(low, high, 1e-4)
    spacing = _round_spacing((high - low) / count)
    # A limit that is a tick but for rounding does not need another tick beyond it.
    first, last = math.floor(low / spacing + 1e-6), math.ceil(high / spacing - 1e-6)
    ticks = [k * spacing for k in range(first, last + 1)]
    return Axis(ticks[0], ticks[-1], tuple(ticks), tuple(_labels(ticks, spacing)))


def log_axis(low: float, high: float, count: int) -> Axis:
    """Return an axis for exponents of ten from `low` to `high`."""
    if high - low < 0.3:
        linear = linear_axis(10**low, 10**high, count)
        if linear.low > 0:
            ticks = tuple(math.log10(tick) for tick in linear.ticks)
            return Axis(ticks[0], ticks[-1], ticks, linear.labels)
    digits = [math.log10(digit) for digit in (1, 2, 5)]
    grid = [decade + d for decade in range(math.floor(low) - 1, math.ceil(high) + 2) for d in digits]
    start = max(place for place in grid if place <= low + 1e-9)
    end = min(place for place in grid if place >= high - 1e-9)
    end = end if end > start else min(place for place in grid if place > start)
    between = [place for place in grid if start <= place <= end]
    decades = [place for place in between if place % 1 == 0]
    ticks = tuple(decades[:: max(1, math.ceil(len(decades) / (count + 1)))] if len(decades) > 2 else between)
    return Axis(min(start, low), max(end, high), ticks, tuple(_short(10**tick, 1) for tick in ticks))


def _widened(low: float, high: float, least: float) -> tuple[float, float]:
    """Return limits at least the share `least` of their size apart, so that labels stay short and differ."""
    if high - low >= max(least * max(abs(low), abs(high)), 1e-30):
        return low, high
    middle = low / 2 + high / 2
    half = abs(middle) / 2
    return (0.0, 1.0) if half < 1e-30 else (middle - half, middle + half)


def _round_spacing(spacing: float) -> float:
    """Return the nearest 1, 2 or 5 times a power of ten that is not below `spacing`."""
    power = 10.0 ** math.floor(math.log10(spacing))
    return next((m * power for m in (1, 2, 5) if m * power >= spacing * (1 - 1e-9)), 10 * power)


def _labels(ticks: Sequence[float], spacing: float) -> list[str]:
    largest = max((abs(tick) for tick in ticks), default=0.0)
    digits = max(1, math.ceil(math.log10(largest / spacing)) + 1) if largest else 1
    return [_short(0.0 if abs(tick) < spacing / 2 else tick, digits) for tick in ticks]


def _short(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    if 1e-4 <= abs(value) < 1e6:
        places = max(0, digits - 1 - math.floor(math.log10(abs(value)) + 1e-9))
        plain = f"{value:.{places}f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".") if "." in mantissa else mantissa
    return f"{mantissa}e{int(exponent)}"
