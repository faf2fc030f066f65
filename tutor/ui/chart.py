"""Loss curves as rows of characters; the only file that knows plotext.

plotext 6.1 ends the whole process on a NaN or on a point far outside its limits, and a diverging run is part
of the course. So nothing of the run reaches it: the logarithm is taken here, `axes` makes limits and ticks,
and plotext is given points of the unit square and short ASCII labels. Legends and titles are the widget's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from threading import Lock
from typing import Any

import numpy as np

from tutor.ui.axes import Axis, linear_axis, log_axis, step_axis
from tutor.ui.curve import Curve, Segment

SMALLEST_WIDTH, SMALLEST_HEIGHT = 12, 5
LARGEST, LOG_FLOOR = 1e15, 1e-15
"""Values are drawn inside ±LARGEST, and on a log axis not below LOG_FLOOR."""

_MARKERS = ("braille", "hd", "x", "o", "+", "*", "#", "@", "%", "&")
_ASCII_MARKERS = ("*", "o", "x", "+", "#", "@", "%", "&", "=", "~")
_SAMPLES = ("⠤⠤", "▄▄", "xx", "oo", "++", "**", "##", "@@", "%%", "&&")
_FIRST_COLOUR = 16  # palette entries below 16 are written in other forms than 38;5;n
_STYLE = re.compile("\x1b\\[([0-9;]*)m")
_COLOUR = re.compile(r"38;5;(\d+)$")
_ASCII_FRAME = {ord(sign): "+" for sign in "┤├┬┴┼└┘┌┐╴╵╶╷"} | {ord("│"): "|", ord("─"): "-"}
_DRAWING = Lock()  # plotext has one figure for the whole process


@dataclass(frozen=True)
class Series:
    """A curve with the name that notes refer to; its place in the chart decides marker and colour."""

    name: str
    curve: Curve


@dataclass(frozen=True)
class Piece:
    """Characters in one style; `series` is the place of the curve, None for axes and blanks."""

    text: str
    series: int | None = None


class NoteKind(Enum):
    """What a chart could not show as it is."""

    INFINITE = "infinite"
    NAN = "nan"
    NOT_POSITIVE = "not_positive"
    CLIPPED = "clipped"
    TOO_SMALL = "too_small"


@dataclass(frozen=True)
class Note:
    """Something left out: of which series, from which step, how many points (where that is known)."""

    kind: NoteKind
    series: str | None = None
    step: float | None = None
    count: int | None = None


@dataclass(frozen=True)
class Area:
    """Where the curves stand in a chart: `columns` cells from `first` on show the steps `low` to `high`."""

    first: int
    columns: int
    low: float
    high: float

    def column_of(self, step: float) -> int:
        """Return the cell of a step, the nearest one inside."""
        share = (step - self.low) / (self.high - self.low)
        return self.first + round(min(max(share, 0.0), 1.0) * (self.columns - 1))

    def step_at(self, column: int) -> float:
        """Return the step in the middle of a cell."""
        share = (column - self.first) / max(1, self.columns - 1)
        return self.low + share * (self.high - self.low)


@dataclass(frozen=True)
class Chart:
    """`rows` has the height asked for, and the pieces of each row fill exactly the width.

    `area` is None where no curve is drawn.
    """

    rows: tuple[tuple[Piece, ...], ...]
    notes: tuple[Note, ...] = ()
    area: Area | None = None


def marker_sample(place: int, *, ascii_only: bool = False) -> str:
    """Return two cells drawn with the marker of the series at `place`, for a legend."""
    return _ASCII_MARKERS[place % len(_SAMPLES)] * 2 if ascii_only else _SAMPLES[place % len(_SAMPLES)]


def draw_chart(
    series: Sequence[Series], width: int, height: int, *, log: bool = False, ascii_only: bool = False
) -> Chart:
    """Draw series over each other on common axes; the value axis is logarithmic if `log`.

    Any finite or non-finite values, any size: what cannot be shown is left out and named in the notes.
    Steps are taken as ascending.
    """
    if width < SMALLEST_WIDTH or height < SMALLEST_HEIGHT:
        blank = (Piece(" " * width),) if width > 0 else ()
        return Chart((blank,) * max(height, 0), (Note(NoteKind.TOO_SMALL),))
    low, high = _step_limits(series)
    drawn, notes = [], []
    for one in series:
        segments, clipped = _drawable(one.curve.columns(width, low, high), log)
        drawn.append(segments)
        notes += _notes(one, log, clipped)
    steps = step_axis(low, high, width)
    value_low, value_high = _value_limits(part for segments in drawn for part in segments)
    room = min(8, max(2, (height - 2) // 3))
    values = log_axis(value_low, value_high, room) if log else linear_axis(value_low, value_high, room)
    if max(map(len, values.labels), default=0) > width // 2:
        values = Axis(values.low, values.high, (), ())
    unit = [[Segment(steps.share(p.steps), values.share(p.values)) for p in segments] for segments in drawn]
    with _DRAWING:
        text = _plotext_text(unit, steps, values, (width, height), ascii_only)
    rows = tuple(_pieces(line, ascii_only) for line in text.splitlines())
    first = _left_edge(rows)
    return Chart(rows, tuple(notes), Area(first, width - first, steps.low, steps.high))


def _left_edge(rows: Sequence[tuple[Piece, ...]]) -> int:
    """Return the first column behind the value axis: plotext fits its labels in front of it."""
    frame = "".join(piece.text for piece in rows[-2])
    return len(frame) - len(frame.lstrip()) + 1


def _plotext_text(
    drawn: list[list[Segment]], steps: Axis, values: Axis, size: tuple[int, int], ascii_only: bool
) -> str:
    import plotext  # type: ignore[import-untyped]  # heavy, and only a chart needs it

    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.clear()
    figure.theme("colorless")
    figure.canvas("default")
    figure.plot_size(*size)
    figure.legend(False)
    figure.axes(False, axis="x", side="upper")
    figure.axes(False, axis="y", side="right")
    for name, side, axis in (("x", "lower", steps), ("y", "left", values)):
        ruler = figure.ruler(name, side)
        ruler.lim(0.0, 1.0)
        ruler.ticks(axis.share(np.array(axis.ticks)).tolist(), list(axis.labels))
    for place, segments in enumerate(drawn):
        if segments:
            _add_signal(plotext, segments, place, ascii_only)
    return str(figure.build().string())


def _add_signal(plotext: Any, segments: list[Segment], place: int, ascii_only: bool) -> None:
    markers = _ASCII_MARKERS if ascii_only else _MARKERS
    colour = plotext.pixel(foreground=_FIRST_COLOUR + place % 200)
    signal = plotext.figure.signal(
        np.concatenate([part.steps for part in segments]).tolist(),
        np.concatenate([part.values for part in segments]).tolist(),
        marker=plotext.marker(markers[place % len(_SAMPLES)], colour),
    ).lines(True)
    for start in np.cumsum([part.steps.size for part in segments[:-1]]):
        signal.line(int(start), False)
    # draw() would look at the colour of every point in turn, half the time of a frame.
    plotext.figure._signals._add(signal)


def _pieces(line: str, ascii_only: bool) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    series: int | None = None
    for index, part in enumerate(_STYLE.split(line)):
        if index % 2:
            colour = _COLOUR.search(part)
            series = int(colour[1]) - _FIRST_COLOUR if colour else None
        elif part:
            pieces.append(Piece(part.translate(_ASCII_FRAME) if ascii_only else part, series))
    return tuple(pieces)


def _drawable(segments: Iterable[Segment], log: bool) -> tuple[list[Segment], bool]:
    """Return the segments in axis coordinates, and whether a value lay beyond what is drawn."""
    parts: list[Segment] = []
    clipped = False
    for segment in segments:
        if not log:
            clipped |= bool((np.abs(segment.values) > LARGEST).any())
            parts.append(Segment(segment.steps, np.clip(segment.values, -LARGEST, LARGEST)))
            continue
        shown = segment.values > 0
        clipped |= bool((segment.values > LARGEST).any() or (segment.values[shown] < LOG_FLOOR).any())
        for run in np.split(np.arange(shown.size), np.flatnonzero(np.diff(shown)) + 1):
            if shown[run[0]]:
                inside = np.clip(segment.values[run], LOG_FLOOR, LARGEST)
                parts.append(Segment(segment.steps[run], np.log10(inside)))
    return parts, clipped


def _notes(series: Series, log: bool, clipped: bool) -> list[Note]:
    summary, name = series.curve.summary, series.name
    notes = []
    if summary.first_infinite_step is not None:
        notes.append(Note(NoteKind.INFINITE, name, summary.first_infinite_step))
    if summary.first_nan_step is not None:
        notes.append(Note(NoteKind.NAN, name, summary.first_nan_step))
    if log and summary.not_positive:
        notes.append(Note(NoteKind.NOT_POSITIVE, name, summary.first_not_positive_step, summary.not_positive))
    if clipped:
        notes.append(Note(NoteKind.CLIPPED, name))
    return notes


def _step_limits(series: Sequence[Series]) -> tuple[float, float]:
    ends = [one.curve.summary for one in series]
    known = [step for end in ends for step in (end.first_step, end.last_step) if step is not None]
    return min(known, default=0.0), max(known, default=1.0)


def _value_limits(segments: Iterable[Segment]) -> tuple[float, float]:
    values = [part.values for part in segments]
    if not values:
        return 0.0, 1.0
    together = np.concatenate(values)
    return float(together.min()), float(together.max())
