"""One blank worked out: the rule in names, the same with numbers, and the result."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from tutor.course.mathematics import gradient_target, usable_names
from tutor.course.model import FormulaEntry, ShapeFill
from tutor.engine.expressions import Expression, Name, Number, substitute, to_text
from tutor.engine.formulas import read_expression
from tutor.engine.graph import Edge, Graph
from tutor.engine.nodes import Array
from tutor.engine.simplifying import simplified
from tutor.engine.written_numbers import shape_text
from tutor.tutoring.derived_formula import derived, with_whole_shares
from tutor.tutoring.exercise import Asked, Blank, Exercise
from tutor.tutoring.node_formulas import added, arriving, branch_formula, forward_formula
from tutor.tutoring.shown_numbers import evaluated_text, literal, number_text, rounded

MOST_LINES = 4
"""Lines of work that are begun for a learner."""

_GRADIENT = re.compile(r"\bd\w+")


@dataclass(frozen=True, slots=True)
class WorkedLine:
    """`name` = `formula` = `numbers` = `evaluated` = `value`.

    A fork has one line per branch and one for the sum.
    """

    name: str
    formula: str
    numbers: str
    value: Array
    kind: str
    """The kind of node that the line is about, or "sum" for a fork, "given" for the upstream gradient."""
    evaluated: str = ""
    """The numbers again with the functions among them worked out; empty where there are none."""
    through: str = ""
    """Of a branch of a fork: the node that it goes through; empty elsewhere."""
    lane: int = 0
    """Of branches through one node: which of them it is, from 1."""


def work_out(exercise: Exercise, blank: Blank) -> tuple[WorkedLine, ...]:
    """Return the lines that lead to the truth of one blank."""
    graph = exercise.graph
    match exercise.step:
        case FormulaEntry():
            return (_formula_line(exercise),)
        case ShapeFill():
            return (_shape_line(exercise, blank),)
    if graph is None:
        return (_quantity_line(exercise, blank),)
    if blank.asked is Asked.QUANTITY:
        target = gradient_target(graph, exercise.quantity)
        return _gradient_lines(graph, graph.index(target)) if target else (_quantity_line(exercise, blank),)
    index = graph.index(blank.node)
    return (_value_line(graph, index),) if blank.asked is Asked.VALUE else _gradient_lines(graph, index)


def begun(exercise: Exercise, blank: Blank, known: Collection[str]) -> tuple[WorkedLine, ...]:
    """Return the lines that lead to a blank from what is `known`, gradients by name; none for a quantity.

    A gradient on the way that is not known has lines of its own, up to MOST_LINES in all.
    """
    graph = exercise.graph
    if graph is None:
        return ()
    node = gradient_target(graph, exercise.quantity) if blank.asked is Asked.QUANTITY else blank.node
    if not node:
        return ()
    if blank.asked is Asked.VALUE:
        return (_value_line(graph, graph.index(node)),)
    lines, todo, seen = list[WorkedLine](), [node], {node}
    while todo and len(lines) < MOST_LINES:
        found = _gradient_lines(graph, graph.index(todo.pop(0)))
        lines += found
        for name in (name for line in found for name in gradients_in(line.formula)):
            target = gradient_target(graph, name)
            if target and name not in known and target not in seen:
                seen.add(target)
                todo.append(target)
    return tuple(lines[:MOST_LINES])


def gradients_in(formula: str) -> list[str]:
    """Return the names in a written formula that may be gradients."""
    return _GRADIENT.findall(formula)


def _quantity_line(exercise: Exercise, blank: Blank) -> WorkedLine:
    formula = read_expression(exercise.quantity, names=tuple(exercise.namespace))
    numbers = substitute(
        formula, {name: literal(np.asarray(value)) for name, value in exercise.namespace.items()}
    )
    shown = to_text(formula, pretty=True)
    texts = to_text(numbers, pretty=True), blank.truth, "quantity", evaluated_text(numbers)
    return WorkedLine(shown, shown, *texts)


def _formula_line(exercise: Exercise) -> WorkedLine:
    assert isinstance(exercise.step, FormulaEntry)
    assert exercise.graph is not None
    usable = usable_names(exercise.step, exercise.graph)
    formula = simplified(derived(exercise.graph, exercise.quantity, usable), usable)
    formula = simplified(with_whole_shares(formula, exercise.graph), usable)
    numbers = substitute(formula, {name: literal(value) for name, value in usable.items()})
    texts = to_text(formula, pretty=True), to_text(numbers, pretty=True)
    truth = exercise.blanks[0].truth
    return WorkedLine(exercise.quantity, *texts, truth, "formula", evaluated_text(numbers))


def _shape_line(exercise: Exercise, blank: Blank) -> WorkedLine:
    graph, shape = exercise.graph, np.asarray(blank.truth.shape, dtype=np.float64)
    assert graph is not None
    if blank.asked is Asked.GRADIENT:
        return WorkedLine(blank.key, blank.node, "", shape, "shape_of_gradient")
    formula = forward_formula(graph, graph.nodes[graph.index(blank.node)])
    shapes = {name: Name(shape_text(graph.value(name).shape)) for name in graph.names}
    texts = to_text(formula, pretty=True), to_text(substitute(formula, shapes), pretty=True)
    return WorkedLine(blank.key, *texts, shape, "shape_of_value")


def _value_line(graph: Graph, index: int) -> WorkedLine:
    node = graph.nodes[index]
    formula = forward_formula(graph, node)
    text, numbers, evaluated = _in_numbers(graph, formula)
    return WorkedLine(graph.label(index), text, numbers, graph.value(index), node.kind, evaluated)


def _gradient_lines(graph: Graph, index: int) -> tuple[WorkedLine, ...]:
    name = f"d{graph.label(index)}"
    edges = [edge for edge in graph.users[index] if graph.contribution(edge) is not None]
    if not edges:
        kind = "given" if index == graph.output else "unused"
        return (WorkedLine(name, "", "", graph.gradient(index), kind),)
    branches = tuple(_branch_line(graph, name, edge) for edge in edges)
    if len(branches) == 1:
        return branches
    ways = [_way(graph, edge) for edge in edges]
    branches = tuple(
        replace(line, through=way, lane=ways[: k + 1].count(way) if ways.count(way) > 1 else 0)
        for k, (line, way) in enumerate(zip(branches, ways, strict=True))
    )
    total = added(
        [Number(rounded(line.value)) if not line.value.ndim else literal(line.value) for line in branches]
    )
    formula = " + ".join(f"({line.formula})" if " + " in line.formula else line.formula for line in branches)
    return (*branches, WorkedLine(name, formula, to_text(total, pretty=True), graph.gradient(index), "sum"))


def _way(graph: Graph, edge: Edge) -> str:
    """Return the first node with a name that an edge leads to, or the kind of node where the way forks."""
    index = edge.target
    while not graph.nodes[index].name and len(graph.users[index]) == 1:
        index = graph.users[index][0].target
    return graph.label(index)


def _branch_line(graph: Graph, name: str, edge: Edge) -> WorkedLine:
    node, dout = graph.nodes[edge.target], arriving(graph, edge.target)
    part = graph.contribution(edge)
    assert part is not None
    text, numbers, evaluated = _in_numbers(graph, branch_formula(graph, edge, dout))
    return WorkedLine(name, text, numbers, part, node.kind, evaluated)


def _in_numbers(graph: Graph, formula: Expression) -> tuple[str, str, str]:
    """Return a formula as text: in names, in numbers, and with the functions among these worked out."""
    values = {f"d{name}": literal(graph.gradient(name)) for name in graph.names}
    values |= {name: literal(graph.value(name)) for name in graph.names}
    numbers = substitute(formula, values)
    return to_text(formula, pretty=True), number_text(numbers), evaluated_text(numbers)
