"""A recorded curve whose size does not grow with the run.

Every point falls into a bucket of consecutive points that keeps its smallest and its largest value. When the
buckets are used up, neighbours merge and the stride doubles, so a spike of one step survives a million steps
and a frame costs the same after a million points as after a thousand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import ArrayLike, NDArray

BUCKETS = 2048
_PENDING = 2048
_CHUNK = 65_536
_STEP_OF_LOWEST, _LOWEST, _STEP_OF_HIGHEST, _HIGHEST = range(4)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Segment:
    """A part of a curve without a gap: `steps` and `values` have the same length and are finite."""

    steps: Floats
    values: Floats


@dataclass(frozen=True)
class Summary:
    """What is known of a whole curve; a step or value is None while nothing has set it.

    `last_value` may be NaN or infinite. `not_positive` counts finite values that a log axis cannot show.
    """

    points: int = 0
    first_step: float | None = None
    last_step: float | None = None
    last_value: float | None = None
    first_infinite_step: float | None = None
    first_nan_step: float | None = None
    first_not_positive_step: float | None = None
    not_positive: int = 0

    @property
    def first_non_finite_step(self) -> float | None:
        """The first step whose value was NaN or infinite."""
        known = [step for step in (self.first_infinite_step, self.first_nan_step) if step is not None]
        return min(known, default=None)


class Curve:
    """A curve that one thread records and another draws.

    Steps are expected in ascending order. Memory is bounded by `buckets`, an even number, however many points
    are recorded.
    """

    def __init__(self, buckets: int = BUCKETS) -> None:
        if buckets < 2 or buckets % 2:
            raise ValueError(f"buckets must be even and at least 2, not {buckets}")
        self._lock = Lock()
        self._table = _Buckets(np.empty((4, buckets)), np.zeros(buckets, dtype=bool))
        self._stride = 1
        self._stored = 0
        self._pending_steps: list[float] = []
        self._pending_values: list[float] = []
        self._summary = Summary()

    def append(self, step: float, value: float) -> None:
        """Record one point; a value that is not finite leaves a gap."""
        with self._lock:
            self._pending_steps.append(step)
            self._pending_values.append(value)
            if len(self._pending_steps) >= _PENDING:
                self._store_pending()

    def extend(self, steps: ArrayLike, values: ArrayLike) -> None:
        """Record many points; `steps` and `values` have the same length, or ValueError."""
        new_steps = np.asarray(steps, dtype=np.float64).ravel()
        new_values = np.asarray(values, dtype=np.float64).ravel()
        if new_steps.shape != new_values.shape:
            raise ValueError(f"{new_steps.size} steps but {new_values.size} values")
        with self._lock:
            self._store_pending()
            for start in range(0, new_steps.size, _CHUNK):
                self._store(new_steps[start : start + _CHUNK], new_values[start : start + _CHUNK])

    @property
    def summary(self) -> Summary:
        """What is known of all points recorded so far, those left out by decimation included."""
        with self._lock:
            self._store_pending()
            return self._summary

    def columns(self, n: int, low: float | None = None, high: float | None = None) -> list[Segment]:
        """Return what to draw in `n` columns between the steps `low` and `high`.

        At most two points a column, its lowest and its highest value in the order they came; at most `2 * n`
        in all. The list is split where values were not finite. Without `low` and `high`: the whole run.
        """
        with self._lock:
            self._store_pending()
            used = -(-self._stored // self._stride)
            buckets = self._table.part(slice(0, used)).copy()
        if n < 1 or not used:
            return []
        starts_at = np.minimum(buckets.rows[_STEP_OF_LOWEST], buckets.rows[_STEP_OF_HIGHEST])
        ends_at = np.maximum(buckets.rows[_STEP_OF_LOWEST], buckets.rows[_STEP_OF_HIGHEST])
        low = float(starts_at.min()) if low is None else low
        high = float(ends_at.max()) if high is None else high
        inside = (ends_at >= low) & (starts_at <= high)
        if not inside.any():
            return []
        column = _columns_of(starts_at[inside], n, low, high)
        first_of_column = np.flatnonzero(np.diff(column, prepend=-1.0))
        return _segments(_merge(buckets.part(inside), first_of_column))

    def value_near(self, step: float) -> float | None:
        """Return the recorded value whose step is nearest; of what decimation has left of a long run.

        None before the first value; NaN where the nearest one was not finite.
        """
        with self._lock:
            self._store_pending()
            used = -(-self._stored // self._stride)
            rows, gap = self._table.rows[:, :used].copy(), self._table.gap[:used].copy()
        if not used:
            return None
        steps = np.concatenate([rows[_STEP_OF_LOWEST], rows[_STEP_OF_HIGHEST]])
        values = np.concatenate([rows[_LOWEST], rows[_HIGHEST]])
        nearest = int(np.argmin(np.abs(steps - step)))
        return (
            math.nan if gap[nearest % used] and not np.isfinite(values[nearest]) else float(values[nearest])
        )

    def _store_pending(self) -> None:
        if self._pending_steps:
            steps, values = np.array(self._pending_steps), np.array(self._pending_values, dtype=np.float64)
            self._pending_steps, self._pending_values = [], []
            self._store(steps.astype(np.float64), values)

    def _store(self, steps: Floats, values: Floats) -> None:
        if not steps.size:
            return
        steps, values = _placed(steps, values, self._summary.last_step)
        self._summary = _updated(self._summary, steps, values)
        finite = np.where(np.isfinite(values), values, np.nan)
        points = _Buckets(np.stack([steps, finite, steps, finite]), np.isnan(finite))
        while points.gap.size:
            room = self._table.gap.size * self._stride - self._stored
            if not room:
                self._double_stride()
                continue
            self._fill(points.part(slice(0, room)))
            points = points.part(slice(room, None))

    def _fill(self, points: _Buckets) -> None:
        target = (self._stored + np.arange(points.gap.size)) // self._stride
        first = int(target[0])
        if self._stored % self._stride:  # the bucket that is being filled takes part in the merge
            points = self._table.part(slice(first, first + 1)).joined(points)
            target = np.concatenate(([first], target))
            self._stored -= 1
        self._stored += points.gap.size
        merged = _merge(points, np.flatnonzero(np.diff(target, prepend=-1)))
        self._table.rows[:, first : first + merged.gap.size] = merged.rows
        self._table.gap[first : first + merged.gap.size] = merged.gap

    def _double_stride(self) -> None:
        half = self._table.gap.size // 2
        merged = _merge(self._table, np.arange(0, 2 * half, 2))
        self._table.rows[:, :half] = merged.rows
        self._table.gap[:half] = merged.gap
        self._stride *= 2


@dataclass(frozen=True)
class _Buckets:
    """`rows` is (4, n): the lowest and highest value, each after its step; `gap` marks a value not finite."""

    rows: Floats
    gap: NDArray[np.bool_]

    def part(self, which: slice | NDArray[np.bool_]) -> _Buckets:
        return _Buckets(self.rows[:, which], self.gap[which])

    def copy(self) -> _Buckets:
        return _Buckets(self.rows.copy(), self.gap.copy())

    def joined(self, other: _Buckets) -> _Buckets:
        rows = np.concatenate((self.rows, other.rows), axis=1)
        return _Buckets(rows, np.concatenate((self.gap, other.gap)))


def _merge(buckets: _Buckets, starts: NDArray[np.intp]) -> _Buckets:
    """Merge the consecutive buckets that begin at each of `starts`; a bucket without a value holds NaN."""
    sizes = np.diff(np.append(starts, buckets.gap.size))
    lowest = _place_of(np.fmin, buckets.rows[_LOWEST], starts, sizes)
    highest = _place_of(np.fmax, buckets.rows[_HIGHEST], starts, sizes)
    rows = np.concatenate(
        (
            buckets.rows[_STEP_OF_LOWEST : _LOWEST + 1, lowest],
            buckets.rows[_STEP_OF_HIGHEST : _HIGHEST + 1, highest],
        )
    )
    return _Buckets(rows, np.logical_or.reduceat(buckets.gap, starts))


def _place_of(
    extreme: np.ufunc, values: Floats, starts: NDArray[np.intp], sizes: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return where each group has its extreme value first; its own start if it holds NaN alone."""
    wanted = np.repeat(extreme.reduceat(values, starts), sizes)
    places = np.where(values == wanted, np.arange(values.size), values.size)
    found = np.minimum.reduceat(places, starts)
    return np.where(found == values.size, starts, found)


