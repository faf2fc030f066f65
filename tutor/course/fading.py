"""Help that fades: which steps a right first try makes needless, and whether a lesson marks them soundly.

`try_first` stands on an exercise before a worked example. `fade` names a group of steps in a row, from a
worked example over partly blank ones to the last, blank one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tutor.course.faults import FaultCode
from tutor.course.model import Step, Worked, is_answered

if TYPE_CHECKING:
    from tutor.course.reader import LessonFiles


def passed_over(steps: Sequence[Step], index: int) -> tuple[str, ...]:
    """Return the ids of the steps after `index` that are needless where its first try was right.

    After an exercise to be tried first: the worked example, and the group that it opens but for the last
    step. Within a group: what is left of it but for the last step.
    """
    step = steps[index]
    if step.try_first and index + 1 < len(steps):
        following = steps[index + 1]
        if following.fade is None:
            return (following.id,) if isinstance(following, Worked) else ()
        return tuple(_group(steps, index + 1))[:-1]
    if step.fade is not None and is_answered(step):
        return tuple(_group(steps, index))[1:-1]
    return ()


def _group(steps: Sequence[Step], start: int) -> Iterator[str]:
    for step in steps[start:]:
        if step.fade != steps[start].fade:
            return
        yield step.id


def check_fading(files: LessonFiles) -> None:
    """Note every step to be tried first without an example after it, and every group that is no group."""
    steps, places = [*files.steps.values()], [*files.steps]
    for position, (index, step) in enumerate(zip(places, steps, strict=True)):
        following = steps[position + 1] if position + 1 < len(steps) else None
        if step.try_first and not (is_answered(step) and isinstance(following, Worked)):
            files.fault(("steps", index, "try_first"), FaultCode.TRY_FIRST, name=step.id)
    for name in dict.fromkeys(step.fade for step in steps if step.fade is not None):
        members = [position for position, step in enumerate(steps) if step.fade == name]
        in_a_row = members[-1] - members[0] == len(members) - 1
        opens, closes = steps[members[0]], steps[members[-1]]
        if len(members) < 2 or not in_a_row or not isinstance(opens, Worked) or not is_answered(closes):
            files.fault(("steps", places[members[0]], "fade"), FaultCode.FADE_GROUP, name=name)
