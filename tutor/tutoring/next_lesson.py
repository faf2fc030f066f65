"""How far a learner is in the lessons of a course, and with which one to go on."""

from __future__ import annotations

from collections.abc import Container, Sequence

from tutor.course.loader import Outline
from tutor.student.progress import Progress


def steps_done(outline: Outline, progress: Progress) -> int:
    """Return how many of the steps that a lesson has now are done."""
    return len(progress.done(outline.slug) & {step.id for step in outline.steps})


def is_finished(outline: Outline, progress: Progress) -> bool:
    """Return whether every step of a lesson is done."""
    return bool(outline.steps) and not _has_open_steps(outline, progress)


def is_underway(outline: Outline, step: str, progress: Progress) -> bool:
    """Return whether a lesson that was left at `step` has something to go on with."""
    if not outline.steps or outline.damaged:
        return False
    return _has_open_steps(outline, progress) or step != outline.steps[-1].id


def unmet_needs(outline: Outline, course: Sequence[Outline], progress: Progress) -> tuple[Outline, ...]:
    """Return the lessons of the course that should come before this one and are not finished."""
    needed = (entry for slug in outline.needs for entry in course if entry.slug == slug)
    return tuple(entry for entry in needed if not is_finished(entry, progress))


def recommended(
    course: Sequence[Outline], progress: Progress, *, unusable: Container[str] = (), after: str | None = None
) -> Outline | None:
    """Return the lesson to go on with: the one underway, else the next whose needs are met, else any.

    `after` names a lesson just completed; what stands behind it comes first. None where all are finished.
    """
    unfinished = [
        entry
        for entry in course
        if not (entry.damaged or entry.slug in unusable or is_finished(entry, progress))
    ]
    place = progress.position
    if after is None and place is not None:
        underway = [entry for entry in unfinished if entry.slug == place.lesson]
        if underway:
            return underway[0]
    slugs = [outline.slug for outline in course]
    start = slugs.index(after) if after in slugs else 0
    unfinished.sort(key=lambda entry: (slugs.index(entry.slug) < start, slugs.index(entry.slug)))
    ready = [entry for entry in unfinished if not unmet_needs(entry, course, progress)]
    return next(iter([*ready, *unfinished]), None)


def _has_open_steps(outline: Outline, progress: Progress) -> bool:
    return progress.next_step(outline.slug, [step.id for step in outline.steps]) is not None
