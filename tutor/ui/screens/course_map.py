"""The course: its lessons in order, how far the learner is in each, and where to go on."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from tutor.course.loader import Outline
from tutor.course.skills import skills
from tutor.student.mastery import Level
from tutor.tutoring.next_lesson import steps_done
from tutor.ui.course_row import CourseRow, lay_out
from tutor.ui.screens.column import ColumnScreen
from tutor.ui.signs import in_ascii
from tutor.ui.widgets.heading import Heading
from tutor.ui.widgets.key_bar import KeyBar

TRAINING = "training:"
"""The id of the training's entry, which no lesson can have."""

PRACTICE = "practice:"
"""The id of the entry for practice, likewise."""

PROGRESS = "progress:"
"""The id of the entry for what has been learned, likewise."""

PLACES = (PRACTICE, TRAINING, PROGRESS)

_DOTS = 5
_MOST_NAMES = 3


class CourseMap(ColumnScreen):
    """Every lesson may be opened; the one to go on with is marked and chosen first."""

    KEYS = (
        ("Enter", "open"),
        ("F6", "practice"),
        ("F7", "progress"),
        ("F5", "training"),
        ("Ctrl+Q", "quit"),
        ("F4", "settings"),
        ("F1", "help"),
    )

    _listed = False

    def compose(self) -> ComposeResult:
        """Lay out the list and what is said about its chosen entry."""
        yield Heading()
        yield OptionList(id="lessons", markup=False)
        yield Static(id="about", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """Show the frame at once; reading what every lesson is called would keep it waiting."""
        self.query_one(Heading).show(self.text("course_map.title"))
        self._list.focus()
        self.call_after_refresh(self._list_lessons)

    def _list_lessons(self) -> None:
        entries = [Option("", id=outline.slug) for outline in self.tutor.outlines]
        gap = [Option("", disabled=True)] if entries else []
        self._list.add_options([*entries, *gap, *(Option("", id=place) for place in PLACES)])
        self._listed = True
        self._choose_following()

    def on_screen_resume(self) -> None:
        """Show what has been learned meanwhile, with the lesson to go on with chosen."""
        if self._listed:
            self._choose_following()

    def _choose_following(self) -> None:
        following = self.tutor.recommended()
        self._list.highlighted = self._list.get_option_index(following.slug if following else TRAINING)
        self.relabel()

    def relabel(self) -> None:
        """Write every word anew."""
        if not self._listed:
            return
        self.query_one(Heading).show(self.text("course_map.title"))
        following = self.tutor.recommended()
        rows = [
            *(self._entry(outline, outline == following) for outline in self.tutor.outlines),
            self._place(PRACTICE, "practice", self._practice_words(), "F6"),
            self._place(TRAINING, "training", self.text("course_map.training_words"), "F5"),
            self._place(PROGRESS, "progress_place", self.text("course_map.progress_words"), "F7"),
        ]
        ids = [*(outline.slug for outline in self.tutor.outlines), *PLACES]
        laid_out = lay_out(rows, self._list.scrollable_content_region.width)
        for entry, row in zip(ids, laid_out, strict=True):
            self._list.replace_option_prompt(entry, row)
        self._describe()

    def on_resize(self, event: events.Resize) -> None:
        """Write the part about the chosen entry as its room allows."""
        super().on_resize(event)
        self.call_later(self.relabel)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Say more about the chosen entry."""
        event.stop()
        self.relabel()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Open the chosen entry."""
        event.stop()
        outline = self.tutor.outline(event.option_id or "")
        if event.option_id == TRAINING:
            self.tutor.action_training()
        elif event.option_id == PRACTICE:
            self.tutor.open_practice()
        elif event.option_id == PROGRESS:
            self.tutor.action_progress()
        elif outline is not None and self.tutor.is_usable(outline):
            self.tutor.open_lesson(outline.slug)

    # -- what is shown ---------------------------------------------------------------------------------

    @property
    def _list(self) -> OptionList:
        return self.query_one("#lessons", OptionList)

    @property
    def _chosen(self) -> str:
        option = self._list.highlighted_option
        return option.id or "" if option else ""

    def _entry(self, outline: Outline, following: bool) -> CourseRow:
        lead = Content.assemble(self._mark(outline.slug), (f"{outline.number:>2}  ", "bold"))
        note = Content.styled(self.text("course_map.next"), "bold $accent") if following else Content("")
        if not self.tutor.is_usable(outline):
            damaged = Content.styled(self._signed("✗", self.text("course_map.damaged")), "$error")
            return CourseRow(lead, self._title(outline), note, (damaged,), joined=True)
        minutes = self.text("course_map.minutes", minutes=outline.minutes)
        columns = (self._state(outline), Content.styled(minutes, "$text-muted"))
        return CourseRow(lead, self._title(outline), note, columns)

    def _title(self, outline: Outline) -> str:
        return self._plain(outline.title[self.text.language])

    def _state(self, outline: Outline) -> Content:
        """Return how far the learner is, in dots and in words."""
        count, done = len(outline.steps), self._done(outline)
        if self.tutor.is_finished(outline):
            words = self._signed("✓", self.text("course_map.finished"))
            return Content.styled(words, "$success")
        name = "progress" if done else "steps"
        words = self.text(f"course_map.{name}", done=done, count=count)
        return Content.assemble(self._dots(done, count), " " * bool(done), (words, "$text-muted"))

    def _done(self, outline: Outline) -> int:
        return steps_done(outline, self.learner.progress)

    def _dots(self, done: int, count: int) -> Content:
        if not done:
            return Content("")
        full, half, empty = "#>." if self.tutor.ascii_only else "●◐○"
        filled, rest = divmod(done * _DOTS, count)
        begun = bool(rest)
        return Content.assemble(
            (full * filled + half * begun, "$accent"), (empty * (_DOTS - filled - begun), "$text-muted")
        )

    def _place(self, entry: str, name: str, words: str, key: str) -> CourseRow:
        lead = Content.assemble(self._mark(entry), "    ")
        about = Content.styled(self._plain(words), "$text-muted")
        columns = (about, Content.styled(key, "bold"))
        return CourseRow(lead, self.text(f"course_map.{name}"), Content(""), columns, joined=True)

    def _practice_words(self) -> str:
        due = self.tutor.due()
        if not due:
            return self.text("course_map.practice_words")
        return self.text("course_map.practice_due", count=len(due))

    def _practice_about(self) -> str:
        due = self.tutor.due()
        about = self.text("course_map.practice_about")
        if not due:
            return self._plain(about)
        names = ", ".join(self.text(f"skills.{skill}") for skill in due[:_MOST_NAMES])
        more = ", …" if len(due) > _MOST_NAMES else ""
        return self._plain(f"{about}\n{self.text('course_map.ready', skills=names + more)}")

    def _mastered(self, outline: Outline) -> str:
        """Return how many skills of a lesson are mastered, once the learner has met one."""
        taught = [skill.id for skill in skills().values() if skill.lesson == outline.number]
        levels = [self.learner.learning.level(skill) for skill in taught]
        if not any(levels):
            return ""
        count = sum(level is Level.MASTERED for level in levels)
        return self.text("course_map.mastered", count=count, skills=len(taught))

    def _plain(self, words: str) -> str:
        return in_ascii(words) if self.tutor.ascii_only else words

    def _mark(self, entry: str) -> Content:
        """Return the sign before the chosen entry: colour alone does not say which it is."""
        sign = ">" if self.tutor.ascii_only else "▸"
        return Content.styled(f"{sign} " if entry == self._chosen else "  ", "bold $accent")

    def _signed(self, sign: str, words: str) -> str:
        return f"{in_ascii(sign) if self.tutor.ascii_only else sign} {words}"

    def _describe(self) -> None:
        about = self.query_one("#about", Static)
        outline = self.tutor.outline(self._chosen)
        if self.tutor.opening is not None:
            about.update(Content(self.text("app.opening", title=self._title(self.tutor.opening))))
        elif not self.tutor.outlines:
            about.update(Content(self.text("course_map.empty", folder=self.tutor.course_folder)))
        elif self._chosen == PRACTICE:
            about.update(Content(self._practice_about()))
        elif self._chosen == PROGRESS:
            about.update(Content(self.text("course_map.progress_about")))
        elif outline is None:
            about.update(Content(self.text("course_map.training_about")))
        elif not self.tutor.is_usable(outline):
            about.update(Content(self.text("course_map.damaged_about")))
        else:
            intro = " ".join(outline.intro[self.text.language].split())
            state = [part for part in (self._needs(outline), self._mastered(outline)) if part]
            lines = [self._plain(intro), "   ".join(state)]
            about.update(Content("\n").join(Content(line) for line in lines if line))

    def _needs(self, outline: Outline) -> str:
        needed = [entry for slug in outline.needs if (entry := self.tutor.outline(slug)) is not None]
        if not needed:
            return ""
        unmet = self.tutor.unmet_needs(outline)
        if unmet:
            return self.text("course_map.not_yet", lessons=self._names(unmet))
        return self.text("course_map.needs", lessons=self._names(needed))

    def _names(self, outlines: list[Outline] | tuple[Outline, ...]) -> str:
        return ", ".join(f"{outline.number} {self._title(outline)}" for outline in outlines)
