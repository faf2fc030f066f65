"""One typed answer in a row of its own, behind its name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.ui.widgets.graph_view import GraphView, Slot, single_row

if TYPE_CHECKING:
    from tutor.ui.lesson_words import LessonWords


class AnswerRow(GraphView):
    """A single blank: a number, an array or a formula."""

    DEFAULT_CSS = """
    AnswerRow { align: left top; overflow: hidden hidden; }
    """

    def __init__(self, slot: Slot, *, ascii_only: bool = False) -> None:
        self._slot = slot
        self._label = ""
        self._ascii = ascii_only
        super().__init__(single_row("", slot), (slot,), ascii_only=ascii_only)

    def say(self, words: LessonWords) -> None:
        """Write what is asked for."""
        self._label = words.label(self._slot.key).strip("`")
        self.redraw(ascii_only=self._ascii)

    def fit(self, width: int) -> int:
        """Return the one row that is needed."""
        return 1

    def redraw(self, *, ascii_only: bool) -> None:
        """Draw the row anew; the blank stays what it is."""
        self._ascii = ascii_only
        self.canvas.redraw(single_row(self._label, self._slot), ascii_only)
