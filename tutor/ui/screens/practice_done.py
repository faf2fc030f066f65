"""After a set of practice: how it went for each skill, what is mastered now, and another set."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tutor.student.mastery import Level
from tutor.tutoring.practice import PracticeSet, SkillOutcome, outcomes
from tutor.ui.levels import level_mark
from tutor.ui.practice_wish import PracticeWish
from tutor.ui.screens.column import ColumnScreen
from tutor.ui.signs import in_ascii
from tutor.ui.widgets.heading import Heading
from tutor.ui.widgets.key_bar import KeyBar

_NAME = 36
"""Cells for the name of a skill."""


class PracticeDoneScreen(ColumnScreen):
    """Says what a set has brought."""

    KEYS = (
        ("Enter", "next_set"),
        ("F7", "progress"),
        ("Esc", "course"),
        ("Ctrl+Q", "quit"),
        ("F1", "help"),
    )

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next_set", show=False),
        Binding("escape", "back", show=False),
        Binding("up", "scroll_text(-1)", show=False),
        Binding("down", "scroll_text(1)", show=False),
    ]

    def __init__(self, practised: PracticeSet, wish: PracticeWish) -> None:
        super().__init__()
        self._practised, self._wish = practised, wish

    def compose(self) -> ComposeResult:
        """Lay out the sections."""
        yield Heading()
        with VerticalScroll(can_focus=False):
            yield Static(id="sum", markup=False)
            yield Static(id="skills", markup=False)
            yield Static(id="next", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Write what is known."""
        self.relabel()

    def relabel(self) -> None:
        """Write every word anew."""
        found = outcomes(self._practised, self.learner.learning)
        self.query_one(Heading).show(self.text("practice.done"))
        right, count = sum(outcome.right for outcome in found), sum(outcome.count for outcome in found)
        total = self.text("practice.right", right=right, count=count)
        self.query_one("#sum", Static).update(Content.styled(total, "bold"))
        rows = Content("\n").join(part for outcome in found for part in self._rows(outcome))
        self.query_one("#skills", Static).update(rows)
        self.query_one("#next", Static).update(Content(self._plain(self._next_words())))

    def _rows(self, outcome: SkillOutcome) -> list[Content]:
        name = self._plain(self.text(f"skills.{outcome.skill}"))
        change = "same"
        if outcome.now is not outcome.before:
            change = "up" if outcome.now > outcome.before else "down"
        words = self.text(
            f"practice.change.{change}", level=self.text(f"practice.level.{outcome.now.name.lower()}")
        )
        style = {"up": "bold $success", "down": "$warning", "same": "$text-muted"}[change]
        pad = " " * max(2, _NAME - cell_len(name))
        figures = self.text("practice.of", right=outcome.right, count=outcome.count)
        return [
            Content.assemble(
                level_mark(outcome.now, self.tutor.ascii_only), " ", (name, "bold"), pad, figures
            ),
            Content.assemble("  ", (self._plain(words), style)),
        ]

    def _next_words(self) -> str:
        record = self.learner.learning.record(self._practised.focus)
        name = self.text(f"skills.{self._practised.focus}")
        if record.rests(self.learner.now()):
            return self.text("practice.rests", skill=name)
        if record.level is Level.MASTERED:
            return self.text("practice.mastered", skill=name)
        return self.text("practice.needed", skill=name)

    def _plain(self, words: str) -> str:
        return in_ascii(words) if self.tutor.ascii_only else words

    def action_next_set(self) -> None:
        """Open another set of the same kind."""
        self.tutor.open_practice(self._wish)

    def action_back(self) -> None:
        """Go back to the course map."""
        self.tutor.back_to_map()

    def action_scroll_text(self, rows: int) -> None:
        """Scroll where the screen is short of rows."""
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)
