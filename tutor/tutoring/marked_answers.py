"""Judge a search for a planted mistake: first the marked line, then what puts it right."""

from __future__ import annotations

from collections.abc import Mapping

from tutor.course.model import FaultyCode
from tutor.tutoring.exercise import CHOSEN, MARKED, Exercise
from tutor.tutoring.judging import judge_choice, judge_numbers
from tutor.tutoring.verdict import BlankVerdict, Outcome, Verdict


def judge_solution(exercise: Exercise, entries: Mapping[str, str], times_wrong: Mapping[str, int]) -> Verdict:
    """Judge the marked line of a faulty solution, and then the number that should stand there."""
    marked = _judge_mark(exercise, entries, times_wrong)
    if marked.outcome is not Outcome.CORRECT:
        return Verdict((marked, *(BlankVerdict(blank.key, Outcome.UNANSWERED) for blank in exercise.blanks)))
    return Verdict((marked, *judge_numbers(exercise, entries, times_wrong).blanks))


def judge_code(exercise: Exercise, entries: Mapping[str, str], times_wrong: Mapping[str, int]) -> Verdict:
    """Judge the marked line of code, counted from 1, and then the repair, where there are any to choose."""
    assert isinstance(exercise.step, FaultyCode)
    marked = _judge_mark(exercise, entries, times_wrong)
    if not exercise.step.fix:
        return Verdict((marked,))
    if marked.outcome is not Outcome.CORRECT:
        return Verdict((marked, BlankVerdict(CHOSEN, Outcome.UNANSWERED)))
    return Verdict((marked, *judge_choice(exercise, entries, times_wrong).blanks))


def _judge_mark(
    exercise: Exercise, entries: Mapping[str, str], times_wrong: Mapping[str, int]
) -> BlankVerdict:
    line = entries.get(MARKED, "")
    if not line:
        return BlankVerdict(MARKED, Outcome.UNANSWERED)
    right = line == exercise.wrong_line
    outcome = Outcome.CORRECT if right else Outcome.WRONG
    return BlankVerdict(MARKED, outcome, line, times_wrong=times_wrong.get(MARKED, 0) + (not right))
