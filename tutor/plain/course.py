"""The course line by line: which lesson, and what comes after it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TextIO

from tutor.course.loader import LessonError, Outline, course_folder, load_lesson, outlines
from tutor.course.skills import skill_of
from tutor.plain.lesson import PlainLesson
from tutor.plain.lines import Conversation, Ended, Wish, Wished, whole_numbers
from tutor.plain.practising import practise, worded
from tutor.student.events import Event
from tutor.student.faults import StoreError
from tutor.student.learner import Learner
from tutor.student.store import Store
from tutor.text import Text
from tutor.tutoring.next_lesson import recommended, steps_done
from tutor.tutoring.resuming import resume


def open_plain(
    store: Store,
    text: Text,
    source: TextIO | None = None,
    sink: TextIO | None = None,
    *,
    course: Path | None = None,
) -> None:
    """Talk until the learner leaves or the input ends; everything confirmed is stored by then."""
    PlainCourse(store, conversation(text, source, sink), course).run()


def conversation(text: Text, source: TextIO | None = None, sink: TextIO | None = None) -> Conversation:
    """Return a conversation over these streams, else over the standard ones, else over empty ones."""
    # A standard stream that was closed before the start is None.
    return Conversation(text, source or sys.stdin or StringIO(), sink or sys.stdout or StringIO())


class PlainCourse:
    """The list of lessons, and the way into each."""

    def __init__(self, store: Store, talk: Conversation, course: Path | None = None) -> None:
        self.store, self.talk = store, talk
        self.learner = Learner(store, skill_of)
        self.folder = course or course_folder()
        self.outlines = outlines(self.folder)
        self._listed = False

    def run(self) -> None:
        """Offer the lessons until the learner leaves."""
        self.talk.tell("welcome")
        self._say_what_is_due()
        with self._taking_leave():
            while self._choose():
                pass

    @contextmanager
    def _taking_leave(self) -> Iterator[None]:
        """Say goodbye after what is inside, also at the end of the input and after Ctrl+C."""
        try:
            yield
        except Ended:
            pass
        except KeyboardInterrupt:
            self.talk.say("")
            self.talk.tell("goodbye")
            raise
        self.talk.tell("goodbye")

    def practise(self, skill: str | None, count: int) -> None:
        """Work one set of practice, of a skill or of what is best now."""
        with self._taking_leave():
            practise(self.talk, self.learner, self.record, skill=skill, count=count)

    def _say_what_is_due(self) -> None:
        due = self.learner.learning.due(self.learner.now())
        if due:
            names = ", ".join(self.talk.text(f"skills.{skill}") for skill in due)
            self.talk.say(self.talk.text("course_map.ready", skills=names))

    def record(self, events: Sequence[Event]) -> None:
        """Store what happened; where that cannot be, say so and go on."""
        try:
            self.learner.record(events)
        except StoreError as error:
            self.talk.say(self.talk.text(f"student.fault.{error.fault.value}", path=error.path or ""))

    def _passed(self) -> frozenset[str]:
        return self.learner.passed_gates()

    def _choose(self) -> bool:
        """Let the learner choose a lesson or practice; False where they leave."""
        progress = self.learner.progress
        following = recommended(self.outlines, progress)
        self.talk.say("")
        if not self._listed:
            self._listed = True
            self.talk.tell("course")
            for outline in self.outlines:
                self.talk.tell("lesson", **self._fields(outline))
        if following is not None:
            self.talk.tell("recommended", number=following.number)
        try:
            typed = self.talk.ask(self.talk.text("plain.which"))
        except Wished as wished:
            if wished.wish is Wish.HELP:
                self.talk.say(*self.talk.text("plain.help").strip().split("\n"))
            self._listed = wished.wish is not Wish.REPEAT
            return wished.wish is not Wish.LEAVE
        if typed.casefold() in (self.talk.text("plain.practice_word"), "p", "ㅔ"):
            practise(self.talk, self.learner, self.record)
            return True
        numbers = whole_numbers(typed)
        chosen = following if not typed else next((o for o in self.outlines if [o.number] == numbers), None)
        if chosen is None:
            self.talk.tell("no_lesson", typed=typed)
        else:
            self._open(chosen)
        return True

    def _fields(self, outline: Outline) -> dict[str, object]:
        done = steps_done(outline, self.learner.progress)
        title = outline.title[self.talk.text.language]
        return {"number": outline.number, "title": title, "done": done, "count": len(outline.steps)}

    def _open(self, outline: Outline) -> None:
        try:
            lesson = load_lesson(outline.folder)
        except LessonError:
            self.talk.tell("unusable", title=outline.title[self.talk.text.language])
            return
        loop = resume(lesson, self.learner, self.record, word=worded)
        if loop.is_opening:
            self.talk.say("")
            self.talk.say_prose(lesson.intro[self.talk.text.language])
        if PlainLesson(self.talk, loop, self.record, passed=self._passed, folder=self.folder).run():
            self.talk.say("")
            self.talk.tell("finished")
            self.talk.say_prose(lesson.keep[self.talk.text.language])
