"""Judge what was typed into the blanks of a problem."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from tutor.engine.expressions import Expression, evaluate
from tutor.engine.formulas import ReadingError
from tutor.engine.misconceptions.conventions import Convention
from tutor.engine.nodes import Array
from tutor.engine.tolerance import Closeness, agrees, closeness, same_magnitude
from tutor.tutoring.exercise import ARRANGED, CHOSEN, Exercise
from tutor.tutoring.problem import Asked, Blank, Problem
from tutor.tutoring.reading import Field, Reading, read_answer
from tutor.tutoring.symbolic import Bindings, explanations, holds_everywhere, transform_everywhere
from tutor.tutoring.transforms import Transformed, counts_in, shares_among, transform_of
from tutor.tutoring.verdict import BlankVerdict, ConventionMatch, Outcome, Verdict

_PLAIN_NUMBER = re.compile(r"[-+]?(\d*)(?:\.(\d*))?(?:[eE][-+]?\d+)?")

_OUTCOMES = {
    Closeness.RIGHT: Outcome.CORRECT,
    Closeness.ROUNDED_EARLY: Outcome.ROUNDED,
    Closeness.TOO_FEW_DIGITS: Outcome.MORE_DIGITS,
    Closeness.OFF: Outcome.WRONG,
}

_DOUBTFUL = (Outcome.WRONG, Outcome.MORE_DIGITS, Outcome.ROUNDED, Outcome.SHAPE)
"""Outcomes that a misconception may explain; a value that only looks carelessly rounded gives way to it."""


def judge_numbers(
    problem: Problem,
    entries: Mapping[str, str],
    times_wrong: Mapping[str, int],
    bindings: Bindings | None = None,
) -> Verdict:
    """Judge every blank; those left empty stay unanswered, those that cannot be read cost nothing.

    `times_wrong` says how often each blank has been wrong before; `bindings` tells which names may be used
    in a formula, and what they mean.
    """
    readings: dict[str, Reading | ReadingError] = {}
    for blank in problem.blanks:
        typed = entries.get(blank.key, "")
        if typed.strip():
            readings[blank.key] = _read(typed, blank, bindings(problem) if bindings else {})
    judge = _Judge(problem, readings, bindings)
    return Verdict(
        tuple(
            judge.verdict(blank, entries.get(blank.key, ""), times_wrong.get(blank.key, 0))
            for blank in problem.blanks
        )
    )


class _Judge:
    """Judges the blanks of one problem, each in the light of the others."""

    def __init__(
        self,
        problem: Problem,
        readings: Mapping[str, Reading | ReadingError],
        bindings: Bindings | None,
    ) -> None:
        self.problem, self.readings = problem, readings
        self.bindings: Bindings = bindings or (lambda _: {})
        self.names = self.bindings(problem)
        self.values = {
            blank.key: self._value(reading, blank)
            for blank in problem.blanks
            if isinstance(reading := readings.get(blank.key), Reading)
        }

    def verdict(self, blank: Blank, typed: str, times_wrong: int) -> BlankVerdict:
        """Judge one blank that has been wrong `times_wrong` times before."""
        reading = self.readings.get(blank.key)
        outcome, explained, follows = self._judged(blank, typed)
        led_astray = follows and self._leaves_nothing(blank)
        convention = self._convention(blank) if outcome is Outcome.WRONG and not follows else None
        if convention is not None:
            outcome = Outcome.CONVENTION
        own = outcome is Outcome.SHAPE or (outcome is Outcome.WRONG and not follows)
        return BlankVerdict(
            blank.key,
            outcome,
            typed,
            shown=reading.shown if isinstance(reading, Reading) else None,
            misconceptions=explained,
            diagnosis=None if convention else self._diagnosis(blank, explained),
            transformed=self._transformed(blank) if own and not explained and not convention else None,
            convention=convention,
            follows=follows and not led_astray,
            led_astray=led_astray,
            times_wrong=times_wrong + own,
            refusal=reading if isinstance(reading, ReadingError) else None,
            expected_shape=blank.truth.shape,
            right_cells=self._right_cells(blank) if outcome is Outcome.WRONG else (),
        )

    def _transformed(self, blank: Blank) -> Transformed | None:
        reading, value = self.readings.get(blank.key), self.values.get(blank.key)
        if value is None or blank.magnitude:
            return None
        if isinstance(reading, Reading) and isinstance(reading.value, Expression):
            return transform_everywhere(self.problem, blank, reading.value, self.bindings)
        return transform_at(self.problem, blank, value)

    def _right_cells(self, blank: Blank) -> tuple[bool, ...]:
        value, truth = self.values[blank.key], blank.truth
        if not truth.ndim or value.shape != truth.shape:
            return ()
        pairs = zip(value.reshape(-1).tolist(), truth.reshape(-1).tolist(), strict=True)
        return tuple(agrees(given, right, blank.digits) for given, right in pairs)

    def _judged(self, blank: Blank, typed: str) -> tuple[Outcome, tuple[str, ...], bool]:
        reading = self.readings.get(blank.key)
        if reading is None:
            return Outcome.UNANSWERED, (), False
        if isinstance(reading, ReadingError):
            explained = self._explained_array(blank, typed)
            return (Outcome.SHAPE if explained else Outcome.UNREADABLE), explained, False
        value = self.values[blank.key]
        if isinstance(reading.value, Expression) and value.shape == blank.truth.shape:
            return self._judged_formula(blank, reading.value)
        outcome = _outcome(value, blank, typed)
        if outcome not in _DOUBTFUL:
            return outcome, (), False
        if outcome is Outcome.WRONG and self._follows(blank, value):
            return outcome, (), True
        explained = explain(self.problem, blank, value)
        gives_way = explained and outcome is not Outcome.SHAPE
        return (Outcome.WRONG if gives_way else outcome), explained, False

    def _explained_array(self, blank: Blank, typed: str) -> tuple[str, ...]:
        """Return what explains an array in the place of a number; any other array there cannot be read."""
        if blank.truth.ndim or not typed.lstrip().startswith("["):
            return ()
        try:
            value = np.asarray(read_answer(typed, Field.MATRIX).value, dtype=np.float64)
        except ReadingError:
            return ()
        return explain(self.problem, blank, value)

    def _judged_formula(self, blank: Blank, formula: Expression) -> tuple[Outcome, tuple[str, ...], bool]:
        if holds_everywhere(self.problem, blank, formula, self.bindings):
            return Outcome.CORRECT, (), False
        return Outcome.WRONG, explanations(self.problem, blank, formula, self.bindings), False

    def _value(self, reading: Reading, blank: Blank) -> Array:
        """Return what was read as an array; a row or a column will do for a vector."""
        value = reading.value
        if isinstance(value, Expression):
            known = {name: entry if entry.ndim else float(entry) for name, entry in self.names.items()}
            value = evaluate(value, known)
        array = np.asarray(value, dtype=np.float64)
        return array.reshape(-1) if blank.truth.ndim == 1 and array.ndim == 2 and 1 in array.shape else array

    def _follows(self, blank: Blank, value: Array) -> bool:
        """Return whether a wrong value is what the learner's own other wrong entries lead to."""
        graph = self.problem.graph
        if graph is None or blank.asked is Asked.QUANTITY:
            return False
        given = {
            graph.index(other.node): self.values[other.key]
            for other in self.problem.blanks
            if other.key != blank.key and other.asked is blank.asked and self._slipped(other)
        }
        if not given:
            return False
        if blank.asked is Asked.GRADIENT:
            led_to = graph.follow(given=given).gradients.get(graph.index(blank.node))
        else:
            led_to = graph.follow_forward(given)[graph.index(blank.node)]
        return led_to is not None and agrees(value, led_to, blank.digits, exact=blank.exact)

    def _diagnosis(self, blank: Blank, explained: tuple[str, ...]) -> str | None:
        """Return the one misconception to speak of, or None where several explain the answer equally well.

        The ones that a problem lists are proved to differ on it, so one of them alone is a diagnosis; else
        one that alone agrees with most of the other answers.
        """
        likely = tuple(id_ for id_ in explained if id_ in self.problem.mistakes) or explained
        if len(likely) > 1:
            agreeing = {id_: self._agreements(blank, id_) for id_ in likely}
            likely = tuple(id_ for id_ in likely if agreeing[id_] == max(agreeing.values()))
        return likely[0] if len(likely) == 1 else None

    def _agreements(self, blank: Blank, misconception: str) -> tuple[int, int]:
        """Return how many of the other answers are what somebody with a misconception would write.

        The first number counts those who may follow it at one node alone, the second those who follow it
        everywhere.
        """
        anywhere, everywhere = 0, 0
        for other in self.problem.blanks:
            value = self.values.get(other.key)
            if other.key != blank.key and value is not None:
                written = self.problem.wrong_answers[other.key].get(misconception, ()) or (other.truth,)
                agreeing = [agrees(value, wrong, other.digits) for wrong in written]
                anywhere, everywhere = anywhere + any(agreeing), everywhere + agreeing[0]
        return anywhere, everywhere

    def _leaves_nothing(self, blank: Blank) -> bool:
        """Return whether nothing is left to work out in a blank that is not so empty in truth."""
        return _is_degenerate(self.values[blank.key]) and not _is_degenerate(blank.truth)

    def _convention(self, blank: Blank) -> ConventionMatch | None:
        """Return a convention under which this and every other answer that it touches is right."""
        value = self.values[blank.key]
        for convention, about, wanted in self.problem.conventional_answers[blank.key]:
            if agrees(value, wanted, blank.digits) and self._keeps_to(convention, blank):
                return ConventionMatch(convention.id, about)
        return None

    def _keeps_to(self, convention: Convention, blank: Blank) -> bool:
        """Return whether no other answer goes on by the convention here where the other one differs.

        A velocity of the other sign is right only with an update of the other sign: an answer that is right
        here, or that follows by the rules here from what was typed, tells against the convention.
        """
        for other in self.problem.blanks:
            value = self.values.get(other.key)
            if other.key == blank.key or value is None:
                continue
            for known, _, wanted in self.problem.conventional_answers[other.key]:
                if known is not convention or agrees(value, wanted, other.digits):
                    continue
                if agrees(value, other.truth, other.digits) or self._follows(other, value):
                    return False
        return True

    def _slipped(self, blank: Blank) -> bool:
        value = self.values.get(blank.key)
        return (
            value is not None
            and value.shape == blank.truth.shape
            and not agrees(value, blank.truth, blank.digits, exact=blank.exact)
        )


