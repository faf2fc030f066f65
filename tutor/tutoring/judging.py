"""Judge what was typed into the blanks of an problem."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from tutor.engine.expressions import Expression, evaluate
from tutor.engine.formulas import ReadingError
from tutor.engine.nodes import Array
from tutor.engine.tolerance import Closeness, agrees, closeness, same_magnitude
from tutor.tutoring.exercise import ARRANGED, CHOSEN, Exercise
from tutor.tutoring.problem import Asked, Blank, Problem
from tutor.tutoring.reading import Field, Reading, read_answer
from tutor.tutoring.verdict import BlankVerdict, Outcome, Verdict

_PLAIN_NUMBER = re.compile(r"[-+]?(\d*)(?:\.(\d*))?(?:[eE][-+]?\d+)?")

_OUTCOMES = {
    Closeness.RIGHT: Outcome.CORRECT,
    Closeness.ROUNDED_EARLY: Outcome.ROUNDED,
    Closeness.TOO_FEW_DIGITS: Outcome.MORE_DIGITS,
    Closeness.OFF: Outcome.WRONG,
}

_DOUBTFUL = (Outcome.WRONG, Outcome.MORE_DIGITS, Outcome.ROUNDED)
"""Outcomes that give way to a misconception: its value may happen to look like a careless rounding."""


def judge_numbers(
    problem: Problem,
    entries: Mapping[str, str],
    times_wrong: Mapping[str, int],
    bindings: Mapping[str, Array] | None = None,
) -> Verdict:
    """Judge every blank; those left empty stay unanswered, those that cannot be read cost nothing.

    `times_wrong` says how often each blank has been wrong before; `bindings` are names that may be used.
    """
    readings: dict[str, Reading | ReadingError] = {}
    for blank in problem.blanks:
        typed = entries.get(blank.key, "")
        if typed.strip():
            readings[blank.key] = _read(typed, blank, bindings or {})
    own = _own_values(problem, readings)
    return Verdict(
        tuple(
            _judge(problem, blank, readings.get(blank.key), entries.get(blank.key, ""), own, times_wrong)
            for blank in problem.blanks
        )
    )


def _judge(
    problem: Problem,
    blank: Blank,
    reading: Reading | ReadingError | None,
    typed: str,
    own: Mapping[str, Array],
    times_wrong: Mapping[str, int],
) -> BlankVerdict:
    outcome, follows = _outcome(reading, blank, typed), False
    explained: tuple[str, ...] = ()
    if isinstance(reading, Reading) and outcome in _DOUBTFUL:
        value = _value(reading, blank)
        follows = outcome is Outcome.WRONG and _follows(problem, blank, value, own)
        explained = () if follows else explain(problem, blank, value)
        if explained:
            outcome = Outcome.WRONG
    wrong = outcome in (Outcome.WRONG, Outcome.SHAPE)
    return BlankVerdict(
        blank.key,
        outcome,
        typed,
        shown=reading.shown if isinstance(reading, Reading) else None,
        misconceptions=explained,
        diagnosis=_diagnosis(explained, problem.mistakes),
        follows=follows,
        times_wrong=times_wrong.get(blank.key, 0) + wrong,
        refusal=reading if isinstance(reading, ReadingError) else None,
        expected_shape=blank.truth.shape,
    )


def judge_choice(exercise: Exercise, entries: Mapping[str, str], times_wrong: Mapping[str, int]) -> Verdict:
    """Judge the options that were marked, given as ids with spaces between."""
    marked = entries.get(CHOSEN, "").split()
    if not marked:
        return Verdict((BlankVerdict(CHOSEN, Outcome.UNANSWERED),))
    right = set(marked) == set(exercise.right_options())
    mistakes = [option.mistake for option in exercise.options if option.id in marked and option.mistake]
    return Verdict(
        (
            BlankVerdict(
                CHOSEN,
                Outcome.CORRECT if right else Outcome.WRONG,
                entries[CHOSEN],
                misconceptions=() if right else tuple(mistakes),
                diagnosis=mistakes[0] if len(mistakes) == 1 and not right else None,
                times_wrong=times_wrong.get(CHOSEN, 0) + (not right),
            ),
        )
    )


def judge_order(exercise: Exercise, entries: Mapping[str, str], times_wrong: Mapping[str, int]) -> Verdict:
    """Judge an order of nodes, given as names with spaces between: any topological order is right."""
    arranged = entries.get(ARRANGED, "").split()
    if sorted(arranged) != sorted(exercise.items):
        return Verdict((BlankVerdict(ARRANGED, Outcome.UNANSWERED),))
    missing = exercise.misplaced(arranged)
    return Verdict(
        (
            BlankVerdict(
                ARRANGED,
                Outcome.WRONG if missing else Outcome.CORRECT,
                entries[ARRANGED],
                times_wrong=times_wrong.get(ARRANGED, 0) + bool(missing),
                missing=missing,
            ),
        )
    )


def explain(problem: Problem, blank: Blank, value: Array) -> tuple[str, ...]:
    """Return the ids of every misconception that leads to this value, best first.

    Followed everywhere comes before followed at one node; then those that the lesson listed; then the
    order of the catalogue.
    """
    listed = problem.mistakes
    ranked: list[tuple[int, int, int, str]] = []
    for position, (id_, values) in enumerate(problem.wrong_answers[blank.key].items()):
        for variant, wrong in enumerate(values):
            if agrees(value, wrong, blank.digits) and not agrees(wrong, blank.truth, blank.digits):
                ranked.append((min(variant, 1), id_ not in listed, position, id_))
                break
    return tuple(id_ for *_, id_ in sorted(ranked))


def _diagnosis(explained: tuple[str, ...], listed: tuple[str, ...]) -> str | None:
    """Return the one misconception to speak of, or None where several explain the answer equally well.

    The ones that an problem lists are proved to differ on it, so one of them alone is a diagnosis.
    """
    told_apart = tuple(id_ for id_ in explained if id_ in listed) or explained
    return told_apart[0] if len(told_apart) == 1 else None


def significant_digits(typed: str) -> int | None:
    """Return how many significant digits a plain decimal number was typed with; None for anything else."""
    match = _PLAIN_NUMBER.fullmatch(typed.strip().replace("−", "-"))
    if match is None:
        return None
    digits = ((match[1] or "") + (match[2] or "")).lstrip("0")
    return len(digits)


def _read(typed: str, blank: Blank, bindings: Mapping[str, Array]) -> Reading | ReadingError:
    scalars = {name: float(value) for name, value in bindings.items() if value.ndim == 0}
    try:
        if not blank.truth.ndim:
            return read_answer(typed, Field.NUMBER, tuple(scalars), scalars)
        try:
            return read_answer(typed, Field.MATRIX)
        except ReadingError:
            if not bindings:
                raise
            return _read_formula(typed, bindings)
    except ReadingError as error:
        return error


def _read_formula(typed: str, bindings: Mapping[str, Array]) -> Reading:
    known = {name: value if value.ndim else float(value) for name, value in bindings.items()}
    reading = read_answer(typed, Field.EXPRESSION, tuple(known), known)
    return Reading(evaluate(reading.value, known) if isinstance(reading.value, Expression) else reading.value)


def _value(reading: Reading, blank: Blank) -> Array:
    """Return what was read as an array; a row or a column will do for a vector."""
    value = np.asarray(reading.value, dtype=np.float64)
    return value.reshape(-1) if blank.truth.ndim == 1 and 1 in value.shape else value


def _outcome(reading: Reading | ReadingError | None, blank: Blank, typed: str) -> Outcome:
    if reading is None:
        return Outcome.UNANSWERED
    if isinstance(reading, ReadingError):
        return Outcome.UNREADABLE
    value = _value(reading, blank)
    if value.shape != blank.truth.shape:
        return Outcome.SHAPE
    if blank.magnitude:
        return Outcome.CORRECT if same_magnitude(float(value), float(blank.truth)) else Outcome.WRONG
    digits = significant_digits(typed) if not value.ndim else None
    found = [
        closeness(float(a), float(t), blank.digits, exact=blank.exact, typed_digits=digits)
        for a, t in zip(value.reshape(-1), blank.truth.reshape(-1), strict=True)
    ]
    worst = max(found, key=list(Closeness).index, default=Closeness.RIGHT)
    return _OUTCOMES[worst]


def _own_values(problem: Problem, readings: Mapping[str, Reading | ReadingError]) -> dict[str, Array]:
    own: dict[str, Array] = {}
    for blank in problem.blanks:
        reading = readings.get(blank.key)
        if isinstance(reading, Reading):
            value = _value(reading, blank)
            if value.shape == blank.truth.shape:
                own[blank.key] = value
    return own


def _follows(problem: Problem, blank: Blank, value: Array, own: Mapping[str, Array]) -> bool:
    """Return whether a wrong value is what the learner's own other wrong entries lead to."""
    graph = problem.graph
    if graph is None or blank.asked is Asked.QUANTITY:
        return False
    others = {
        other.node: own[other.key]
        for other in problem.blanks
        if other.key != blank.key
        and other.asked is blank.asked
        and other.key in own
        and not agrees(own[other.key], other.truth, other.digits)
    }
    if not others:
        return False
    given = {graph.index(name): entry for name, entry in others.items()}
    if blank.asked is Asked.GRADIENT:
        led_to = graph.follow(given=given).gradients.get(graph.index(blank.node))
    else:
        led_to = graph.follow_forward(given)[graph.index(blank.node)]
    return led_to is not None and agrees(value, led_to, blank.digits)
