"""Curves of a running training, with a legend in the row above them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from time import monotonic

from rich.cells import cell_len, set_cell_size
from textual.message import Message
from textual.reactive import reactive

from tutor.ui.chart import Area, Note, Series, draw_chart, marker_sample
from tutor.ui.curve import Curve, Summary
from tutor.ui.views.picture import SERIES, Mark, Row
from tutor.ui.widgets.marked_rows import MarkedRows

MOST_SERIES = 3
"""More colours cannot be told apart with every kind of colour vision."""

PERIOD, CALM_PERIOD = 0.1, 0.5
"""Seconds between two frames; the second with reduced motion."""

_VALUE_CELLS = 9
_GAP, _CUT = "  ", ".."


class LossPlot(MarkedRows):
    """Draws up to three curves that other threads may be recording, on a linear or a logarithmic axis.

    The owner asks for a `Curve` with `add_series` and records into it; the plot looks for new points itself.
    """

    DEFAULT_CSS = "LossPlot { height: 1fr; min-height: 6; }"

    logarithmic: reactive[bool] = reactive(False)
    prediction: reactive[str] = reactive("")
    ascii_only: reactive[bool] = reactive(False)
    cursor: reactive[float | None] = reactive(None)
    """The step whose values the legend shows; None for the last ones."""

    class NotesChanged(Message):
        """What the chart cannot show has changed; `notes` are in the order of the series."""

        def __init__(self, plot: LossPlot, notes: tuple[Note, ...]) -> None:
            super().__init__()
            self.plot = plot
            self.notes = notes

        @property
        def control(self) -> LossPlot:
            """The plot that the notes are about."""
            return self.plot

    def __init__(
        self,
        *,
        logarithmic: bool = False,
        ascii_only: bool = False,
        reduced_motion: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - the name that every Textual widget uses
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.set_reactive(LossPlot.logarithmic, logarithmic)
        self.notes: tuple[Note, ...] = ()
        self.set_reactive(LossPlot.ascii_only, ascii_only)
        self._reduced_motion = reduced_motion
        self._series: dict[str, Curve] = {}
        self._area: Area | None = None
        self._drawn_from: object = None
        self._drawn_at = float("-inf")

    def add_series(self, name: str, curve: Curve | None = None) -> Curve:
        """Return the curve to record into; a name that is known gets a new curve in its old place.

        Raises ValueError when there are `MOST_SERIES` already.
        """
        if name not in self._series and len(self._series) == MOST_SERIES:
            raise ValueError(f"a plot shows at most {MOST_SERIES} series")
        self._series[name] = Curve() if curve is None else curve
        return self._series[name]

    def remove_series(self, name: str) -> None:
        """Forget a series; KeyError if there is none of that name."""
        del self._series[name]

    def clear_series(self) -> None:
        """Forget every series."""
        self._series.clear()

    def action_toggle_scale(self) -> None:
        """Change between the linear and the logarithmic axis."""
        self.logarithmic = not self.logarithmic

    @property
    def period(self) -> float:
        """The seconds between two frames."""
        calm = self._reduced_motion or self.app.animation_level == "none"
        return CALM_PERIOD if calm else PERIOD

    def on_mount(self) -> None:
        """Begin to look for new points."""
        # Asked more often than it draws: a turn that comes a little early must not cost a whole period.
        self.set_interval(self.period / 4, self._draw_if_due)

    def on_resize(self) -> None:
        """Draw for the new size."""
        self._draw_if_due()

    def watch_logarithmic(self) -> None:
        """Draw on the other axis."""
        self._draw_if_due()

    def watch_prediction(self) -> None:
        """Show the new prediction."""
        self._draw_if_due()

    def _draw_if_due(self) -> None:
        now = monotonic()
        if not self.is_mounted or now - self._drawn_at < self.period:
            return
        summaries = [curve.summary for curve in self._series.values()]
        look = (self.size, self.logarithmic, self.ascii_only, self.cursor)
        seen = (*look, self.prediction, tuple(self._series), summaries)
        if seen == self._drawn_from:
            return
        self._drawn_from, self._drawn_at = seen, now
        self._draw(summaries)

    def _draw(self, summaries: list[Summary]) -> None:
        width, height = self.size
        series = [Series(name, curve) for name, curve in self._series.items()]
        chart = draw_chart(series, width, height - 1, log=self.logarithmic, ascii_only=self.ascii_only)
        self._area = chart.area
        rows = [tuple(self._legend(summaries, width))] if height else []
        rows += [tuple(Mark(piece.text, _role(piece.series)) for piece in row) for row in chart.rows]
        if self.cursor is not None and chart.area is not None:
            column = chart.area.column_of(self.cursor)
            rows[1:-2] = [_with_cursor(row, column) for row in rows[1:-2]]
        self.put_rows(rows)
        if chart.notes != self.notes:
            self.notes = chart.notes
            self.post_message(self.NotesChanged(self, chart.notes))

    # -- cursor ----------------------------------------------------------------------------------------

    def move_cursor(self, columns: int) -> None:
        """Move the cursor; it appears at the right, where the run is."""
        area = self._area
        if area is None:
            return
        if self.cursor is None:
            last = [end for curve in self._series.values() if (end := curve.summary.last_step) is not None]
            column = area.column_of(max(last, default=area.high))
        else:
            column = area.column_of(self.cursor)
        column = min(max(column + columns, area.first), area.first + area.columns - 1)
        self.cursor = area.step_at(column)

    def watch_cursor(self) -> None:
        """Show the values at the new place, at once."""
        self._drawn_at = float("-inf")
        self._draw_if_due()

    def _legend(self, summaries: list[Summary], width: int) -> Iterator[Mark]:
        names = [_one_line(name) for name in self._series]
        said = _one_line(self.prediction)
        if self.cursor is not None:
            said = f"@ {round(self.cursor)}"
        fixed = len(names) * (len("xx ") + len(" ") + _VALUE_CELLS + len(_GAP)) + cell_len(said)
        cells = _fair_share([cell_len(name) for name in names], width - fixed)
        for place, (name, curve, summary) in enumerate(
            zip(names, self._series.values(), summaries, strict=True)
        ):
            value = summary.last_value if self.cursor is None else curve.value_near(self.cursor)
            shown = "" if value is None else _value_text(value, self.ascii_only)
            yield Mark(marker_sample(place, ascii_only=self.ascii_only), _role(place))
            yield Mark(f" {_shortened(name, cells)} {set_cell_size(shown, _VALUE_CELLS)}{_GAP}")
        if said:
            yield Mark(said)


def _role(series: int | None) -> str:
    return "axis" if series is None else SERIES[series % MOST_SERIES]


def _with_cursor(row: Row, column: int) -> Row:
    """Return a row with a stroke in this column, where there is nothing else."""
    found: list[Mark] = []
    start = 0
    for mark in row:
        end = start + len(mark.text)
        if start <= column < end and mark.text[column - start] == " ":
            before, after = mark.text[: column - start], mark.text[column - start + 1 :]
            found += [Mark(before, mark.role), Mark("|", "label"), Mark(after, mark.role)]
        else:
            found.append(mark)
        start = end
    return tuple(mark for mark in found if mark.text)


def _value_text(value: float, ascii_only: bool) -> str:
    text = f"{value:.4g}"
    return text if ascii_only else text.replace("inf", "∞")


def _one_line(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    return "".join(sign if sign.isprintable() else " " for sign in composed)


def _fair_share(lengths: list[int], room: int) -> int:
    """Return the most cells that each may take so that all together fit."""
    longest = max(lengths, default=0)
    shares = range(longest, 0, -1)
    return next((share for share in shares if sum(min(length, share) for length in lengths) <= room), 0)


def _shortened(name: str, cells: int) -> str:
    if cell_len(name) <= cells:
        return name
    # A cut must be seen: half of "0.15" would be another learning rate.
    return set_cell_size(name, cells - len(_CUT)).rstrip() + _CUT if cells > len(_CUT) else ""
