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
from tutor.ui.screens.column import ColumnScreen
from tutor.ui.signs import in_ascii
from tutor.ui.widgets.heading import Heading
from tutor.ui.widgets.key_bar import KeyBar

TRAINING = "training:"
"""The id of the training's entry, which no lesson can have."""

PRACTICE = "practice:"
"""The id of the entry for practice, likewise."""

_DOTS = 10
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

    def compose(self) -> ComposeResult:
        """Lay out the list and what is said about its chosen entry."""
        yield Heading()
        yield OptionList(id="lessons", markup=False)
        yield Static(id="about", markup=False)
        yield KeyBar()

    def on_mount(self) -> None:
        """List the lessons."""
        entries = [Option("", id=outline.slug) for outline in self.tutor.outlines]
        self._list.add_options([*entries, Option("", id=PRACTICE), Option("", id=TRAINING)])
        self._list.focus()

    def on_screen_resume(self) -> None:
        """Show what has been learned meanwhile, with the lesson to go on with chosen."""
        following = self.tutor.recommended()
        self._list.highlighted = self._list.get_option_index(following.slug if following else TRAINING)
        self.relabel()

    def relabel(self) -> None:
        """Write every word anew."""
        if not self._list.option_count:
            return
        self.query_one(Heading).show(self.text("course_map.title"))
        following = self.tutor.recommended()
        for index, outline in enumerate(self.tutor.outlines):
            self._list.replace_option_prompt_at_index(index, self._entry(outline, outline == following))
        self._list.replace_option_prompt(PRACTICE, self._place(PRACTICE, "practice", self._practice_words()))
        words = self.text("course_map.training_words")
        self._list.replace_option_prompt(TRAINING, self._place(TRAINING, "training", words))
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

    def _entry(self, outline: Outline, following: bool) -> Content:
        marked = self._mark(outline.slug)
        title = Content.styled(f"{outline.number:>2}  {self._title(outline)}", "bold")
        if following:
            title = Content.assemble(title, "  ", (self.text("course_map.next"), "bold $accent"))
        return Content("\n").join(
            [Content.assemble(marked, title), Content.assemble("      ", self._state(outline))]
        )

    def _title(self, outline: Outline) -> str:
        return self._plain(outline.title[self.text.language])

    def _state(self, outline: Outline) -> Content:
        """Return how far the learner is, in words and then in dots."""
        count = len(outline.steps)
        if not self.tutor.is_usable(outline):
            return Content.styled(self._signed("✗", self.text("course_map.damaged")), "$error")
        done = len(self.tutor.progress.done(outline.slug) & {step.id for step in outline.steps})
        if self.tutor.is_finished(outline):
            words = Content.styled(
                self._signed("✓", self.text("course_map.finished", count=count)), "$success"
            )
        else:
            name = "progress" if done else "steps"
            words = Content.styled(self.text(f"course_map.{name}", done=done, count=count), "$text-muted")
        minutes = Content.styled(
            f", {self.text('course_map.minutes', minutes=outline.minutes)}   ", "$text-muted"
        )
        return Content.assemble(words, minutes, self._dots(done, count), self._mastered(outline))

    def _dots(self, done: int, count: int) -> Content:
        full, half, empty = "#>." if self.tutor.ascii_only else "●◐○"
        filled, rest = divmod(done * _DOTS, count or 1)
        begun = bool(rest) or (done > 0 and filled == 0)
        return Content.assemble(
            (full * filled, "$accent"),
            (half * begun, "$accent"),
            (empty * (_DOTS - filled - begun), "$text-muted"),
        )

    def _place(self, entry: str, name: str, words: str) -> Content:
        return Content.assemble(
            self._mark(entry),
            ("    " + self.text(f"course_map.{name}"), "bold"),
            "\n      ",
            (self._plain(words), "$text-muted"),
        )

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

    def _mastered(self, outline: Outline) -> Content:
        """Return how many skills of a lesson are mastered, once the learner has met one."""
        taught = [skill.id for skill in skills().values() if skill.lesson == outline.number]
        levels = [self.tutor.learning.level(skill) for skill in taught]
        if not any(levels):
            return Content("")
        count = sum(level is Level.MASTERED for level in levels)
        words = self.text("course_map.mastered", count=count, skills=len(taught))
        return Content.styled(f"   {words}", "$success" if count == len(taught) else "$text-muted")

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
        elif outline is None:
            about.update(Content(self.text("course_map.training_about")))
        elif not self.tutor.is_usable(outline):
            about.update(Content(self.text("course_map.damaged_about")))
        else:
            intro = " ".join(outline.intro[self.text.language].split())
            lines = [in_ascii(intro) if self.tutor.ascii_only else intro, self._needs(outline)]
            gap = "\n" if self.has_class("-low") else "\n\n"
            about.update(Content(gap).join(Content(line) for line in lines if line))

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
