"""Judge what the learner's code gave back: shapes before values, then the misconception it looks like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from tutor.capstone.gates import GATES, Case, Gate
from tutor.capstone.sandbox import Answer, Ending, Outcome, run
from tutor.engine.gradient_check import relative_error
from tutor.engine.misconceptions import MISCONCEPTIONS, Misconception, backward_variants, forward_variants
from tutor.engine.nodes import Array, Shape


class Finding(StrEnum):
    """What was found at a gate; the first thing that is not as it should be."""

    PASSED = "passed"
    NOT_WRITTEN = "not_written"
    """It still raises NotImplementedError."""
    MISSING = "missing"
    """The class or function is not in the file."""
    RAISED = "raised"
    FORWARD_CHANGED = "forward_changed"
    NOTHING = "nothing"
    """`backward` returned nothing, or no numbers."""
    COUNT = "count"
    """It returned another number of arrays."""
    NOT_SET = "not_set"
    """An attribute that it has to set is not set."""
    SHAPE = "shape"
    NOT_FINITE = "not_finite"
    WRONG = "wrong"
    CHANGED_INPUT = "changed_input"
    """An array that was passed in was changed in place."""
    NOT_REPEATABLE = "not_repeatable"
    """Calling `backward` again gave something else."""
    NOT_LOADED = "not_loaded"
    """The file as a whole cannot be run."""
    TIME = "time"
    DIED = "died"
    NONSENSE = "nonsense"


@dataclass(frozen=True, slots=True)
class Entry:
    """The entry of an array that is furthest from what it should be, and both numbers."""

    index: tuple[int, ...]
    found: float
    expected: float


@dataclass(frozen=True, slots=True)
class Report:
    """The verdict on one gate.

    `name` is the array at fault, `entry` its worst entry, `shapes` those of the case. `error` is the largest
    relative error against central differences, None where nothing could be compared. `misconceptions` are the
    ids of every rule that explains what came back.
    """

    gate: Gate
    finding: Finding
    name: str = ""
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    expected: Shape = ()
    found: Shape = ()
    entry: Entry | None = None
    error: float | None = None
    misconceptions: tuple[str, ...] = ()
    exception: str = ""
    line: int | None = None
    printed: str = ""

    @property
    def passed(self) -> bool:
        """Whether the gate is open."""
        return self.finding is Finding.PASSED


def check(file: Path, gates: Sequence[Gate] = GATES) -> tuple[Report, ...]:
    """Run the learner's file and judge the gates, in order; one process serves them all."""
    cases = {gate.id: gate.cases() for gate in gates}
    outcome = run(file, [case.call for gate in gates for case in cases[gate.id]])
    if outcome.ending is not Ending.DONE:
        return tuple(_each_alone(file, gates)) if len(gates) > 1 else (_ended(gates[0], outcome),)
    if len(outcome.answers) < sum(map(len, cases.values())):
        return tuple(_failed(gate, outcome.answers[0], Finding.NOT_LOADED, outcome) for gate in gates)
    answers = iter(outcome.answers)
    return tuple(
        judge(gate, cases[gate.id], [next(answers) for _ in cases[gate.id]], outcome) for gate in gates
    )


def _each_alone(file: Path, gates: Sequence[Gate]) -> Iterator[Report]:
    """Find out which gate it is that does not end; the others are judged all the same."""
    for gate in gates:
        yield from check(file, (gate,))


def _ended(gate: Gate, outcome: Outcome) -> Report:
    return Report(gate, Finding(outcome.ending.value), printed=outcome.printed)


def _failed(gate: Gate, answer: Answer, finding: Finding, outcome: Outcome) -> Report:
    error = answer["error"]
    message = f"{error['type']}: {error['message']}".strip(": ")
    return Report(gate, finding, exception=message, line=error["line"], printed=outcome.printed)


def _worst_entry(found: Array, expected: Array) -> Entry:
    index = np.unravel_index(np.argmax(np.abs(found - expected)), expected.shape)
    return Entry(tuple(map(int, index)), float(found[index]), float(expected[index]))


