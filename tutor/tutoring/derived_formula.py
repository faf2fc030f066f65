"""A formula for a quantity of a graph, over the names that may be used."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from tutor.course.mathematics import DOUT, UPSTREAM, gradient_name, gradient_target, namespace
from tutor.engine.expressions import Call, Expression, Name, Number, substitute
from tutor.engine.expressions import names as expression_names
from tutor.engine.formulas import read_expression
from tutor.engine.graph import Graph
from tutor.engine.nodes import Array
from tutor.tutoring.node_formulas import added, branch_formula, forward_formula
from tutor.tutoring.shown_numbers import literal
from tutor.tutoring.symbolic import shares_of_classes


def derived(graph: Graph, quantity: str, usable: Collection[str]) -> Expression:
    """Return a formula for a quantity over the usable names alone, worked out on the graph."""
    known = tuple(namespace(graph))
    formula = read_expression(quantity, known)
    while wanted := [
        name for name in expression_names(formula) if name == quantity or name not in {*usable, DOUT}
    ]:
        formula = substitute(formula, {name: _expression(graph, name, usable) for name in wanted})
        quantity = ""
    return formula if DOUT in usable else _with_upstream(formula, graph.upstream)


def _with_upstream(formula: Expression, upstream: Array) -> Expression:
    """Return a formula with the number of the upstream gradient in it, and without a factor of 1."""
    match formula:
        case Call("mul", (Name(name), factor)) if name == DOUT and np.all(upstream == 1):
            return factor
        case Call(kind, arguments, options):
            return Call(kind, tuple(_with_upstream(part, upstream) for part in arguments), options)
    return substitute(formula, {DOUT: literal(upstream)})


def _expression(graph: Graph, name: str, usable: Collection[str]) -> Expression:
    """Return what a name stands for, one step closer to what is given."""
    if name == UPSTREAM:
        return Name(DOUT)
    target = gradient_target(graph, name)
    if target is None:
        return forward_formula(graph, graph.nodes[graph.index(name)])
    return _flowing_back(graph, graph.index(target), usable, first=True)


def _flowing_back(graph: Graph, index: int, usable: Collection[str], *, first: bool = False) -> Expression:
    name = graph.nodes[index].name
    if index == graph.output:
        return Name(DOUT)
    if name and not first and gradient_name(name) in usable:
        return Name(gradient_name(name))
    return added(
        [
            branch_formula(graph, edge, _flowing_back(graph, edge.target, usable))
            for edge in graph.users[index]
            if graph.contribution(edge) is not None
        ]
    )


def with_whole_shares(formula: Expression, graph: Graph) -> Expression:
    """Return a formula with 1 for the sum of the shares of the classes, which always is 1."""
    if not isinstance(formula, Call):
        return formula
    match formula:
        case Call("sum", (Name(name),), ()) if graph.names.get(name) in shares_of_classes(graph):
            if np.isclose(graph.value(name).sum(), 1):
                return Number(1.0)
    return replace(formula, arguments=tuple(with_whole_shares(part, graph) for part in formula.arguments))
