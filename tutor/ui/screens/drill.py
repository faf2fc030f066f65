"""A timed drill on the lesson screen: one try for each item, until the time is over."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from tutor.course.model import Lesson
from tutor.student.events import Event, EventKind
from tutor.student.opportunities import DRILL
from tutor.tutoring.lesson_loop import LessonLoop
from tutor.tutoring.verdict import Verdict
from tutor.ui.lesson_words import LessonWords, Line
from tutor.ui.screens.lesson import LessonScreen

Ended = Callable[[int, int], None]
"""Hears how many items were right, and how many were answered."""


class DrillScreen(LessonScreen):
    """Shows the items of a drill; the first row says how much time is left and how many were right."""

    def __init__(self, items: Lesson, name: str, seconds: float, ended: Ended) -> None:
        super().__init__(items)
        self._drill, self._ended = name, ended
        self._seconds = seconds
        self._over_at = 0.0
        self._right = self._answered = 0
        self._open = True

    async def on_mount(self) -> None:
        """Start the clock once the first item is there."""
        self._over_at = time.monotonic() + self._seconds
        await super().on_mount()
        self.set_interval(0.5, self._tick)

    def begin(self) -> LessonLoop:
        """Return the loop of the items; of what happens in it only the answers are recorded."""
        return LessonLoop(self.lesson, self._record)

    def _record(self, events: Sequence[Event]) -> None:
        self.tutor.record([event for event in events if event.kind is EventKind.ATTEMPT])

    @property
    def title_words(self) -> str:
        """The seconds that are left, and what was right so far."""
        left = max(0, round(self._over_at - time.monotonic()))
        return self.text("lesson.drill.running", seconds=left, right=self._right)

    def _keys(self) -> tuple[tuple[str, str], ...]:
        return (("Enter", "check"), ("Tab", "next_blank"), ("Esc", "back"), ("F1", "help"))

    def _tick(self) -> None:
        if time.monotonic() >= self._over_at:
            self._end()
        elif self._running_lesson:
            self._write(again=True)

    # -- one item after the other ------------------------------------------------------------------------

    async def _check(self) -> None:
        if self._answer is None or not self._open:
            return
        verdict = self.loop.check(self._answer.entries())
        if not verdict.counts:
            self._answer.show_verdict(verdict)
            self._answer.take_focus(verdict.cause.key if verdict.cause else None)
            self._say(lambda words: words.verdict(verdict))
            return
        self._answered += 1
        self._right += verdict.solved
        await self._go_on_from(verdict)

    async def _go_on_from(self, verdict: Verdict) -> None:
        if self.loop.index + 1 >= len(self.lesson.steps):
            self._end()
            return
        said = self.words.after_drill_item(verdict)
        self.loop.go_to(self.lesson.steps[self.loop.index + 1].id)
        await self._enter()
        self._say(lambda words: said)

    def action_hint(self) -> None:
        """Give no help: the skills are mastered."""

    def action_show_step(self) -> None:
        """Give no help: the skills are mastered."""

    async def action_back(self) -> None:
        """Stay: an answered item does not come back."""

    async def action_forward(self) -> None:
        """Stay: an item is left by answering it."""

    def action_leave(self) -> None:
        """Stop before the time is over; what was right counts."""
        self._end()

    def _end(self) -> None:
        if not self._open:
            return
        self._open = False
        data = {"right": self._right, "answered": self._answered, "seconds": self._seconds}
        self.tutor.record([Event(EventKind.DRILL, DRILL, self._drill, data)])
        self.app.pop_screen()
        self._ended(self._right, self._answered)


def drill_result(right: int, answered: int, record: int) -> Callable[[LessonWords], list[Line]]:
    """Return what the lesson says after a drill; `record` is the best before it."""
    name = "record" if right > record else "done"
    return lambda words: words.notice(
        f"drill.{name}", {"right": right, "answered": answered, "record": record}
    )
