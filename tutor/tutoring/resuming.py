"""A lesson again where its learner left off."""

from __future__ import annotations

from tutor.course.model import Lesson
from tutor.student.learner import Learner
from tutor.tutoring.insertions import Word
from tutor.tutoring.lesson_loop import LessonLoop, Record


def resume(
    lesson: Lesson, learner: Learner, record: Record, *, word: Word, start: str | None = None
) -> LessonLoop:
    """Return the loop of a lesson at `start`, else at the step that was last on the screen.

    A generated step that was on the screen there comes back too.
    """
    progress = learner.progress
    position = progress.position
    left = position.step if position is not None and position.lesson == lesson.slug else None
    return LessonLoop(
        lesson,
        record,
        done=progress.done(lesson.slug),
        owed=progress.owed(lesson.slug),
        start=start or left,
        word=word,
        resume=progress.inserted if left and start in (None, left) else None,
        habits=learner.habits,
    )
