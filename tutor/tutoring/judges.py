"""Which judge belongs to which kind of step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from tutor.course.model import (
    Choice,
    FaultyCode,
    FaultySolution,
    FormulaEntry,
    LineOrder,
    Ordering,
    ShapeFill,
    SignFill,
    Sorting,
    Step,
)
from tutor.tutoring.arranged_answers import judge_lines, judge_sorting
from tutor.tutoring.exercise import Exercise
from tutor.tutoring.judging import judge_choice, judge_numbers, judge_order
from tutor.tutoring.marked_answers import judge_code, judge_solution
from tutor.tutoring.verdict import Verdict
from tutor.tutoring.written_answers import judge_formula, judge_shapes, judge_signs

Judge: TypeAlias = Callable[[Exercise, Mapping[str, str], Mapping[str, int]], Verdict]
"""From an exercise, the entries by field and how often each was wrong before, to the verdict."""

_JUDGES: Mapping[type[Step], Judge] = {
    Choice: judge_choice,
    Ordering: judge_order,
    FormulaEntry: judge_formula,
    ShapeFill: judge_shapes,
    SignFill: judge_signs,
    Sorting: judge_sorting,
    LineOrder: judge_lines,
    FaultySolution: judge_solution,
    FaultyCode: judge_code,
}


def judge_of(step: Step) -> Judge:
    """Return the judge of a step's answers."""
    return _JUDGES.get(type(step), judge_numbers)
