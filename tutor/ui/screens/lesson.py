"""The lesson screen: a question, its graph with the blanks on the edges, and what the tutor says."""

from __future__ import annotations

import re
import secrets
from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.events import Key
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from tutor.course.model import (
    Choice,
    CodeTask,
    Drill,
    FaultyCode,
    FaultySolution,
    GraphFill,
    LabVisit,
    Lesson,
    LineOrder,
    Ordering,
    ShapeFill,
    SignFill,
    Sorting,
    Step,
    Worked,
)
from tutor.course.skills import skill_of
from tutor.student.faults import StoreError
from tutor.student.mastery import Level
from tutor.text import LANGUAGES, in_every_language
from tutor.tutoring.exercise import Exercise
from tutor.tutoring.generating import Item
from tutor.tutoring.insertions import Inserted, Purpose
from tutor.tutoring.lesson_loop import WRITTEN_HINTS, LessonLoop
from tutor.tutoring.resuming import resume
from tutor.tutoring.verdict import Verdict
from tutor.tutoring.worked_step import work_out
from tutor.ui.answer_area import answer_widget, right_answers
from tutor.ui.drafts import Drafts
from tutor.ui.exercise_picture import drawing_of, number, slots_of
from tutor.ui.lab_messages import OpenLab
from tutor.ui.lesson_rows import share_rows
from tutor.ui.lesson_words import LessonWords, Saying, spoken
from tutor.ui.screens.base import TutorScreen
from tutor.ui.term_display import KOREAN, TermDisplay, chosen_form
from tutor.ui.widgets.answer import Answer, AnswerBelow, AnswerChanged, AnswerSubmitted, TextRefused
from tutor.ui.widgets.blank import Blank
from tutor.ui.widgets.feedback import Feedback
from tutor.ui.widgets.graph_view import GraphView
from tutor.ui.widgets.item_list import ItemList
from tutor.ui.widgets.key_bar import KeyBar
from tutor.ui.widgets.lesson_heading import BACK, DONE, NOW, OPEN, LessonHeading
from tutor.ui.widgets.prose import Prose

STUCK_SECONDS = 50.0
"""Without a key for so long in a step whose skill is not mastered, help is offered unasked."""

DRAFT_SECONDS = 0.25
"""How long after a key what was typed is on disk."""

_READING_SECONDS = 0.3
_WIDEST_TEXT = 96
_MARGIN = 1


