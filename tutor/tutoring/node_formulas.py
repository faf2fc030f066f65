"""One node as formulas: what it computes, and what it sends back along each of its edges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tutor.engine.expressions import Call, Expression, Name, Number, substitute
from tutor.engine.formulas import read_expression
from tutor.engine.graph import Edge, Graph, Node
from tutor.engine.nodes import NODES, Shape
from tutor.engine.nodes.base import Elementwise, NodeKind
from tutor.tutoring.shown_numbers import literal


def forward_formula(graph: Graph, node: Node) -> Expression:
    """Return what a node computes from the nodes before it; the value of an input or a constant."""
    if node.is_leaf:
        return literal(graph.value(node.index))
    return Call(node.kind, tuple(_term(graph, source) for source in node.arguments), node.options)


def _term(graph: Graph, index: int) -> Expression:
    """Return a node as it stands in a formula: its name, the value of a constant, or what it computes."""
    node = graph.nodes[index]
    return Name(node.name) if node.name else forward_formula(graph, node)


def arriving(graph: Graph, index: int) -> Expression:
    """Return the gradient that arrives at a node: its name, or its value where it has none."""
    name = graph.nodes[index].name
    return Name(f"d{name}") if name else literal(graph.gradient(index))


def branch_formula(graph: Graph, edge: Edge, dout: Expression) -> Expression:
    """Return what flows back along an edge, given what arrives at its node."""
    node = graph.nodes[edge.target]
    kind = NODES[node.kind]
    shape = graph.inputs_of(node)[0].shape
    rows, entries = float(shape[0] if len(shape) == 2 else 1), float(np.prod(shape))
    known = {"dout", "out", "N", "n", *kind.inputs}
    meaning: dict[str, Expression] = {
        **dict(zip(kind.inputs, (_term(graph, source) for source in node.arguments), strict=True)),
        "out": _term(graph, node.index),
        "dout": dout,
        "N": Number(rows),
        "n": Number(entries),
    }
    sent = substitute(read_expression(kind.gradients[edge.slot], names=tuple(known)), meaning)
    sent = _without_ones(sent)
    return _summed(sent, graph.value(edge.source).shape, graph.value(node.index).shape, kind)


def _without_ones(formula: Expression) -> Expression:
    """Return a formula without factors of 1 and divisions by 1, as those by one row or entry are."""
    if not isinstance(formula, Call):
        return formula
    formula = replace(formula, arguments=tuple(map(_without_ones, formula.arguments)))
    match formula:
        case Call("mul" | "div", (other, Number(1))) | Call("mul", (Number(1), other)):
            return other
    return formula


def _summed(sent: Expression, shape: Shape, output: Shape, kind: NodeKind) -> Expression:
    """Return what a value gets that was repeated to fit the others: the sum over its copies."""
    if not isinstance(kind, Elementwise) or shape == output:
        return sent
    if not shape:
        return Call("sum", (sent,))
    return Call("sum", (sent,), (("axis", 0.0),)) if output[1:] == shape else sent


def added(terms: list[Expression]) -> Expression:
    """Return the sum of terms; at least one."""
    whole = terms[0]
    for term in terms[1:]:
        whole = Call("add", (whole, term))
    return whole
