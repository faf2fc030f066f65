"""A set of practice on the lesson screen."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime

from textual.message import Message

from tutor.student.events import Event
from tutor.student.learning import Learning
from tutor.text import in_every_language
from tutor.tutoring.lesson_loop import LessonLoop
from tutor.tutoring.practice import PracticeSet, Reason, make_set
from tutor.ui.practice_wish import PracticeWish
from tutor.ui.screens.lesson import LessonScreen, worded


def new_set(learning: Learning, now: datetime, wish: PracticeWish) -> PracticeSet:
    """Return a set that nobody has seen before, in every language."""
    languages = in_every_language()
    return make_set(learning, now, secrets.randbits(32), languages, skill=wish.skill, count=wish.count)


class PracticeScreen(LessonScreen):
    """Drives a set; the first row says why the item at hand is in it, but not which rule it wants."""

    class Completed(Message):
        """Every item of the set is done."""

        def __init__(self, practised: PracticeSet, wish: PracticeWish) -> None:
            super().__init__()
            self.practised, self.wish = practised, wish

    def __init__(self, practised: PracticeSet, wish: PracticeWish) -> None:
        super().__init__(practised.lesson)
        self.practised, self._wish = practised, wish

    def begin(self) -> LessonLoop:
        """Return the loop of the set."""
        return LessonLoop(self.lesson, self._record, word=worded, habits=self.learner.habits)

    def _record(self, events: Sequence[Event]) -> None:
        self.tutor.record(self.practised.annotated(events))

    @property
    def title_words(self) -> str:
        """Practice, and why this item is asked."""
        planned = self.practised.plan.get(self.loop.step.id)
        reason = planned.reason if planned else Reason.FOCUS
        return self.text(f"practice.reason.{reason.value}")

    def finish(self) -> None:
        """Tell that the set is done."""
        self.post_message(self.Completed(self.practised, self._wish))
