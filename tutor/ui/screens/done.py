"""After a lesson: what is worth keeping, how it went, and what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tutor.course.loader import Outline
from tutor.course.skills import skills
from tutor.student.events import EventKind
from tutor.student.faults import StoreError
from tutor.ui.levels import level_mark
from tutor.ui.progress_words import level_words
from tutor.ui.screens.column import ColumnScreen
from tutor.ui.signs import in_ascii
from tutor.ui.widgets.heading import Heading
from tutor.ui.widgets.key_bar import KeyBar

if TYPE_CHECKING:
    from tutor.course.model import Lesson

_LABEL = 24
"""Cells for what a figure is about."""


class DoneScreen(ColumnScreen):
    """Shows how a lesson went and offers the next one."""

    KEYS = (
        ("Enter", "next_lesson"),
        ("Esc", "course"),
        ("F9", "language"),
        ("Ctrl+Q", "quit"),
        ("F1", "help"),
    )
    _KEYS_AT_THE_END = (("Enter", "course"), ("F9", "language"), ("Ctrl+Q", "quit"), ("F1", "help"))

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "next_lesson", show=False),
        Binding("escape", "back", show=False),
        Binding("up", "scroll_text(-1)", show=False),
        Binding("down", "scroll_text(1)", show=False),
    ]

    def __init__(self, lesson: Lesson) -> None:
        super().__init__()
        self._lesson = lesson
        self._seconds: float | None = None

    def compose(self) -> ComposeResult:
        """Lay out the sections."""
        yield Heading()
        with VerticalScroll(can_focus=False):
            yield Static(id="lesson", markup=False)
            yield Static(id="keep", markup=False)
            yield Static(id="how", markup=False)
            yield Static(id="skills", markup=False)
            yield Static(id="next", markup=False)
            yield Static(id="intro", markup=False)
        yield KeyBar(self.KEYS if self._following else self._KEYS_AT_THE_END)

    def on_mount(self) -> None:
        """Find out how long it took."""
        self._seconds = self._time_taken()
        self.relabel()
        self.call_after_refresh(self.tutor.make_ready, self._following)

    def relabel(self) -> None:
        """Write every word anew."""
        text, lesson = self.text, self._lesson
        self.query_one(Heading).show(text("done.title"))
        name = f"{lesson.number}  {self._plain(lesson.title[text.language])}"
        self.query_one("#lesson", Static).update(
            Content.assemble((self._plain("✓ "), "bold $success"), (name, "bold"))
        )
        keep = self._plain(lesson.keep[text.language].strip())
        self.query_one("#keep", Static).update(self._section("keep", Content(keep)))
        self.query_one("#how", Static).update(self._section("how", Content("\n").join(self._figures())))
        part, rows = self.query_one("#skills", Static), self._skills()
        part.display = bool(rows)
        part.update(self._section("skills", Content("\n").join(rows)))
        following = self._following
        if following is None:
            self.query_one("#next", Static).update(Content(text("done.all_done")))
        else:
            title = f"{following.number}  {self._plain(following.title[text.language])}"
            intro = self._plain(" ".join(following.intro[text.language].split()))
            self.query_one("#next", Static).update(self._section("next", Content.styled(title, "bold")))
            self.query_one("#intro", Static).update(Content.styled(intro, "$text-muted"))

    def _section(self, name: str, body: Content) -> Content:
        return Content.assemble((self.text(f"done.{name}"), "bold $accent"), "\n", body)

    def _plain(self, words: str) -> str:
        return in_ascii(words) if self.tutor.ascii_only else words

    def _figures(self) -> list[Content]:
        from tutor.course.model import is_answered  # needs pydantic, which is there once a lesson is

        slug = self._lesson.slug
        records = [self.learner.progress.step(slug, step.id) for step in self._lesson.steps]
        tried = [
            record.first_try
            for step, record in zip(self._lesson.steps, records, strict=True)
            if is_answered(step) and record.first_try is not None
        ]
        helps = {
            "hints": sum(record.hints for record in records),
            "shown": sum(record.shown for record in records),
        }
        figures = {
            "first_try": self.text("done.first_try_value", right=sum(tried), count=len(tried)),
            **{name: str(count) for name, count in helps.items() if count},
        }
        if self._seconds is not None:
            minutes = round(self._seconds / 60)
            figures["time"] = (
                self.text("done.minutes", minutes=minutes) if minutes else self.text("done.under_a_minute")
            )
        return [self._figure(name, value) for name, value in figures.items()]

    def _figure(self, name: str, value: str) -> Content:
        label = self.text(f"done.{name}")
        return Content.assemble((label, "$text-muted"), " " * max(2, _LABEL - cell_len(label)), value)

    def _skills(self) -> list[Content]:
        """Return the skills that the lesson teaches and the learner has met, with their levels."""
        learning = self.learner.learning
        levels = {
            id_: learning.level(id_) for id_, skill in skills().items() if skill.lesson == self._lesson.number
        }
        names = {id_: self._plain(self.text(f"skills.{id_}")) for id_, level in levels.items() if level}
        widest = max(map(cell_len, names.values()), default=0)
        return [
            Content.assemble(
                level_mark(levels[id_], self.tutor.ascii_only),
                f" {name}{' ' * (widest - cell_len(name) + 2)}",
                (level_words(levels[id_], self.text), "$text-muted"),
            )
            for id_, name in names.items()
        ]

    def _time_taken(self) -> float | None:
        """Return the seconds from seeing an exercise to its last answer, summed; None where unknown."""
        longest: dict[str, float] = {}
        try:
            for event in self.tutor.store.events():
                if event.kind is EventKind.ATTEMPT and event.lesson == self._lesson.slug:
                    milliseconds = event.data.get("ms")
                    if isinstance(milliseconds, int | float):
                        longest[event.step] = max(longest.get(event.step, 0.0), milliseconds)
        except StoreError:
            return None
        return sum(longest.values()) / 1000 if longest else None

    @property
    def _following(self) -> Outline | None:
        return self.tutor.recommended(after=self._lesson.slug)

    def action_next_lesson(self) -> None:
        """Go on with the next lesson, or with the course map where none is left."""
        following = self._following
        if following is None:
            self.tutor.back_to_map()
        else:
            self.tutor.open_lesson(following.slug)

    def action_scroll_text(self, rows: int) -> None:
        """Scroll where the screen is short of rows."""
        self.query_one(VerticalScroll).scroll_relative(y=rows, animate=False)

    def action_back(self) -> None:
        """Go back to the course map."""
        self.tutor.back_to_map()
