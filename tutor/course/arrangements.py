"""Proves what is arranged by hand: items in bins, and the lines of a procedure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from tutor.course.faults import FaultCode
from tutor.course.model import LineOrder, Sorting, WrittenLine

if TYPE_CHECKING:
    from tutor.course.step_proofs import StepProof

FEWEST_LINES = 3
"""Lines, those to be left out aside, that make an order worth asking for."""


def prove_sorting(proof: StepProof, step: Sorting) -> None:
    """Every item has a bin of the step, and at least two bins are filled."""
    proof.check_ids("bins", step.bins)
    proof.check_ids("items", [item.id for item in step.items])
    for position, item in enumerate(step.items):
        if item.bin not in step.bins:
            choices = ", ".join(step.bins)
            path = ("items", position, "bin")
            proof.fault(path, FaultCode.UNKNOWN_BIN, name=item.bin, choices=choices)
        if item.quantity is not None:
            proof.check_formula(("items", position, "quantity"), item.quantity)
        proof.check_misconception(("items", position, "mistake"), item.mistake)
    if len({item.bin for item in step.items}) == 1:
        proof.fault(("items",), FaultCode.ONE_BIN, name=step.items[0].bin)


def prove_lines(proof: StepProof, step: LineOrder) -> None:
    """The lines that belong to the procedure have an order; the others state a mistake and are left out."""
    proof.check_ids("lines", [line.id for line in step.lines])
    kept = [line.id for line in step.lines if line.mistake is None]
    if len(kept) < FEWEST_LINES:
        proof.fault(("lines",), FaultCode.FEW_LINES, fewest=FEWEST_LINES)
    for position, line in enumerate(step.lines):
        proof.check_misconception(("lines", position, "mistake"), line.mistake)
        if line.mistake is not None and line.needs:
            proof.fault(("lines", position, "needs"), FaultCode.LEFT_OUT_NEEDS, name=line.id)
        for needed in line.needs:
            if needed not in kept:
                choices = ", ".join(kept)
                path = ("lines", position, "needs")
                proof.fault(path, FaultCode.UNKNOWN_LINE, name=needed, choices=choices)
    if turning := _in_a_circle(step.lines):
        proof.fault(("lines", turning[0]), FaultCode.LINE_CYCLE, name=step.lines[turning[0]].id)


def one_line_order(lines: Sequence[WrittenLine]) -> tuple[str, ...]:
    """Return the lines of the procedure in an order that is right: as written, moved only where needed."""
    return _ordered({line.id: frozenset(line.needs) for line in lines if line.mistake is None})


def _ordered(needs: Mapping[str, Collection[str]]) -> tuple[str, ...]:
    """Return what can be put in order; what waits for itself is left out."""
    ordered: list[str] = []
    while ready := [id_ for id_ in needs if id_ not in ordered and {*needs[id_]} <= {*ordered}]:
        ordered.append(ready[0])
    return tuple(ordered)


def _in_a_circle(lines: Sequence[WrittenLine]) -> list[int]:
    """Return the places of lines that wait for each other for ever."""
    known = {line.id for line in lines if line.mistake is None}
    needs = {line.id: known.intersection(line.needs) for line in lines if line.id in known}
    ordered = _ordered(needs)
    return [place for place, line in enumerate(lines) if line.id in known and line.id not in ordered]
