"""A set of practice line by line, and what was learned in it."""

from __future__ import annotations

import random
from collections.abc import Sequence

from tutor.course.model import Step
from tutor.plain.lab import Record
from tutor.plain.lesson import PlainLesson
from tutor.plain.lines import Conversation
from tutor.student.events import Event
from tutor.student.learner import Learner
from tutor.text import in_every_language
from tutor.tutoring.generating import Item
from tutor.tutoring.lesson_loop import LessonLoop
from tutor.tutoring.practice import SET, make_set, outcomes
from tutor.ui.progress_words import level_words


def worded(item: Item) -> Step:
    """Return a generated item as a step with its prose."""
    return item.worded(in_every_language())


def practise(
    talk: Conversation, learner: Learner, record: Record, *, skill: str | None = None, count: int = SET
) -> None:
    """Work one set of fresh items and say what came of it."""
    seed, languages = random.getrandbits(32), in_every_language()
    practised = make_set(learner.learning, learner.now(), seed, languages, skill=skill, count=count)

    def keep(events: Sequence[Event]) -> None:
        record(practised.annotated(events))

    loop = LessonLoop(practised.lesson, keep, word=worded, habits=learner.habits)
    PlainLesson(talk, loop, record).run()
    talk.say("")
    talk.tell("set_ended")
    for outcome in outcomes(practised, learner.learning):
        level = level_words(outcome.now, talk.text)
        name = talk.text(f"skills.{outcome.skill}")
        talk.tell("skill", name=name, right=outcome.right, count=outcome.count, level=level)
