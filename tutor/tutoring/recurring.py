"""A verdict in the light of what the learner did before: a rule seen before is the likelier one."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from tutor.tutoring.verdict import BlankVerdict, Verdict


def remembering(verdict: Verdict, is_habit: Callable[[str], bool], listed: Collection[str]) -> Verdict:
    """Return the verdict with rules that keep appearing ranked first, and the diagnosis marked as a habit.

    Where several of the misconceptions explain an answer and one alone of them is a habit, it is the
    diagnosis; `listed` are those that the exercise tells apart.
    """
    return replace(verdict, blanks=tuple(_remembering(blank, is_habit, listed) for blank in verdict.blanks))


def _remembering(
    blank: BlankVerdict, is_habit: Callable[[str], bool], listed: Collection[str]
) -> BlankVerdict:
    if not blank.misconceptions or blank.convention is not None:
        return blank
    habits = [id_ for id_ in blank.misconceptions if is_habit(id_)]
    ranked = (*habits, *(id_ for id_ in blank.misconceptions if id_ not in habits))
    likely = [id_ for id_ in habits if id_ in listed] or habits
    diagnosis = blank.diagnosis or (likely[0] if len(likely) == 1 else None)
    return replace(blank, misconceptions=ranked, diagnosis=diagnosis, habit=diagnosis in habits)
