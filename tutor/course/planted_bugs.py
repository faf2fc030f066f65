"""Proves the steps in which a planted mistake is looked for: a worked solution, and lines of code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tutor.course.faults import FaultCode
from tutor.course.mathematics import first_wrong, gradient_target
from tutor.course.model import FaultyCode, FaultySolution
from tutor.course.prose import code_blocks
from tutor.engine.graph import Graph

if TYPE_CHECKING:
    from tutor.course.proofs import StepProof


def prove_solution(proof: StepProof, step: FaultySolution) -> None:
    """The lines stand in the order they are computed in, and the mistake shows in one of them."""
    known = proof.check_misconception(("mistake",), step.mistake)
    if not proof.check_quantities("show", step.show) or proof.graph is None:
        return
    for position, (before, after) in enumerate(zip(step.show, step.show[1:], strict=False), start=1):
        if _place(proof.graph, after) < _place(proof.graph, before):
            path = ("show", position)
            proof.fault(path, FaultCode.SHOW_ORDER, name=after, other=before)
            return
    if known and first_wrong(step, proof.graph) is None:
        proof.fault(("mistake",), FaultCode.NOTHING_PLANTED, name=step.mistake)


def _place(graph: Graph, quantity: str) -> tuple[int, int]:
    """Return when a quantity is computed: values first, then gradients from the output back."""
    target = gradient_target(graph, quantity)
    if target is None:
        return 0, 0
    # The inputs of a node receive their gradients together, in either order.
    return 1, -max((edge.target for edge in graph.users[graph.index(target)]), default=len(graph.nodes))


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
