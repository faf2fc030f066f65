"""The first row of a lesson: its title, how far the learner is, and the other language."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.widget import Widget

DONE, NOW, OPEN, BACK = "done", "now", "open", "back"
"""States of a step: completed, on the screen, not completed, on the screen again after it was completed."""

_DOTS = {DONE: ("●", "#"), NOW: ("◐", ">"), OPEN: ("○", "."), BACK: ("◉", "@")}
_STYLES = {DONE: "$success", NOW: "bold $accent", OPEN: "$text-muted", BACK: "bold $accent"}


class LessonHeading(Widget):
    """One row; what does not fit is left out, the language first, then the dots."""

    DEFAULT_CSS = """
    LessonHeading { height: 1; width: 100%; padding: 0 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self._title, self._language, self._ascii = "", "", False
        self._states: tuple[str, ...] = (OPEN,)

    def show(self, title: str, states: Sequence[str], language: str, *, ascii_only: bool) -> None:
        """Show a title, a dot for each step, and the name of the other language."""
        self._title, self._language, self._states, self._ascii = title, language, tuple(states), ascii_only
        self.refresh()

    def render(self) -> Content:
        """Return the row for the width at hand."""
        width = self.content_size.width
        count = self._count()
        dots = [(_DOTS[state][self._ascii], _STYLES[state]) for state in self._states]
        right = self._language
        taken = cell_len(self._title) + cell_len(count) + 4
        shown = taken + len(dots) + 1 <= width
        middle = Content.assemble(*(dots if shown else []), ("  " if shown else "") + count)
        if taken + (len(dots) + 2 if shown else 0) + cell_len(right) + 3 > width:
            right = ""
        room = max(0, width - middle.cell_length - cell_len(right) - 2 * bool(right) - 2)
        if cell_len(self._title) > room:
            title = set_cell_size(self._title, max(0, room - 1)) + "…" * bool(room)
        else:
            title = self._title
        return self._spread(title, middle, right, width)

    def _spread(self, title: str, middle: Content, right: str, width: int) -> Content:
        """Put the middle part in the middle of the row, or where the title lets it be."""
        start = max(cell_len(title) + 2, (width - middle.cell_length) // 2)
        if not right:
            start = max(cell_len(title) + 2, width - middle.cell_length)
        end = start + middle.cell_length
        gap = max(2, width - end - cell_len(right)) if right else 0
        return Content.assemble(
            (title, "bold"), " " * (start - cell_len(title)), middle, " " * gap, (right, "$text-muted")
        )

    def _count(self) -> str:
        now = next((n for n, state in enumerate(self._states, 1) if state in (NOW, BACK)), len(self._states))
        return f"{now}/{len(self._states)}"
