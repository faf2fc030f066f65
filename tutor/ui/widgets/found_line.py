"""A search in two stages: a line is marked, then what puts it right is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.widget import Widget

from tutor.tutoring.exercise import MARKED
from tutor.tutoring.verdict import Outcome, Verdict
from tutor.ui.widgets.answer import AnswerBelow
from tutor.ui.widgets.option_choice import OptionChoice

if TYPE_CHECKING:
    from tutor.ui.lesson_words import LessonWords


class FoundLine(Widget):
    """`lines` to mark one of; `repair` appears once the right one is marked."""

    DEFAULT_CSS = """
    FoundLine {
        layout: vertical; width: 100%; height: 100%; overflow-x: hidden; overflow-y: auto;
        scrollbar-size-vertical: 1;
    }
    """

    def __init__(self, lines: OptionChoice, repair: AnswerBelow | None) -> None:
        super().__init__()
        self.lines, self.repair = lines, repair
        self.found = False

    def compose(self) -> ComposeResult:
        """The lines, then the repair."""
        yield self.lines
        if isinstance(self.repair, Widget):
            self.repair.display = False
            yield self.repair

    def say(self, words: LessonWords) -> None:
        """Write both stages in the learner's language."""
        self.lines.word(words.solution_lines())
        if self.repair is not None:
            self.repair.say(words)

    def fit(self, width: int) -> int:
        """Lay out both stages and return the rows that they need."""
        rows = self.lines.fit(width)
        self.lines.styles.height = rows
        if self.repair is None or not self.found:
            return rows
        more = self.repair.fit(width)
        assert isinstance(self.repair, Widget)
        self.repair.styles.height = more
        self.repair.styles.margin = (1, 0, 0, 0)
        return rows + 1 + more

    def redraw(self, *, ascii_only: bool) -> None:
        """Draw both stages anew."""
        self.lines.redraw(ascii_only=ascii_only)
        if self.repair is not None:
            self.repair.redraw(ascii_only=ascii_only)

    # -- answer ------------------------------------------------------------------------------------------

    def entries(self) -> dict[str, str]:
        """Return the marked line, and the repair once it is asked for."""
        return self.lines.entries() | (self.repair.entries() if self.repair and self.found else {})

    def restore(self, entries: Mapping[str, str]) -> None:
        """Put back what was marked and given."""
        self.lines.restore(entries)
        if self.repair is not None:
            self.repair.restore(entries)

    def show_verdict(self, verdict: Verdict) -> None:
        """Mark the line; where it is the right one, go on to the repair."""
        self.lines.show_verdict(verdict)
        if verdict[MARKED].outcome is Outcome.CORRECT:
            self._open()
            if self.repair is not None:
                self.repair.show_verdict(verdict)

    def _open(self) -> None:
        self.found = True
        self.lines.struck = frozenset(self.lines.entries()[MARKED].split())
        self.lines.show()
        if isinstance(self.repair, Widget):
            self.repair.display = True

    def settle(self, answers: Mapping[str, str]) -> None:
        """Show the line and its repair for good."""
        self.lines.settle(answers)
        self._open()
        if self.repair is not None:
            self.repair.settle(answers)

    def take_focus(self, field: str | None = None) -> None:
        """Go to the stage that is open."""
        if self.found and self.repair is not None:
            self.repair.take_focus(field)
        else:
            self.lines.take_focus(field)
