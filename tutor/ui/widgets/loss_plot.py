"""Curves of a running training, with a legend in the row above them."""

from __future__ import annotations

import unicodedata
from time import monotonic

from rich.cells import cell_len, set_cell_size
from textual.message import Message
from textual.reactive import reactive

from tutor.ui.chart import Chart, Note, Series, draw_chart, marker_sample
from tutor.ui.curve import Curve, Summary
from tutor.ui.views.picture import SERIES, Mark, Row
from tutor.ui.widgets.marked_rows import MarkedRows

MOST_SERIES = 10
"""Three colours are all that every kind of colour vision tells apart; beyond them the markers differ."""

PERIOD, CALM_PERIOD = 0.1, 0.5
"""Seconds between two frames; the second with reduced motion."""

_VALUE_CELLS = 9
_BESIDE_NAME = len("xx ") + len(" ") + _VALUE_CELLS + len("  ")
_GAP, _CUT = "  ", ".."
_IN_A_ROW = 3
_LEAST_OF_NAME = 3
_MOST_LEGEND_ROWS = 4


class LossPlot(MarkedRows):
    """Draws up to ten curves that other threads may be recording, on a linear or a logarithmic axis.

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
        self._chart = Chart(())
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
        seen = (self.size, self.logarithmic, self.ascii_only, self.prediction, tuple(self._series), summaries)
        if seen == self._drawn_from:
            return
        self._drawn_from, self._drawn_at = seen, now
        self._draw(summaries)

    def _draw(self, summaries: list[Summary]) -> None:
        width, height = self.size
        series = [Series(name, curve) for name, curve in self._series.items()]
        self._chart = draw_chart(
            series, width, height - self._legend_rows(width), log=self.logarithmic, ascii_only=self.ascii_only
        )
        self._show(summaries)
        if self._chart.notes != self.notes:
            self.notes = self._chart.notes
            self.post_message(self.NotesChanged(self, self.notes))

    def _show(self, summaries: list[Summary]) -> None:
        """Show the chart that was last drawn, with the legend and the cursor of now."""
        width, height = self.size
        legend = self._legend(summaries, width)[:height]
        rows = [tuple(Mark(piece.text, _role(piece.series)) for piece in row) for row in self._chart.rows]
        if self.cursor is not None and self._chart.area is not None:
            column = self._chart.area.column_of(self.cursor)
            rows[:-2] = [_with_cursor(row, column) for row in rows[:-2]]
        self.put_rows([*legend, *rows])

    # -- cursor ----------------------------------------------------------------------------------------

    def move_cursor(self, columns: int) -> None:
        """Move the cursor; it appears at the right, where the run is."""
        area = self._chart.area
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
        """Show the values at the new place, at once: only the chart is worth a wait."""
        if self.is_mounted:
            self._show([curve.summary for curve in self._series.values()])

    def _legend_rows(self, width: int) -> int:
        """Return how many rows the legend needs so that few names are cut, at most `_MOST_LEGEND_ROWS`."""
        names = [_one_line(name) for name in self._series]
        lengths = [cell_len(name) for name in names]
        shares = _fair_share(lengths, width - len(names) * _BESIDE_NAME)
        if len(names) <= _IN_A_ROW and shares >= min(_LEAST_OF_NAME, max(lengths, default=0)):
            return 1
        longest = max(lengths) + _BESIDE_NAME
        across = min(max(width // longest, -(-len(names) // _MOST_LEGEND_ROWS)), len(names))
        return -(-len(names) // across)

    def _legend(self, summaries: list[Summary], width: int) -> list[Row]:
        names = [_one_line(name) for name in self._series]
        count = self._legend_rows(width)
        across = -(-len(names) // count)
        said = _one_line(self.prediction) if self.cursor is None else f"@ {round(self.cursor)}"
        # Names in columns take equal shares; in a single row the short ones leave room to the long ones.
        cells = (
            max(0, width // across - _BESIDE_NAME + 3)  # a value of many digits may be cut instead
            if count > 1
            else _fair_share(
                [cell_len(name) for name in names], width - len(names) * _BESIDE_NAME - cell_len(said)
            )
        )
        marks: list[Mark] = []
        for place, (name, curve, summary) in enumerate(
            zip(names, self._series.values(), summaries, strict=True)
        ):
            value = summary.last_value if self.cursor is None else curve.value_near(self.cursor)
            shown = "" if value is None else _value_text(value, self.ascii_only)
            label = f" {_shortened(name, cells)} {set_cell_size(shown, _VALUE_CELLS)}"
            if count > 1:
                label = set_cell_size(label, max(0, width // across - len(_GAP) * 2))
            marks.append(Mark(marker_sample(place, ascii_only=self.ascii_only), _role(place)))
            marks.append(Mark(label + _GAP))
        rows = [tuple(marks[2 * first : 2 * (first + across)]) for first in range(0, len(names), across or 1)]
        rows = rows or [()]
        return [(*rows[0], Mark(said)) if said and count == 1 else rows[0], *rows[1:]]


def _role(series: int | None) -> str:
    return "axis" if series is None else SERIES[series % len(SERIES)]


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
