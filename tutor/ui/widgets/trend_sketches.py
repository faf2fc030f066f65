"""Sketches of what can come, one for each prediction, before there is a curve to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from tutor.tutoring.predictions import Trend
from tutor.ui.sketches import sketch_rows

_TRENDS = {trend.value: trend.value for trend in Trend}
_AXES_IN_ASCII = str.maketrans("│─└", "|-+")
_GAP = 3
_MOST_CELLS, _MOST_ROWS = 42, 12
_ROWS_FOR_TWO = 22


class TrendSketches(Widget):
    """Sketches side by side or two by two, each with its words below; that of `chosen` stands out.

    `shapes` names the shape of each prediction by the prediction's id; without it there is one per trend.
    """

    DEFAULT_CSS = """
    TrendSketches { height: 1fr; width: 100%; padding: 1 0 0 1; }
    """

    def __init__(self, shapes: Mapping[str, str] = _TRENDS, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.ascii_only = False
        self._shapes = shapes
        self._limits: Sequence[str] = ("",) * len(shapes)
        self._names: Sequence[str] = self._limits
        self.chosen: str | None = None

    @property
    def any(self) -> bool:
        """Whether there is anything to sketch."""
        return bool(self._shapes)

    def write(self, limits: Sequence[str], names: Sequence[str]) -> None:
        """Write the short words of each sketch, and the longer ones for where there is room."""
        self._limits, self._names = limits, names
        self.refresh()

    def choose(self, chosen: str | None) -> None:
        """Let the sketch of a prediction stand out."""
        self.chosen = chosen
        self.refresh()

    def render(self) -> RenderResult:
        """Return the rows of all sketches, as large as there is room for."""
        size, sketched = self.content_size, list(self._shapes)
        across = 2 if size.height >= _ROWS_FOR_TWO else max(1, len(sketched))
        lines = -(-len(sketched) // across)
        cells = min(_MOST_CELLS, size.width // across)
        height = min(_MOST_ROWS, size.height // lines - 3 if lines > 1 else size.height - 2)
        if cells <= _GAP + 2 or height < 1:
            return Content("")
        fitting = all(cell_len(name) + _GAP <= cells for name in self._names)
        words = dict(zip(sketched, self._names if fitting else self._limits, strict=True))
        rows: list[Content] = []
        for first in range(0, len(sketched), across):
            rows += self._line(sketched[first : first + across], words, cells, height)
        return Content("\n").join(rows)

    def _line(
        self, sketched: Sequence[str], words: Mapping[str, str], cells: int, height: int
    ) -> list[Content]:
        width = cells - _GAP
        columns = []
        for name in sketched:
            rows = sketch_rows(self._shapes[name], width - 1, height, self.ascii_only)
            curve = [f"│{row}" for row in rows]
            columns.append([*curve, "└" + "─" * (width - 1), f" {words[name]}", ""])
        styles = ["$accent"] * height + ["$text-muted", "bold $accent", ""]
        return [
            Content.assemble(
                *(
                    self._piece(row, cells, style if name == self.chosen else "$text-muted")
                    for name, row in zip(sketched, parts, strict=True)
                )
            )
            for parts, style in zip(zip(*columns, strict=True), styles, strict=True)
        ]

    def _piece(self, row: str, cells: int, style: str) -> tuple[str, str]:
        text = row.translate(_AXES_IN_ASCII) if self.ascii_only else row
        return text + " " * max(1, cells - cell_len(text)), style
