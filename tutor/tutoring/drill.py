"""A timed drill: fresh items of mastered skills, one after the other, mixed."""

from __future__ import annotations

import random
from collections.abc import Mapping

from tutor.course.model import Drill, Lesson, Step
from tutor.course.skills import skill_of
from tutor.student.learning import Learning
from tutor.student.mastery import Level
from tutor.student.opportunities import DRILL
from tutor.tutoring.generating import Say, generate
from tutor.tutoring.item_templates import Template
from tutor.tutoring.practice import templates_of


def drill_name(lesson: str, step: str) -> str:
    """Return what the record of a drill is kept under."""
    return f"{lesson}/{step}"


def mastered_skills(learning: Learning, step: Drill) -> tuple[str, ...]:
    """Return the skills of a drill that are mastered and have items to ask."""
    whole = dict.fromkeys(skill_of(name) or name for name in step.skills)
    return tuple(
        skill
        for skill in whole
        if learning.level(skill) is Level.MASTERED and any(map(_is_quick, templates_of(skill)))
    )


def make_drill(
    learning: Learning, step: Drill, seed: int, languages: Mapping[str, Say], title: Mapping[str, str]
) -> Lesson | None:
    """Return the items of a drill as a lesson; None where nothing of it is mastered yet."""
    ready = mastered_skills(learning, step)
    if not ready:
        return None
    rng = random.Random(seed)
    steps: dict[str, Step] = {}
    last: Template | None = None
    while len(steps) < step.count:
        skill = ready[len(steps) % len(ready)] if len(steps) < len(ready) else rng.choice(ready)
        quick = [template for template in templates_of(skill) if _is_quick(template)]
        fresh = [template for template in quick if template is not last] or quick
        last = rng.choice(fresh)
        item = generate(last.id, rng.getrandbits(32)).worded(languages)
        steps[item.id] = item
    nothing = dict.fromkeys(title, "")
    return Lesson(DRILL, 0, title, nothing, nothing, 0, (), tuple(steps.values()))


def _is_quick(template: Template) -> bool:
    """Return whether items of a template ask for at most two single numbers."""
    return len(template.ask) <= 2 and not any(source.shape for source in template.inputs.values())