def judge(gate: Gate, cases: Sequence[Case], answers: Sequence[Answer], outcome: Outcome) -> Report:
    """Judge one gate by its cases: the first fault decides, and all cases together explain it."""
    worst: float | None = None
    fault: Fault | None = None
    for case, answer in zip(cases, answers, strict=True):
        if "error" in answer:
            return _raised(gate, case, answer, outcome, explanations(gate, cases, answers))
        fault = fault or _fault(gate, case, answer)
        arrays = _arrays(case, answer)
        errors = [
            _error(found, case.numeric[name])
            for name, found in arrays.items()
            if found is not None and found.shape == case.numeric[name].shape and np.isfinite(found).all()
        ]
        worst = max(errors, default=worst) if worst is None else max((worst, *errors))
    if fault is None:
        return Report(gate, Finding.PASSED, error=worst)
    finding, name, case, found = fault
    explains = finding in (Finding.WRONG, Finding.SHAPE, Finding.NOT_FINITE)
    known = {
        Finding.NOT_SET: ("aff_db_not_set",) if name == "db" else (),
        Finding.CHANGED_INPUT: ("relu_inplace",) if gate.id == "relu" else (),
    }
    return Report(
        gate,
        finding,
        name,
        case.shapes,
        case.truth[name].shape if name in case.truth else (),
        found.shape if found is not None else (),
        _worst_entry(found, case.numeric[name]) if finding is Finding.WRONG and found is not None else None,
        worst,
        explanations(gate, cases, answers) if explains else known.get(finding, ()),
        printed=outcome.printed,
    )


def _raised(gate: Gate, case: Case, answer: Answer, outcome: Outcome, explained: tuple[str, ...]) -> Report:
    error = answer["error"]
    if error["message"].endswith(f"no attribute '{gate.code}'"):
        return _failed(gate, answer, Finding.MISSING, outcome)
    if error["type"] == "NotImplementedError":
        return _failed(gate, answer, Finding.NOT_WRITTEN, outcome)
    failed = _failed(gate, answer, Finding.RAISED, outcome)
    return replace(failed, shapes=case.shapes, misconceptions=explained)


Fault = tuple[Finding, str, Case, Array | None]


def _fault(gate: Gate, case: Case, answer: Answer) -> Fault | None:
    """Return the first thing that is wrong with what a call gave back, and with which array."""
    if case.out is not None:
        out = _array(answer.get("out"))
        same = out is not None and out.shape == case.out.shape
        if out is None or not same or not np.allclose(out, case.out, rtol=1e-9, atol=1e-12):
            return Finding.FORWARD_CHANGED, "", case, out
    back = answer.get("back")
    if not isinstance(back, list) or any(_array(part) is None for part in back):
        return Finding.NOTHING, "", case, None
    if len(back) != len(case.returned):
        return Finding.COUNT, "", case, None
    arrays = _arrays(case, answer)
    for name in case.stored:
        if arrays[name] is None:
            return Finding.NOT_SET, name, case, None
    for finding in (Finding.SHAPE, Finding.NOT_FINITE, Finding.WRONG):
        for name, found in arrays.items():
            if found is not None and _has(finding, found, case.numeric[name], gate.limit):
                return finding, name, case, found
    return _side_effect(case, answer)


def _has(finding: Finding, found: Array, numeric: Array, limit: float) -> bool:
    match finding:
        case Finding.SHAPE:
            return found.shape != numeric.shape
        case Finding.NOT_FINITE:
            return not np.isfinite(found).all()
        case _:
            return _error(found, numeric) > limit


def _side_effect(case: Case, answer: Answer) -> Fault | None:
    after = answer.get("after")
    if isinstance(after, list) and len(after) == len(case.given):
        for before, value in zip(case.given, map(_array, after), strict=True):
            if value is None or not np.array_equal(before, value):
                return Finding.CHANGED_INPUT, "", case, None
    if "again" in answer:
        second = _arrays(case, {"back": answer["again"], "stored": answer.get("stored_again", {})})
        for name, found in _arrays(case, answer).items():
            again = second[name]
            if found is None or again is None or not np.allclose(found, again, rtol=1e-12, atol=0):
                return Finding.NOT_REPEATABLE, name, case, again
    return None