def _columns_of(steps: Floats, n: int, low: float, high: float) -> Floats:
    # Halves keep the width of a range of any two floats finite.
    width = high / 2 - low / 2
    share = (np.clip(steps, low, high) / 2 - low / 2) / width if width > 0 else np.zeros_like(steps)
    column = np.clip(np.floor(share * n), 0, n - 1)
    # A step that goes back stays in the column it came in: never more than n columns, whatever the steps.
    return np.maximum.accumulate(column)


def _segments(columns: _Buckets) -> list[Segment]:
    step_low, low, step_high, high = columns.rows
    low_first = step_low <= step_high
    steps = np.stack((np.where(low_first, step_low, step_high), np.where(low_first, step_high, step_low)), 1)
    values = np.stack((np.where(low_first, low, high), np.where(low_first, high, low)), 1)
    keep = np.isfinite(values)
    keep[:, 1] &= (steps[:, 0] != steps[:, 1]) | (values[:, 0] != values[:, 1])
    segments = []
    for columns_together in np.split(np.arange(columns.gap.size), np.flatnonzero(columns.gap) + 1):
        chosen = keep[columns_together]
        if chosen.any():
            segments.append(Segment(steps[columns_together][chosen], values[columns_together][chosen]))
    return segments


def _placed(steps: Floats, values: Floats, last: float | None) -> tuple[Floats, Floats]:
    """Turn a point whose step is not finite, which has no place, into a gap at the step before it."""
    known = np.isfinite(steps)
    if known.all():
        return steps, values
    before = np.maximum.accumulate(np.where(known, np.arange(steps.size), -1))
    start = 0.0 if last is None else last
    placed = np.where(before >= 0, steps[before], start)
    return placed, np.where(known, values, np.nan)


def _updated(summary: Summary, steps: Floats, values: Floats) -> Summary:
    finite = np.isfinite(values)
    not_positive = finite & (values <= 0)
    return Summary(
        points=summary.points + values.size,
        first_step=float(steps[0]) if summary.first_step is None else summary.first_step,
        last_step=float(steps[-1]),
        last_value=float(values[-1]),
        first_infinite_step=_first(summary.first_infinite_step, steps, np.isinf(values)),
        first_nan_step=_first(summary.first_nan_step, steps, np.isnan(values)),
        first_not_positive_step=_first(summary.first_not_positive_step, steps, not_positive),
        not_positive=summary.not_positive + int(not_positive.sum()),
    )


def _first(known: float | None, steps: Floats, where: NDArray[np.bool_]) -> float | None:
    if known is not None or not where.any():
        return known
    return float(steps[np.argmax(where)])
