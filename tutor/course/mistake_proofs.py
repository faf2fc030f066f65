"""Proves the mistakes that a step lists: the wrong answer that each one leads to identifies it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from tutor.course.faults import FaultCode
from tutor.course.mathematics import answers, computed, gradient_target, is_exact, read_formula
from tutor.course.model import FormulaEntry, GraphFill, NumberEntry, ShapeFill, SignFill
from tutor.engine.expressions import names
from tutor.engine.graph import Graph
from tutor.engine.misconceptions import MISCONCEPTIONS, Misconception, wrong_values
from tutor.engine.nodes import Array
from tutor.engine.reading_errors import ReadingError
from tutor.engine.tolerance import DIGITS, Closeness, closeness, same_magnitude

if TYPE_CHECKING:
    from tutor.course.step_proofs import Path, StepProof


def prove_mistakes(proof: StepProof, listed: Sequence[str]) -> None:
    """Every listed mistake applies, and its answer is neither the right one nor that of another."""
    try:
        right = answers(proof.step, proof.graph)
    except (KeyError, ReadingError):
        return  # What is asked has a fault of its own.
    truth = tuple(right.values())
    wrong: dict[str, tuple[Array, ...]] = {}
    for position, mistake in enumerate(listed):
        path: Path = ("mistakes", position)
        if not proof.check_misconception(path, mistake, executed=True):
            continue
        values = _followed(proof, MISCONCEPTIONS[mistake], right)
        if values is None:
            proof.fault(path, FaultCode.MISTAKE_DOES_NOT_APPLY, name=mistake)
        elif _same(proof, values, truth, truth, near=Closeness.ROUNDED_EARLY):
            proof.fault(path, FaultCode.MISTAKE_GIVES_ANSWER, name=mistake)
        else:
            other = next(
                (known for known, value in wrong.items() if _same(proof, values, value, truth)), None
            )
            if other is not None:
                proof.fault(path, FaultCode.MISTAKES_COINCIDE, name=mistake, other=other)
            wrong[mistake] = values


def _followed(
    proof: StepProof, misconception: Misconception, right: Mapping[str, Array]
) -> tuple[Array, ...] | None:
    """Return what somebody who follows the rule everywhere answers; None where it applies nowhere."""
    if proof.graph is None:
        return None
    graph = proof.graph
    if isinstance(proof.step, NumberEntry | FormulaEntry):
        expression = read_formula(proof.step.quantity, proof.names)
        replaced = _wrong_names(graph, misconception, names(expression))
        if not replaced:
            return None
        try:
            return (computed(expression, {**proof.names, **replaced}),)
        except ReadingError:
            return None
    replaced = _wrong_names(graph, misconception, right)
    return tuple(replaced.get(asked, truth) for asked, truth in right.items()) if replaced else None


def _same(
    proof: StepProof,
    given: Iterable[Array],
    other: Iterable[Array],
    truth: Iterable[Array],
    near: Closeness = Closeness.RIGHT,
) -> bool:
    """Return whether two answers would be judged alike; `near` is a closeness that still counts."""
    return all(
        _agree(proof, left, right, true, near) for left, right, true in zip(given, other, truth, strict=True)
    )


def _agree(proof: StepProof, given: Array, other: Array, truth: Array, near: Closeness) -> bool:
    if given.shape != other.shape or isinstance(proof.step, ShapeFill):
        return given.shape == other.shape
    if isinstance(proof.step, SignFill):
        return np.array_equal(np.sign(given), np.sign(other))
    pairs = zip(given.reshape(-1).tolist(), other.reshape(-1).tolist(), strict=True)
    if isinstance(proof.step, NumberEntry) and proof.step.magnitude:
        return all(same_magnitude(a, b) for a, b in pairs)
    digits = proof.step.digits if isinstance(proof.step, GraphFill | NumberEntry) else DIGITS
    exact = is_exact(proof.graph, truth)
    return all(closeness(a, b, digits, exact=exact) in (Closeness.RIGHT, near) for a, b in pairs)


def _wrong_names(graph: Graph, misconception: Misconception, asked: Iterable[str]) -> dict[str, Array]:
    """Return what a rule writes for each of these quantities that it speaks about."""
    found: dict[str, Array] = {}
    for quantity in asked:
        target = gradient_target(graph, quantity)
        if target is None and quantity not in graph.names:
            continue
        of = "value" if target is None else "gradient"
        values = wrong_values(graph, misconception, target or quantity, of=of)
        if values:
            found[quantity] = np.asarray(values[0], dtype=np.float64)
    return found
