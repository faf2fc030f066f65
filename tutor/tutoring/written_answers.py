"""Judge what is written other than numbers: a formula, shapes, signs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import TypeVar

import numpy as np

from tutor.course.mathematics import usable_names
from tutor.course.model import FormulaEntry
from tutor.engine.expressions import Expression, Value, evaluate, names
from tutor.engine.nodes import Array
from tutor.engine.reading_errors import ReadingError
from tutor.tutoring.exercise import ANSWER, Blank, Exercise
from tutor.tutoring.problem import Problem
from tutor.tutoring.reading import Field, Reading, read_answer
from tutor.tutoring.symbolic import convention_of, explanations, holds_everywhere, transform_everywhere
from tutor.tutoring.verdict import BlankVerdict, Outcome, Verdict

Trait = TypeVar("Trait")
"""What of a number is asked for: its shape or its sign."""

SIGNS = {"+": 1, "plus": 1, "-": -1, "minus": -1, "0": 0, "zero": 0}
"""How a sign may be written."""

_RAISED_T = re.compile(r"\^T\b")
_SHAPE = re.compile(r"\(?\s*(\d{1,3})?\s*(?:(?:[x*,]|\s)\s*(\d{1,3}))?\s*,?\s*\)?")


# -- formulas --------------------------------------------------------------------------------------------


def judge_formula(exercise: Exercise, entries: Mapping[str, str], times_wrong: Mapping[str, int]) -> Verdict:
    """Judge a formula by its value at many points; a number alone costs nothing, whatever its value."""
    (blank,) = exercise.blanks
    typed = entries.get(ANSWER, "")
    if not typed.strip():
        return Verdict((BlankVerdict(ANSWER, Outcome.UNANSWERED),))
    try:
        reading = _read_formula(exercise, typed)
    except ReadingError as error:
        return Verdict((BlankVerdict(ANSWER, Outcome.UNREADABLE, typed, refusal=error),))
    expression = reading.value
    assert not isinstance(expression, float | np.ndarray)
    explained: tuple[str, ...] = ()
    convention = None
    if _value(expression, _usable(exercise)).shape != blank.truth.shape:
        outcome = Outcome.SHAPE
    elif holds_everywhere(exercise, blank, expression, _usable, everything=True):
        outcome = Outcome.CORRECT
    else:
        outcome = Outcome.WRONG
        explained = explanations(exercise, blank, expression, _usable, everything=True)
        convention = convention_of(exercise, blank, expression, _usable, everything=True)
    if convention is not None:
        outcome = Outcome.CONVENTION
    transformed = None
    if not explained and outcome in (Outcome.WRONG, Outcome.SHAPE):
        transformed = transform_everywhere(exercise, blank, expression, _usable, everything=True)
    told_apart = tuple(id_ for id_ in explained if id_ in exercise.mistakes) or explained
    return Verdict(
        (
            BlankVerdict(
                ANSWER,
                outcome,
                typed,
                shown=reading.shown,
                misconceptions=explained,
                diagnosis=told_apart[0] if len(told_apart) == 1 and convention is None else None,
                transformed=transformed,
                convention=convention,
                times_wrong=times_wrong.get(ANSWER, 0) + (outcome in (Outcome.WRONG, Outcome.SHAPE)),
                expected_shape=blank.truth.shape,
            ),
        )
    )


def _usable(problem: Problem) -> Mapping[str, Array]:
    assert isinstance(problem, Exercise)
    assert isinstance(problem.step, FormulaEntry)
    assert problem.graph is not None
    return usable_names(problem.step, problem.graph)


def _read_formula(exercise: Exercise, typed: str) -> Reading:
    known = _scalars(_usable(exercise))
    if "T" not in known:
        typed = _RAISED_T.sub(".T", typed)
    reading = read_answer(typed, Field.EXPRESSION, tuple(known), known)
    assert not isinstance(reading.value, float | np.ndarray)
    if not names(reading.value):
        raise ReadingError("number_for_formula", 1, names=", ".join(known))
    return reading


def _value(expression: Expression, known: Mapping[str, Array]) -> Array:
    return np.asarray(evaluate(expression, _scalars(known)), dtype=np.float64)


def _scalars(known: Mapping[str, Array]) -> dict[str, Value]:
    """Return the values with plain numbers for arrays without axes, as formulas are evaluated with."""
    return {name: value if value.ndim else float(value) for name, value in known.items()}


# -- shapes and signs ------------------------------------------------------------------------------------


def judge_shapes(exercise: Exercise, entries: Mapping[str, str], times_wrong: Mapping[str, int]) -> Verdict:
    """Judge the shape of each value or gradient; a vector may be given as one row."""

    def right(shape: tuple[int, ...], truth: Array) -> bool:
        lean = tuple(length for length in shape if length != 1) if truth.ndim < 2 else shape
        return lean == tuple(length for length in truth.shape if length != 1 or truth.ndim == 2)

    return _judge_each(
        exercise, entries, times_wrong, read_shape, right, lambda shape, wrong: shape == wrong.shape
    )


def judge_signs(exercise: Exercise, entries: Mapping[str, str], times_wrong: Mapping[str, int]) -> Verdict:
    """Judge the sign of each value or gradient."""

    def same(sign: int, value: Array) -> bool:
        return sign == int(np.sign(value))

    return _judge_each(exercise, entries, times_wrong, read_sign, same, same)


def _judge_each(
    exercise: Exercise,
    entries: Mapping[str, str],
    times_wrong: Mapping[str, int],
    read: Callable[[str], Trait],
    right: Callable[[Trait, Array], bool],
    written: Callable[[Trait, Array], bool],
) -> Verdict:
    """Judge each blank by one trait of its number; a listed mistake explains what has the same trait."""

    def judged(blank: Blank) -> BlankVerdict:
        typed = entries.get(blank.key, "")
        if not typed.strip():
            return BlankVerdict(blank.key, Outcome.UNANSWERED)
        try:
            answer = read(typed)
        except ReadingError as error:
            return BlankVerdict(blank.key, Outcome.UNREADABLE, typed, refusal=error)
        if right(answer, blank.truth):
            return BlankVerdict(blank.key, Outcome.CORRECT, typed)
        wrongs = {id_: values[0] for id_, values in exercise.wrong_answers[blank.key].items()}
        explained = tuple(id_ for id_ in exercise.mistakes if id_ in wrongs and written(answer, wrongs[id_]))
        return BlankVerdict(
            blank.key,
            Outcome.WRONG,
            typed,
            misconceptions=explained,
            diagnosis=explained[0] if len(explained) == 1 else None,
            times_wrong=times_wrong.get(blank.key, 0) + 1,
            expected_shape=blank.truth.shape,
        )

    return Verdict(tuple(judged(blank) for blank in exercise.blanks))


def read_shape(text: str) -> tuple[int, ...]:
    """Read `2x3`, `(2, 3)`, `2 3` or `3`; `()` and `1` are a single number."""
    plain = unicodedata.normalize("NFKC", text).strip().casefold().replace("×", "x").replace("·", "x")
    match = _SHAPE.fullmatch(plain.strip("[]").strip())
    if match is None or (match[1] is None and match[2] is not None):
        raise ReadingError("not_a_shape", 1)
    return tuple(int(length) for length in match.groups() if length is not None)


def read_sign(text: str) -> int:
    """Read a sign as -1, 0 or 1."""
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    for dash in "−–—":
        plain = plain.replace(dash, "-")
    if plain not in SIGNS:
        raise ReadingError("not_a_sign", 1)
    return SIGNS[plain]