def _is_degenerate(value: Array) -> bool:
    """Return whether a value is all zeros, or an array of equal entries."""
    return not value.any() or (value.size > 1 and bool((value == value.flat[0]).all()))


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
            written = value.reshape(-1) if wrong.ndim == 1 and value.shape == (1, wrong.size) else value
            exact = blank.exact and bool((wrong == np.round(wrong)).all())
            fits = agrees(written, wrong, blank.digits, exact=exact)
            if fits and not agrees(wrong, blank.truth, blank.digits, exact=blank.exact):
                ranked.append((min(variant, 1), id_ not in listed, position, id_))
                break
    return tuple(id_ for *_, id_ in sorted(ranked))


def transform_at(problem: Problem, blank: Blank, value: Array) -> Transformed | None:
    """Return what was done to the truth of a blank to give this value; None where nothing known was."""

    def agree(wanted: Array) -> bool:
        exact = blank.exact and bool((wanted == np.round(wanted)).all())
        return agrees(value, wanted, blank.digits, exact=exact)

    counts = counts_in(problem.graph) if problem.graph is not None else ()
    shares = shares_among(problem.wrong_answers[blank.key])
    return transform_of(value, blank.truth, agree, counts=counts, shares=shares)


def significant_digits(typed: str) -> int | None:
    """Return how many significant digits a plain decimal number was typed with; None for anything else."""
    match = _PLAIN_NUMBER.fullmatch(typed.strip().replace("−", "-"))
    if match is None:
        return None
    digits = ((match[1] or "") + (match[2] or "")).lstrip("0")
    return len(digits)


def _read(typed: str, blank: Blank, names: Mapping[str, Array]) -> Reading | ReadingError:
    try:
        return read_answer(typed, Field.MATRIX if blank.truth.ndim else Field.NUMBER)
    except ReadingError as error:
        if not names:
            return error
    known = {name: value if value.ndim else float(value) for name, value in names.items()}
    try:
        return read_answer(typed, Field.EXPRESSION, tuple(known), known)
    except ReadingError as error:
        return error


def _outcome(value: Array, blank: Blank, typed: str) -> Outcome:
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
