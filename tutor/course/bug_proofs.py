"""Proves the steps in which the learner looks for a planted mistake: a worked solution, or lines of code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.course.faults import FaultCode
from tutor.course.mathematics import first_wrong, gradient_target, names_after
from tutor.course.model import FaultyCode, FaultySolution
from tutor.course.prose import code_blocks
from tutor.engine.graph import Graph

if TYPE_CHECKING:
    from tutor.course.step_proofs import StepProof


def prove_solution(proof: StepProof, step: FaultySolution) -> None:
    """The lines stand in the order they are computed in, and the mistake shows in one of them."""
    known = proof.check_misconception(("mistake",), step.mistake, executed=True)
    if not proof.check_quantities("show", step.show) or proof.graph is None:
        return
    for position, after in enumerate(step.show):
        early = next((name for name in step.show[:position] if _needs(proof.graph, name, after)), None)
        if early is not None:
            proof.fault(("show", position), FaultCode.SHOW_ORDER, name=after, other=early)
            return
    if known and first_wrong(step, proof.graph) is None:
        proof.fault(("mistake",), FaultCode.NOTHING_PLANTED, name=step.mistake)


def _needs(graph: Graph, quantity: str, other: str) -> bool:
    """Return whether a quantity is computed after another: a gradient after every value."""
    target, other_target = gradient_target(graph, quantity), gradient_target(graph, other)
    if target is None:
        return other_target is None and quantity in names_after(graph, graph.index(other))
    return other_target is None or other_target in names_after(graph, graph.index(target))


def prove_code(proof: StepProof, step: FaultyCode) -> None:
    """Every language shows the same code, and the planted line is in it."""
    proof.check_misconception(("mistake",), step.mistake)
    if step.fix:
        proof.check_options("fix", step.fix, several=False)
    lengths: dict[str, int] = {}
    for language, document in proof.files.documents.items():
        section = document.section(step.id)
        if section is None:
            continue
        blocks = code_blocks(section.text)
        if len(blocks) != 1:
            proof.files.prose_fault(language, section.line, FaultCode.ONE_CODE_BLOCK, name=step.id)
            continue
        lengths[language] = len(blocks[0])
        first, count = next(iter(lengths.items()))
        if count != lengths[language]:
            proof.files.prose_fault(
                language, section.line, FaultCode.CODE_DIFFERS, language=first, count=count
            )
    if lengths and step.line > (last := min(lengths.values())):
        proof.fault(("line",), FaultCode.CODE_LINE, value=step.line, limit=last)
