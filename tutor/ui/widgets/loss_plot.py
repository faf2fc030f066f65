"""Curves of a running training, with a legend in the row above them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from time import monotonic
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment as Cells
from rich.style import Style
from textual.app import RenderResult
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from tutor.ui.chart import Note, Piece, Series, draw_chart, marker_sample
from tutor.ui.curve import Curve, Summary

MOST_SERIES = 3
"""More colours cannot be told apart with every kind of colour vision."""

PERIOD, CALM_PERIOD = 0.1, 0.5
"""Seconds between two frames; the second with reduced motion."""

_SERIES_STYLES = ("loss-plot--first", "loss-plot--second", "loss-plot--third")
_VALUE_CELLS = 9
_GAP, _CUT = "  ", ".."


class LossPlot(Widget):
    """Draws up to three curves that other threads may be recording, on a linear or a logarithmic axis.

    The owner asks for a `Curve` with `add_series` and records into it; the plot looks for new points itself.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"loss-plot--axis", "loss-plot--legend", *_SERIES_STYLES}

    # The colours stay apart for all kinds of colour vision and have the contrast of 3 that lines need.
    DEFAULT_CSS = """
    LossPlot {
        height: 1fr;
        min-height: 6;
        & > .loss-plot--axis { color: $text-muted; }
        & > .loss-plot--legend { color: $foreground; }
        & > .loss-plot--first { color: #56B4E9; }
        & > .loss-plot--second { color: #E69F00; }
        & > .loss-plot--third { color: #FFFFFF; }
        &:light > .loss-plot--first { color: #0072B2; }
        &:light > .loss-plot--second { color: #955F00; }
        &:light > .loss-plot--third { color: #000000; }
        &:ansi > .loss-plot--axis { color: ansi_default; }
        &:ansi > .loss-plot--legend { color: ansi_default; }
        &:ansi > .loss-plot--first { color: ansi_default; }
        &:ansi > .loss-plot--second { color: ansi_default; }
        &:ansi > .loss-plot--third { color: ansi_default; }
    }
    """

    logarithmic: reactive[bool] = reactive(False)
    prediction: reactive[str] = reactive("")
    ascii_only: reactive[bool] = reactive(False)

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
        self._rows: list[tuple[tuple[Piece, str], ...]] = []
        self._strips: dict[int, Strip] = {}
        self._strip_width = 0
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

    def notify_style_update(self) -> None:
        """Forget what was drawn in the old colours."""
        super().notify_style_update()
        self._strips.clear()

    def render(self) -> RenderResult:
        """Nothing: every line is made by `render_line`."""
        return ""

    def render_line(self, y: int) -> Strip:
        """Return a row of the last frame, cut or filled to the width of now."""
        width = self.size.width
        if width != self._strip_width:
            self._strips, self._strip_width = {}, width
        if y not in self._strips:
            row = self._rows[y] if y < len(self._rows) else ()
            cells = [Cells(piece.text, self._style_of(style)) for piece, style in row]
            self._strips[y] = Strip(cells).adjust_cell_length(width, self.rich_style)
        return self._strips[y]

    def _style_of(self, component: str) -> Style:
        return self.get_component_rich_style(component)

    def _draw_if_due(self) -> None:
        now = monotonic()
        if not self.is_mounted or now - self._drawn_at < self.period:
            return
        summaries = [curve.summary for curve in self._series.values()]
        look = (self.size, self.logarithmic, self.ascii_only)
        seen = (*look, self.prediction, tuple(self._series), summaries)
        if seen == self._drawn_from:
            return
        self._drawn_from, self._drawn_at = seen, now
        self._draw(summaries)

    def _draw(self, summaries: list[Summary]) -> None:
        width, height = self.size
        series = [Series(name, curve) for name, curve in self._series.items()]
        chart = draw_chart(series, width, height - 1, log=self.logarithmic, ascii_only=self.ascii_only)
        rows = [tuple(self._legend(summaries, width))] if height else []
        rows += [tuple((piece, _style_name(piece.series)) for piece in row) for row in chart.rows]
        self._replace_rows(rows, width)
        if chart.notes != self.notes:
            self.notes = chart.notes
            self.post_message(self.NotesChanged(self, chart.notes))

    def _replace_rows(self, rows: list[tuple[tuple[Piece, str], ...]], width: int) -> None:
        old, self._rows = self._rows, rows
        if len(old) != len(rows):
            self._strips.clear()
            self.refresh()
            return
        changed = [y for y, row in enumerate(rows) if row != old[y]]
        for y in changed:
            self._strips.pop(y, None)
        if changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def _legend(self, summaries: list[Summary], width: int) -> Iterator[tuple[Piece, str]]:
        names = [_one_line(name) for name in self._series]
        prediction = _one_line(self.prediction)
        fixed = len(names) * (len("xx ") + len(" ") + _VALUE_CELLS + len(_GAP)) + cell_len(prediction)
        cells = _fair_share([cell_len(name) for name in names], width - fixed)
        for place, (name, summary) in enumerate(zip(names, summaries, strict=True)):
            sample = marker_sample(place, ascii_only=self.ascii_only)
            yield Piece(sample, place), _style_name(place)
            value = "" if summary.last_value is None else _value_text(summary.last_value, self.ascii_only)
            label = f" {_shortened(name, cells)} {set_cell_size(value, _VALUE_CELLS)}{_GAP}"
            yield Piece(label), "loss-plot--legend"
        if prediction:
            yield Piece(prediction), "loss-plot--legend"


def _style_name(series: int | None) -> str:
    return "loss-plot--axis" if series is None else _SERIES_STYLES[series % MOST_SERIES]


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