def _arrays(case: Case, answer: Answer) -> dict[str, Array | None]:
    """Return what came back by name; None where it is no array of numbers."""
    back, stored = answer.get("back"), answer.get("stored")
    parts = back if isinstance(back, list) else []
    found = {name: _array(part) for name, part in zip(case.returned, parts, strict=False)}
    return found | {
        name: _array(stored.get(name)) if isinstance(stored, dict) else None for name in case.stored
    }


def _array(value: Any) -> Array | None:
    if value is None:
        return None
    try:
        return np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return None


def _error(found: Array, numeric: Array) -> float:
    return relative_error(_clean(found, numeric), _clean(numeric, numeric))


def _clean(value: Array, scale: Array) -> Array:
    """Set to 0 what is noise beside the largest entry of `scale`, where relative errors mean nothing."""
    noise = 1e-8 * max(1.0, float(np.max(np.abs(scale), initial=0.0)))
    return np.where(np.abs(value) < noise, 0.0, value)


# -- which misconception it looks like -------------------------------------------------------------------


def explanations(gate: Gate, cases: Sequence[Case], answers: Sequence[Answer]) -> tuple[str, ...]:
    """Return the ids of the misconceptions that lead to what came back, likeliest first."""
    seen = [
        (case, _arrays(case, answer))
        for case, answer in zip(cases, answers, strict=True)
        if case.graph is not None and "error" not in answer
    ]
    marks = {
        id_: [_marks(misconception, case, arrays) for case, arrays in seen]
        for id_, misconception in MISCONCEPTIONS.items()
    }
    counts = {id_: sum(filter(None, found)) for id_, found in marks.items() if None not in found}
    likely = sorted(counts, key=lambda id_: (not id_.startswith(gate.mistakes), -counts[id_]))
    return tuple(id_ for id_ in likely if counts[id_])


def _marks(misconception: Misconception, case: Case, arrays: Mapping[str, Array | None]) -> int | None:
    """Return how many of the arrays are what the rule gives and not right; None where one contradicts it.

    A rule may be followed in part: what is right speaks neither for nor against it. Nor does an array of a
    shape that the rule does not give, because NumPy would not let every rule run on every shape.
    """
    written = _written(misconception, case)
    marks = 0
    for name, truth in case.truth.items():
        if case.of_values and name not in _of_graph(case):
            continue
        found = arrays[name]
        if found is None:
            return None
        if _alike(found, truth):
            continue
        if name in written and _alike(found, written[name]):
            marks += 1
        elif found.shape == truth.shape:
            return None
    return marks


def _alike(found: Array, expected: Array) -> bool:
    """Return whether two arrays hold the same numbers.

    A batch of one row may have lost or kept its axis, and one number may stand for an array full of it.
    """
    if found.ndim and np.squeeze(found).shape != np.squeeze(expected).shape:
        return False
    numbers = found.ravel() if found.ndim else np.full(expected.size, found)
    return bool(np.allclose(numbers, expected.ravel(), rtol=1e-6, atol=1e-9, equal_nan=True))


def _written(misconception: Misconception, case: Case) -> Mapping[str, Array]:
    graph = case.graph
    assert graph is not None
    if case.of_values:
        values = next(iter(forward_variants(graph, misconception)), None)
        named = _of_graph(case)
        return {} if values is None else {name: values[graph.index(node)] for name, node in named.items()}
    followed = next(backward_variants(graph, misconception), None)
    if followed is None:
        return {}
    return {
        name: followed.gradients[graph.index(name[1:])]
        for name in case.truth
        if name[1:] in graph.names and graph.index(name[1:]) in followed.gradients
    }


def _of_graph(case: Case) -> Mapping[str, str]:
    """Return which node of the case's graph an array is: that of an optimizer follows its first parameter."""
    assert case.graph is not None
    named = {name: name for name in case.truth if name in case.graph.names}
    return named | {f"a {step}": f"w{step}" for step in (1, 2) if f"a {step}" in case.truth}
