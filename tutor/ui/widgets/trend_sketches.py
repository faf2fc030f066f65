"""Four small sketches of what a loss can do, one for each trend, before there is a curve to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from textual.app import RenderResult
from textual.content import Content
from textual.widget import Widget

from tutor.tutoring.predictions import Trend

_SKETCHES: Mapping[Trend, tuple[str, ...]] = {
    Trend.SOLVED: (r"        ", r"        ", r"\       ", r" \      ", r"  \_____"),
    Trend.PARTLY: (r"        ", r"        ", r"\       ", r" \______", r"        "),
    Trend.FLAT: (r"        ", r"________", r"        ", r"        ", r"        "),
    Trend.GROWS: (r"       /", r"______/ ", r"        ", r"        ", r"        "),
}
_CELLS = 11
_PRETTY = str.maketrans({"\\": "╲", "/": "╱"})


class TrendSketches(Widget):
    """Sketches side by side, with the limits of each trend below; that of `chosen` stands out."""

    DEFAULT_CSS = """
    TrendSketches { height: 1fr; width: 100%; padding: 1 0 0 1; }
    """

    def __init__(self, *, ascii_only: bool = False, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._ascii_only = ascii_only
        self._limits: Sequence[str] = ("",) * len(Trend)
        self.chosen: str | None = None

    def write(self, limits: Sequence[str]) -> None:
        """Write the limits in the learner's language."""
        self._limits = limits
        self.refresh()

    def choose(self, chosen: str | None) -> None:
        """Let the sketch of a trend stand out."""
        self.chosen = chosen
        self.refresh()

    def render(self) -> RenderResult:
        """Return the rows of all sketches."""
        rows = [self._row([f"|{_SKETCHES[trend][row]}" for trend in Trend], "$accent") for row in range(5)]
        rows.append(self._row(["+" + "-" * 8] * len(Trend), "$text-muted"))
        rows.append(self._row([f" {limit}" for limit in self._limits], "bold $accent"))
        return Content("\n").join(rows)

    def _row(self, parts: Sequence[str], style: str) -> Content:
        pieces = []
        for trend, part in zip(Trend, parts, strict=True):
            text = part if self._ascii_only else part.translate(_PRETTY).replace("|", "│").replace("+", "└")
            if not self._ascii_only and part.startswith("+"):
                text = text.replace("-", "─")
            text += " " * max(1, _CELLS - cell_len(text))
            pieces.append((text, style if trend.value == self.chosen else "$text-muted"))
        return Content.assemble(*pieces)
