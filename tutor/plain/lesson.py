"""A lesson, or a set of practice, worked line by line."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from tutor.course.labs import LABS
from tutor.course.loader import course_folder
from tutor.course.model import CodeTask, Drill, LabVisit, Lesson, Worked, is_answered
from tutor.plain.answering import Answering
from tutor.plain.graph_sentences import graph_sentences
from tutor.plain.lab import Record, visit
from tutor.plain.lines import Conversation, Wish, Wished, without_marks
from tutor.tutoring.insertions import Purpose
from tutor.tutoring.lesson_loop import WRITTEN_HINTS, LessonLoop
from tutor.tutoring.worked_step import work_out
from tutor.ui.kind_words import without_code
from tutor.ui.lesson_words import LessonWords, Line, spoken

Passed = Callable[[], Collection[str]]
"""Returns the gates that the learner's own code has passed by now."""


class PlainLesson:
    """Drives a lesson loop over a conversation until the lesson ends or the learner leaves."""

    def __init__(
        self,
        talk: Conversation,
        loop: LessonLoop,
        record: Record,
        *,
        passed: Passed = frozenset,
        folder: Path | None = None,
    ) -> None:
        self.talk, self.loop, self.record, self.passed = talk, loop, record, passed
        self.folder = folder or course_folder()

    @property
    def lesson(self) -> Lesson:
        """The lesson that is worked."""
        return self.loop.lesson

    @property
    def words(self) -> LessonWords:
        """What the present step says."""
        return LessonWords(self.talk.text, self.loop.exercise)

    def run(self) -> bool:
        """Work through the lesson; False where the learner leaves before its end."""
        while True:
            self.present()
            try:
                self._work()
            except Wished as wished:
                match wished.wish:
                    case Wish.LEAVE:
                        return False
                    case Wish.BACK:
                        self.loop.back()
                    case Wish.NEXT:
                        self._go_forward()
                continue
            if not self.loop.advance() and not self._go_back_to_open():
                return True

    def _go_back_to_open(self) -> bool:
        """Go to the first step passed over; False where only labs and code are left, which may wait."""
        steps = [step for step in self.lesson.steps if step.id not in self.loop.done]
        if all(isinstance(step, LabVisit | CodeTask) for step in steps):
            return False
        self.loop.go_to_open_step()
        self._say_lines(self.words.notice("still_open", {}))
        return True

    def _go_forward(self) -> None:
        steps, inserted = self.lesson.steps, self.loop.inserted
        if inserted is not None and inserted.purpose is Purpose.SEPARATE:
            self.loop.back()
        elif self.loop.may_advance:
            self.loop.advance(over_done=False)
        elif self.loop.index + 1 < len(steps):
            self.loop.go_to(steps[self.loop.index + 1].id)

    # -- presenting ------------------------------------------------------------------------------------

    def present(self) -> None:
        """Say where the learner is, the question, the graph, and what to do."""
        self.talk.say("")
        title = self.lesson.title[self.talk.text.language]
        place = {"number": self.loop.index + 1, "count": len(self.lesson.steps)}
        self.talk.tell("place", title=f"{self.lesson.number} {title}".removeprefix("0 "), **place)
        if self.loop.inserted is not None:
            self._say_lines(self.words.notice(self.loop.inserted.purpose.value, {}))
        self.talk.say_prose(without_code(self.words.question))
        self._say_graph()
        if self.loop.state.solved:
            self.talk.tell("done_before")

    def _say_graph(self) -> None:
        sentences = list(graph_sentences(self.loop.exercise, self.talk.text, self.loop.revealed))
        if sentences:
            self.talk.tell("graph.title")
            self.talk.say(*sentences)

    def _say_lines(self, lines: Sequence[Line]) -> None:
        for line in lines:
            # Worked lines put each step of the work below the one before; heard, they are one sentence.
            text = line.text.replace("\n= ", " = ") if line.literal else without_marks(line.text)
            word = without_marks(line.word)
            joined = f"{word}: {text}" if word and text else word + text
            self.talk.say(*joined.split("\n"))

    # -- working ---------------------------------------------------------------------------------------

    def _work(self) -> None:
        """Do what the step asks for; returns when the lesson may go on."""
        step = self.loop.step
        if isinstance(step, Worked):
            self._watch()
        elif is_answered(step):
            self._answer()
        elif isinstance(step, LabVisit):
            visit(self.talk, self.folder / LABS / step.lab, self.record)
            self.loop.done_elsewhere(step.id)
        elif isinstance(step, CodeTask):
            self._code(step)
        elif isinstance(step, Drill):
            self.talk.tell("drill")
        self._enter("go_on")

    def _enter(self, prompt: str) -> None:
        """Wait for Enter; a hint or a step is not to be had now, the other wishes lead away."""
        while True:
            try:
                self.talk.ask(self.talk.text(f"plain.{prompt}"))
            except Wished as wished:
                if not self._stay(wished.wish):
                    raise
            else:
                return

    def _stay(self, wish: Wish) -> bool:
        """Do what a wish asks for where it does not lead away from the step; say whether it did."""
        match wish:
            case Wish.HELP:
                self.talk.say(*self.talk.text("plain.help").strip().split("\n"))
            case Wish.REPEAT:
                self.present()
            case Wish.HINT | Wish.STEP if not is_answered(self.loop.step) or self.loop.state.solved:
                self.talk.tell("nothing_to_show")
            case Wish.HINT:
                self._hint()
            case Wish.STEP:
                self._show_step()
            case _:
                return False
        return True

    def _watch(self) -> None:
        while not self.loop.may_advance:
            self._enter("next_value")
            name = self.loop.reveal()
            assert name is not None
            lines = work_out(self.loop.exercise, self.loop.exercise.named_blank(name))
            self._say_lines([*self.words.worked_lines(lines), *self.words.revealed(name)])

    def _answer(self) -> None:
        right: dict[str, str] = {}
        listed = False
        while not self.loop.state.solved:
            try:
                entries = Answering(self.talk, self.loop.exercise, self.words, listed=listed).ask(right)
            except Wished as wished:
                if not self._stay(wished.wish):
                    raise
                listed = wished.wish is not Wish.REPEAT
                continue
            listed = False
            if not any(entries.values()) and self.loop.separate():
                self.present()
                right = {}
                continue
            right = self._judged(entries)

    def _judged(self, entries: Mapping[str, str]) -> dict[str, str]:
        """Say the verdict and return what is right so far."""
        verdict = self.loop.check(entries)
        worked = self.loop.show_step(self.loop.opened) if self.loop.opened else ()
        self._say_lines(spoken(self.loop, verdict, worked)(self.words))
        return {blank.key: entries[blank.key] for blank in verdict.blanks if blank.outcome.is_right}

    def _code(self, step: CodeTask) -> None:
        """Wait until the gate is passed in `tutor code`, which runs in another process."""
        while step.gate not in self.passed():
            self.talk.tell("code", gate=step.gate)
            if step.optional:
                return
            self._enter("look")
        self.loop.done_elsewhere(step.id)
        self._say_lines(self.words.notice("code_passed", {}))

    def _hint(self) -> None:
        fresh = self.loop.hint_is_fresh
        level = self.loop.hint()
        if fresh:
            self.talk.tell("hint_soon")
        elif level > WRITTEN_HINTS:
            self._show_step()
        else:
            self._say_lines(self.words.hint(level))

    def _show_step(self) -> None:
        self._say_lines(self.words.worked(self.loop.show_step()))