class LessonScreen(TutorScreen):
    """One lesson, from the step where the learner left off."""

    class Finished(Message):
        """Every step of the lesson is done."""

        def __init__(self, slug: str) -> None:
            super().__init__()
            self.slug = slug

    class Left(Message):
        """The learner goes back to the course; what was typed is kept."""

        def __init__(self, slug: str) -> None:
            super().__init__()
            self.slug = slug

    KEYS = (
        ("Enter", "check"),
        ("F2", "hint"),
        ("F3", "show_step"),
        ("Tab", "next_blank"),
        ("Shift+Tab", "previous_blank"),
        ("Arrows", "choose"),
        ("Space", "mark"),
        ("Del", "leave_out"),
        ("PgUp", "previous_step"),
        ("PgDn", "next_step"),
        ("F8", "read_on"),
        ("Ctrl+Arrows", "scroll"),
        ("Esc", "course"),
        ("F1", "help"),
    )

    AUTO_FOCUS = ""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "go_on", show=False),
        Binding("right", "reveal", show=False),
        Binding("f2", "hint", show=False),
        Binding("f3", "show_step", show=False),
        Binding("f8", "read_on", show=False),
        Binding("pageup", "back", show=False),
        Binding("pagedown", "forward", show=False),
        Binding("escape", "leave", show=False),
        Binding("up,ctrl+up", "scroll_text(-1)", show=False),
        Binding("down,ctrl+down", "scroll_text(1)", show=False),
    ]

    DEFAULT_CSS = """
    LessonScreen {
        layout: vertical;
        overflow: hidden hidden;
        & > #intro > Static { color: $text-muted; }
        & > #graph { height: 0; width: 100%; }
        & > #answer { height: 0; }
        & GraphView { width: 100%; height: 100%; }
        & #answer GraphView { align: left top; overflow: hidden hidden; }
        & ItemList { width: 100%; height: 100%; }
    }
    """

    def __init__(self, lesson: Lesson, start: str | None = None) -> None:
        super().__init__()
        self.lesson = lesson
        self._start = start
        self._saying: Saying = LessonWords.begin
        self._offer: Saying | None = None
        self._graph: GraphView | None = None
        self._answer: Answer | None = None
        self._draft_timer: Timer | None = None
        self._typed_ahead = ""
        self._waiting: Timer | None = None

    # -- life --------------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """The parts from top to bottom."""
        # Kept and never looked for: a step may still be entered while the app is already ending.
        self._heading, self._key_bar = LessonHeading(id="heading"), KeyBar(self.KEYS)
        self._intro, self._question = Prose(id="intro"), Prose(id="question")
        self._feedback = Feedback(id="feedback")
        self._graph_place, self._answer_place = Container(id="graph"), Container(id="answer")
        yield self._heading
        yield self._intro
        yield self._question
        yield self._graph_place
        yield self._answer_place
        yield self._feedback
        yield self._key_bar

    async def on_mount(self) -> None:
        """Begin where the learner left off."""
        self.drafts = Drafts(self.tutor.store, self.lesson.slug, self._store_failed)
        self.loop = self.begin()
        await self._enter()

    def begin(self) -> LessonLoop:
        """Return the loop that the screen drives, at the step where the learner left off."""
        return resume(self.lesson, self.learner, self.tutor.record, word=worded, start=self._start)

    @property
    def title_words(self) -> str:
        """What the first row calls this."""
        return f"{self.lesson.number} {self.lesson.title[self.text.language]}"

    def on_unmount(self) -> None:
        """Keep what was typed."""
        self.keep_drafts()

    def on_resize(self) -> None:
        """Share the rows anew."""
        if self._running_lesson:
            self._redraw()
            self._arrange()

    def relabel(self) -> None:
        """Write every word anew in the learner's language, leaving focus and typed text alone."""
        if self._running_lesson:
            self._redraw()
            self._write(again=True)

    @property
    def _running_lesson(self) -> bool:
        return hasattr(self, "loop")

    # -- drafts ------------------------------------------------------------------------------------------

    def _store_failed(self, error: StoreError) -> None:
        self.tutor.tell(f"student.fault.{error.fault.value}", path=error.path or "")

    @on(AnswerChanged)
    def _keep_draft(self, event: AnswerChanged) -> None:
        event.stop()
        self._wait_anew()
        self.drafts.note(self.loop.step.id, event.field, event.text)
        if self._draft_timer is None:
            self._draft_timer = self.set_timer(DRAFT_SECONDS, self.keep_drafts)

    def keep_drafts(self) -> None:
        """Store what is typed and not checked."""
        if self._draft_timer is not None:
            self._draft_timer.stop()
            self._draft_timer = None
        if self._running_lesson:
            self.drafts.flush()

    # -- one step ----------------------------------------------------------------------------------------

    @property
    def words(self) -> LessonWords:
        """What this step says, in the learner's language."""
        return LessonWords(self.text, self.loop.exercise, self.tutor.ascii_only)

    async def _enter(self) -> None:
        """Put the step of the loop on the screen."""
        self._wait_anew()
        if isinstance(self.loop.step, CodeTask):
            self._look_at_code(self.loop.step)
        exercise = self.loop.exercise
        with self.app.batch_update():
            self.set_focus(None)
            await self._graph_place.remove_children()
            await self._answer_place.remove_children()
            self._graph = self._graph_view(exercise)
            self._answer = answer_widget(exercise, self._graph, ascii_only=self.tutor.ascii_only)
            if self._graph is not None:
                await self._graph_place.mount(self._graph)
            if isinstance(self._answer, Widget) and self._answer is not self._graph:
                await self._answer_place.mount(self._answer)
            self._bring_back()
            self._make_room()
            self._write()
        self._focus_answer()
        self.set_timer(_READING_SECONDS, self.loop.make_ready)

    def _graph_view(self, exercise: Exercise) -> GraphView | None:
        if exercise.graph is None:
            return None
        slots, ascii_only = slots_of(exercise), self.tutor.ascii_only
        drawing = drawing_of(exercise, slots, self._graph_width, ascii_only=ascii_only)
        return GraphView(drawing, slots, ascii_only=ascii_only)

    def _bring_back(self) -> None:
        """Show what was answered, revealed or typed in this step before."""
        state, exercise = self.loop.state, self.loop.exercise
        inserted = self.loop.inserted
        self._saying = LessonWords.begin if inserted is None else _opening(inserted)
        if isinstance(exercise.step, Drill):
            self._saying = self._before_drill(exercise.step)
        elif isinstance(exercise.step, Worked):
            while state.solved and self.loop.reveal():
                pass
            self._show_revealed()
        elif isinstance(exercise.step, LabVisit | CodeTask) and state.solved:
            self._saying = LessonWords.solved
        elif self._answer is None:
            return
        elif state.solved:
            self._answer.settle(right_answers(exercise))
            self._saying = LessonWords.solved
        else:
            self._answer.restore(state.checked | self.drafts.of(exercise.step.id))
            if state.verdict is not None:
                self._answer.show_verdict(state.verdict)
                self._recall(state.verdict)

    def _recall(self, verdict: Verdict) -> None:
        """Say a verdict again."""
        exercise, opened = self.loop.exercise, self.loop.opened
        blank = next((blank for blank in exercise.blanks if blank.key == opened), None)
        worked = work_out(exercise, blank) if blank is not None else ()
        self._saying = spoken(self.loop, verdict, worked)

    def _focus_answer(self) -> None:
        if self._answer is not None and not self.loop.state.solved:
            self._answer.take_focus()
            self._pass_on()

    # -- words and room ----------------------------------------------------------------------------------

    def _say(self, saying: Saying) -> None:
        self._saying = saying
        self._write()

    def _write(self, *, again: bool = False) -> None:
        """Write every word of the screen, then give each part its rows."""
        words, language, ascii_only = self.words, self.text.language, self.tutor.ascii_only
        other = list(LANGUAGES)[(list(LANGUAGES).index(language) + 1) % len(LANGUAGES)]
        self._heading.show(
            self.title_words,
            self._step_states(),
            f"{LANGUAGES[other]} F9",
            ascii_only=ascii_only,
        )
        shown = self._term_display()
        self._intro.show(shown(self.lesson.intro.get(language, "")) if self.loop.is_opening else "")
        self._question.show(shown(words.question))
        if self._below is not None:
            self._below.say(words)
        lines = [
            line if line.literal else replace(line, text=shown(line.text)) for line in self._saying(words)
        ]
        self._feedback.show(lines, ascii_only=ascii_only, again=again)
        self._arrange()

    def _term_display(self) -> TermDisplay:
        form = chosen_form(self.tutor.settings.terms) if self.text.language == "ko" else KOREAN
        return TermDisplay(self.tutor.terms, form)

    def _keys(self) -> tuple[tuple[str, str], ...]:
        """What the keys do in this step now."""
        before = (("PgUp", "previous_step"),) if self.loop.index else ()
        ends = (("Esc", "course"), ("F1", "help"))
        if self.loop.may_advance:
            return (("Enter", "next_step"), *before, *ends)
        own: tuple[tuple[str, str], ...] = ()
        match self.loop.step:
            case Worked():
                return (("Enter", "reveal"), *before, *ends)
            case CodeTask():
                return (("Enter", "look"), *before, ("PgDn", "next_step"), *ends)
            case LabVisit():
                return (("Enter", "open_lab"), *before, ("PgDn", "next_step"), *ends)
            case Choice(several=several):
                own = (("Space", "mark"),) if several else (("Arrows", "choose"),)
            case Ordering():
                return (("Enter", "check"), ("Space", "pick"), ("F2", "hint"), ("F3", "show_step"), *ends)
            case LineOrder():
                own = (("Del", "leave_out"), ("Space", "move"))
                return (("Enter", "check"), ("F2", "hint"), *own, ("F3", "show_step"), *ends)
            case Sorting(bins=bins):
                own = ((f"1-{len(bins)}", "into_bin"),)
            case FaultySolution() | FaultyCode():
                own = (("Arrows", "choose"),)
            case GraphFill(ask=ask) | ShapeFill(ask=ask) | SignFill(ask=ask) if len(ask) > 1:
                own = (("Tab", "next_blank"),)
        return (("Enter", "check"), ("F2", "hint"), ("F3", "show_step"), *own, *ends)

    def _step_states(self) -> list[str]:
        states = [DONE if step.id in self.loop.done else OPEN for step in self.lesson.steps]
        states[self.loop.index] = BACK if states[self.loop.index] == DONE else NOW
        return states

    @property
    def _below(self) -> AnswerBelow | None:
        """The answer, where it has a place of its own below the graph."""
        return self._answer if isinstance(self._answer, AnswerBelow) else None

    @property
    def _graph_width(self) -> int:
        return max(1, self.size.width - 2)

    def _redraw(self) -> None:
        """Draw the graph anew for this width; blanks stay what they are."""
        exercise, ascii_only = self.loop.exercise, self.tutor.ascii_only
        if self._graph is not None:
            canvas = self._graph.canvas
            drawing = drawing_of(
                exercise,
                slots_of(exercise),
                self._graph_width,
                ascii_only=ascii_only,
                fixed=canvas.fixed,
            )
            canvas.redraw(drawing, ascii_only)
        if self._below is not None:
            self._below.redraw(ascii_only=ascii_only)

    def _make_room(self) -> None:
        """Draw the graph wider where a right number has less room than it needs."""
        if self._graph is not None and self._graph.canvas.is_cramped:
            self._redraw()

    def _arrange(self) -> None:
        """Give each part its rows."""
        width, height = self.size
        column = max(1, min(_WIDEST_TEXT, width - 2 * _MARGIN))
        side = (width - column) // 2
        question, feedback = self._question, self._feedback
        graph = self._graph.canvas.rows_needed(width) if self._graph is not None else 0
        answer = self._below.fit(column - 1) if self._below is not None else 0
        needs = {"prose": question.fit(column), "answer": answer, "feedback": feedback.fit(column)}
        rows = share_rows(height, intro=self._intro.fit(column), graph=graph, **needs)
        if isinstance(self.loop.step, Ordering) and (rows.graph < graph or not all(rows.gaps)):
            rows = share_rows(height, graph=0, **needs)  # the list alone says as much as half a graph
        cut = rows.prose < needs["prose"], rows.feedback < needs["feedback"]
        question.fit(column - cut[0])  # beside its scroll bar
        feedback.fit(column - cut[1])
        more = (("F8", "read_on"),) if any(cut) else ()
        self._key_bar.keys = (*self._keys()[:1], *more, *self._keys()[1:])
        above, *between = rows.gaps
        parts: list[tuple[Widget, int, int]] = [
            (self._intro, rows.intro, above if rows.intro else 0),
            (question, rows.prose, 1 if rows.intro else above),
            *zip((self._graph_place, self._answer_place), (rows.graph, rows.answer), between, strict=False),
            (feedback, min(rows.feedback, needs["feedback"]), between[-1]),
        ]
        for part, given, gap in parts:
            whole = part.id == "graph"
            # Never hidden: a field in a part that is not displayed would lose the focus for good.
            part.styles.height = given
            part.styles.width = width if whole else column
            part.styles.margin = (gap, 0, 0, 0 if whole else side)
        for line in (self._heading, self._key_bar):
            line.styles.padding = (0, side)

    # -- keys --------------------------------------------------------------------------------------------

    def on_key(self, event: Key) -> None:
        """Keep what is typed while a step is being entered and no field can take it yet."""
        self._wait_anew()
        if event.key in ("enter", "pageup", "pagedown"):
            self._typed_ahead = ""
        elif event.is_printable and event.character is not None and not isinstance(self.focused, ItemList):
            self._typed_ahead += event.character
            self._pass_on()

    def _wait_anew(self) -> None:
        """Count the time without a key from now on."""
        if self._waiting is not None:
            self._waiting.stop()
        self._waiting = self.set_timer(STUCK_SECONDS, self._offer_help)

    def _offer_help(self) -> None:
        """Add a step partly filled in to what is said, where the skill is not mastered; the focus stays."""
        skill = skill_of(getattr(self.loop.step, "skill", None) or "")
        mastered = skill is not None and self.learner.learning.level(skill) is Level.MASTERED
        state, offered = self.loop.state, self._saying is self._offer
        if self._answer is None or mastered or state.solved or state.shown or offered:
            return
        focused = self._answer.focused if isinstance(self._answer, GraphView) else None
        said, key, verdict = self._saying, focused.key if focused is not None else None, state.verdict
        self._saying = self._offer = lambda words: [*said(words), *words.stuck(verdict, key)]
        self._write(again=True)

    def _pass_on(self) -> None:
        """Give what was typed ahead to the field with the focus, once there is one."""
        match self.focused:
            case Blank() as blank:
                blank.insert_text_at_cursor(self._typed_ahead)
            case ItemList() as items:
                for digit in re.findall("[1-9]", self._typed_ahead):
                    items.action_digit(int(digit))
            case _:
                return
        self._typed_ahead = ""

    @on(AnswerSubmitted)
    async def action_go_on(self) -> None:
        """Check the answer, reveal the next value, or go to the next step: whatever comes next here."""
        if isinstance(self.loop.step, Drill) and self._start_drill(self.loop.step):
            return
        if self.loop.may_advance:
            await self._advance()
        elif isinstance(self.loop.step, Worked):
            self.action_reveal()
        elif isinstance(self.loop.step, LabVisit):
            self.post_message(OpenLab(self.loop.step.lab))
        elif isinstance(self.loop.step, CodeTask):
            passed = self._look_at_code(self.loop.step)
            self._say(lambda words: words.notice("code_passed" if passed else "code_open", {}))
        else:
            await self._check()

    def _look_at_code(self, step: CodeTask) -> bool:
        """Take a step as done when its gate was passed in `tutor code`, which runs beside the app."""
        passed = step.gate in self.learner.passed_gates()
        if passed:
            self.loop.done_elsewhere(step.id)
        return passed

    def lab_compared(self, slug: str) -> None:
        """Take the step that wanted this lab as done."""
        for step in self.lesson.steps:
            if isinstance(step, LabVisit) and step.lab == slug:
                self.loop.done_elsewhere(step.id)
                if step is self.loop.step:
                    self._say(LessonWords.solved)

    def _before_drill(self, step: Drill) -> Saying:
        from tutor.tutoring.drill import mastered_skills

        if mastered_skills(self.learner.learning, step):
            return LessonWords.begin
        return lambda words: words.notice("drill.none", {})

    def _start_drill(self, step: Drill) -> bool:
        """Open the drill of this step, unless it was done or nothing of it is mastered yet."""
        if self.loop.state.solved:
            return False
        from tutor.tutoring.drill import drill_name, make_drill
        from tutor.ui.screens.drill import DrillScreen, drill_result

        languages = in_every_language()
        title = {language: say("lesson.drill.title") for language, say in languages.items()}
        items = make_drill(self.learner.learning, step, secrets.randbits(32), languages, title)
        if items is None:
            return False
        name = drill_name(self.lesson.slug, step.id)
        before = self.learner.learning.drills.get(name, 0)

        def ended(right: int, answered: int) -> None:
            self.loop.done_elsewhere(step.id)
            self._say(drill_result(right, answered, before))

        self.app.push_screen(DrillScreen(items, name, step.seconds, ended))
        return True

    async def _check(self) -> None:
        if self._answer is None:
            return
        self.keep_drafts()
        entries = self._answer.entries()
        if entries == self.loop.state.checked and self.loop.separate():
            await self._enter()
            return
        verdict = self.loop.check(entries)
        self._answer.show_verdict(verdict)
        if verdict.solved:
            self.drafts.clear(self.loop.step.id)
            self.set_focus(None)
        else:
            self._answer.take_focus(verdict.cause.key if verdict.cause else None)
        worked = self.loop.show_step(self.loop.opened) if self.loop.opened else ()
        self._saying = spoken(self.loop, verdict, worked)
        self._make_room()
        self._write()

    async def _advance(self) -> None:
        self.keep_drafts()
        if self.loop.advance():
            await self._enter()
        elif self.loop.finished:
            self.finish()
        else:
            await self._go_to_open_step()

    def finish(self) -> None:
        """Tell that every step is done."""
        self.post_message(self.Finished(self.lesson.slug))

    async def _go_to_open_step(self) -> None:
        self.loop.go_to_open_step()
        await self._enter()
        notice = "still_later" if self.loop.may_end_here else "still_open"
        self._say(lambda words: words.notice(notice, {}) + words.begin())

    def action_reveal(self) -> None:
        """Show the next value of a worked example."""
        if self.loop.reveal() is not None:
            self._show_revealed()
            self._write()

    def _show_revealed(self) -> None:
        exercise, names = self.loop.exercise, self.loop.revealed
        if self._graph is None or not names:
            return
        for name in names:
            text = number(exercise.namespace[name])
            self._graph.reveal(name, text, newest=name == names[-1])
        lines = work_out(exercise, exercise.named_blank(names[-1]))
        self._saying = lambda words: [*words.worked_lines(lines), *words.revealed(names[-1])]

    def action_hint(self) -> None:
        """Take the next hint: two that the lesson wrote, then the worked step."""
        if self._answer is None or self.loop.state.solved:
            return
        fresh = self.loop.hint_is_fresh
        level = self.loop.hint()
        if fresh:
            self._say(lambda words: [*words.hint(level), *words.notice("hint_soon", {})])
        elif level > WRITTEN_HINTS:
            self.action_show_step()
        else:
            self._say(lambda words: words.hint(level))

    def action_show_step(self) -> None:
        """Work out the blank at the cursor; in a worked example, show the next value."""
        if isinstance(self.loop.step, Worked):
            self.action_reveal()
        elif self._answer is not None and not self.loop.state.solved:
            focused = self._answer.focused if isinstance(self._answer, GraphView) else None
            lines = self.loop.show_step(focused.key if focused is not None else None)
            self._say(lambda words: words.worked(lines))

    async def action_back(self) -> None:
        """Go to the step before."""
        self.keep_drafts()
        if self.loop.back():
            await self._enter()

    async def action_forward(self) -> None:
        """Go to the step after this one, done or not; from a separating item back to its step.

        A lab or code that is all that is left keeps nobody from the end.
        """
        inserted = self.loop.inserted
        if inserted is not None and inserted.purpose is Purpose.SEPARATE:
            await self.action_back()
        elif self.loop.may_end_here:
            self.finish()
        elif self.loop.index + 1 < len(self.lesson.steps):
            self.keep_drafts()
            if self.loop.may_advance:
                self.loop.advance(over_done=False)
            else:
                self.loop.go_to(self.lesson.steps[self.loop.index + 1].id)
            await self._enter()

    def action_leave(self) -> None:
        """Go back to the course."""
        self.keep_drafts()
        self.post_message(self.Left(self.lesson.slug))

    def action_scroll_text(self, by: int) -> None:
        """Scroll the question, and what the tutor says once the question ends."""
        question, feedback = self._question, self._feedback
        at_end = question.scroll_y >= question.max_scroll_y if by > 0 else feedback.scroll_y > 0
        (feedback if at_end else question).scroll_relative(y=by, animate=False)

    def action_read_on(self) -> None:
        """Turn over what the tutor says, then the question; from the end go back to the beginning."""
        if self.tutor.notice is not None:
            self.tutor.action_notice_read()
            return
        parts = (self._feedback, self._question)
        for part in parts:
            if part.scroll_offset.y < part.max_scroll_y:
                part.scroll_relative(y=max(1, part.size.height - 1), animate=False)
                return
        for part in parts:
            part.scroll_home(animate=False)

    @on(TextRefused)
    def _too_long(self, event: TextRefused) -> None:
        event.stop()
        name = "too_full" if event.length is None else "too_long"
        fields = {"limit": event.limit, "length": event.length}
        self._say(lambda words: words.notice(name, fields))


def worded(item: Item) -> Step:
    """Return the step of an item with its prose in every language."""
    return item.worded(in_every_language())


def _opening(inserted: Inserted) -> Saying:
    return lambda words: [*words.notice(inserted.purpose.value, {}), *words.begin()]
