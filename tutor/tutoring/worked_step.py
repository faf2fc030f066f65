"""One blank worked out: the rule in names, the same with numbers, and the result."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from tutor.course.mathematics import DOUT, UPSTREAM, gradient_name, gradient_target, namespace, usable_names
from tutor.course.model import FormulaEntry, ShapeFill
from tutor.engine.expressions import (
    OPERATORS,
    Call,
    Expression,
    Name,
    Number,
    evaluate,
    substitute,
    to_text,
)
from tutor.engine.expressions import Array as ArrayLiteral
from tutor.engine.expressions import names as expression_names
from tutor.engine.formulas import read_expression
from tutor.engine.graph import Edge, Graph, Node
from tutor.engine.nodes import NODES, Array, Shape
from tutor.engine.nodes.base import Elementwise, NodeKind
from tutor.engine.simplifying import simplified
from tutor.engine.written_numbers import shape_text
from tutor.tutoring.exercise import Asked, Blank, Exercise
from tutor.tutoring.symbolic import shares_of_classes

MOST_LINES = 4
"""Lines of work that are begun for a learner."""

_SHOWN_DIGITS, _MOST_DIGITS, _NOTHING = 4, 6, 1e-9
_GRADIENT = re.compile(r"\bd\w+")
_NEGATED = re.compile(r"[-−]\((\d[\d.]*)\)")


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


def partly_filled(exercise: Exercise, blank: Blank, known: Collection[str]) -> tuple[str, str] | None:
    """Return the name of a blank and its formula with GAP in one place, or None where too little is left.

    Of a fork the last branch is left out, elsewhere the last name. Numbers stand for the values and for the
    gradients that are `known`.
    """
    graph = exercise.graph
    if graph is None or blank.asked is Asked.QUANTITY:
        return None
    index = graph.index(blank.node)
    if blank.asked is Asked.VALUE:
        formula, name = _call(graph, graph.nodes[index]), graph.label(index)
    else:
        edges = [edge for edge in graph.users[index] if graph.contribution(edge) is not None]
        if not edges:
            return None
        branches = [branch_formula(graph, edge, _arriving(graph, edge.target)) for edge in edges]
        formula, name = _join([*branches[:-1], Name(GAP)]), f"d{graph.label(index)}"
        if len(branches) == 1:
            formula = branches[0]
    if GAP not in expression_names(formula):
        formula = _with_gap(formula)
    asked = {other.node for other in exercise.blanks if other.asked is Asked.VALUE}
    open_ = {*(f"d{other}" for other in graph.names), *asked} - set(known)
    values = {
        other: _literal(value)
        for other, value in exercise.namespace.items()
        if not np.ndim(value) and other not in open_
    }
    text = _number_text(substitute(formula, values))
    too_little = not re.search(r"\w", text)
    return None if too_little or to_text(_literal(blank.truth), pretty=True) in text.split() else (name, text)


GAP = "?"
"""What stands for the part that the learner fills in."""


def _with_gap(formula: Expression) -> Expression:
    """Return a formula with GAP in the place of its last name."""
    if isinstance(formula, Name):
        return Name(GAP)
    if not isinstance(formula, Call):
        return formula
    last = max((k for k, part in enumerate(formula.arguments) if expression_names(part)), default=None)
    parts = (_with_gap(part) if k == last else part for k, part in enumerate(formula.arguments))
    return replace(formula, arguments=tuple(parts))


def gradients_in(formula: str) -> list[str]:
    """Return the names in a written formula that may be gradients."""
    return _GRADIENT.findall(formula)


def _quantity_line(exercise: Exercise, blank: Blank) -> WorkedLine:
    formula = read_expression(exercise.quantity, names=tuple(exercise.namespace))
    numbers = substitute(
        formula, {name: _literal(np.asarray(value)) for name, value in exercise.namespace.items()}
    )
    shown = to_text(formula, pretty=True)
    texts = to_text(numbers, pretty=True), blank.truth, "quantity", _evaluated(numbers)
    return WorkedLine(shown, shown, *texts)


def _formula_line(exercise: Exercise) -> WorkedLine:
    assert isinstance(exercise.step, FormulaEntry)
    assert exercise.graph is not None
    usable = usable_names(exercise.step, exercise.graph)
    formula = simplified(derived(exercise.graph, exercise.quantity, usable), usable)
    formula = simplified(_with_whole_shares(formula, exercise.graph), usable)
    numbers = substitute(formula, {name: _literal(value) for name, value in usable.items()})
    texts = to_text(formula, pretty=True), to_text(numbers, pretty=True)
    truth = exercise.blanks[0].truth
    return WorkedLine(exercise.quantity, *texts, truth, "formula", _evaluated(numbers))


def _with_whole_shares(formula: Expression, graph: Graph) -> Expression:
    """Return a formula with 1 for the sum of the shares of the classes, which always is 1."""
    if not isinstance(formula, Call):
        return formula
    match formula:
        case Call("sum", (Name(name),), ()) if graph.names.get(name) in shares_of_classes(graph):
            if np.isclose(graph.value(name).sum(), 1):
                return Number(1.0)
    return replace(formula, arguments=tuple(_with_whole_shares(part, graph) for part in formula.arguments))


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
    return substitute(formula, {DOUT: _literal(upstream)})


def _expression(graph: Graph, name: str, usable: Collection[str]) -> Expression:
    """Return what a name stands for, one step closer to what is given."""
    if name == UPSTREAM:
        return Name(DOUT)
    target = gradient_target(graph, name)
    if target is None:
        return _call(graph, graph.nodes[graph.index(name)])
    return _flowing_back(graph, graph.index(target), usable, first=True)


def _flowing_back(graph: Graph, index: int, usable: Collection[str], *, first: bool = False) -> Expression:
    name = graph.nodes[index].name
    if index == graph.output:
        return Name(DOUT)
    if name and not first and gradient_name(name) in usable:
        return Name(gradient_name(name))
    return _join(
        [
            branch_formula(graph, edge, _flowing_back(graph, edge.target, usable))
            for edge in graph.users[index]
            if graph.contribution(edge) is not None
        ]
    )


def _shape_line(exercise: Exercise, blank: Blank) -> WorkedLine:
    graph, shape = exercise.graph, np.asarray(blank.truth.shape, dtype=np.float64)
    assert graph is not None
    if blank.asked is Asked.GRADIENT:
        return WorkedLine(blank.key, blank.node, "", shape, "shape_of_gradient")
    formula = _call(graph, graph.nodes[graph.index(blank.node)])
    shapes = {name: Name(shape_text(graph.value(name).shape)) for name in graph.names}
    texts = to_text(formula, pretty=True), to_text(substitute(formula, shapes), pretty=True)
    return WorkedLine(blank.key, *texts, shape, "shape_of_value")


def _value_line(graph: Graph, index: int) -> WorkedLine:
    node = graph.nodes[index]
    formula = _call(graph, node)
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
    total = _join(
        [Number(_rounded(line.value)) if not line.value.ndim else _literal(line.value) for line in branches]
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
    node, dout = graph.nodes[edge.target], _arriving(graph, edge.target)
    part = graph.contribution(edge)
    assert part is not None
    text, numbers, evaluated = _in_numbers(graph, branch_formula(graph, edge, dout))
    return WorkedLine(name, text, numbers, part, node.kind, evaluated)


def _arriving(graph: Graph, index: int) -> Expression:
    """Return the gradient that arrives at a node: its name, or its value where it has none."""
    name = graph.nodes[index].name
    return Name(f"d{name}") if name else _literal(graph.gradient(index))


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


def _in_numbers(graph: Graph, formula: Expression) -> tuple[str, str, str]:
    """Return a formula as text: in names, in numbers, and with the functions among these worked out."""
    values = {f"d{name}": _literal(graph.gradient(name)) for name in graph.names}
    values |= {name: _literal(graph.value(name)) for name in graph.names}
    numbers = substitute(formula, values)
    return to_text(formula, pretty=True), _number_text(numbers), _evaluated(numbers)


def _number_text(numbers: Expression) -> str:
    return _NEGATED.sub(r"-\1", to_text(numbers, pretty=True))


def _evaluated(numbers: Expression) -> str:
    """Return numbers as text with every function among them worked out; empty where there is none."""
    if not isinstance(numbers, Call):
        return ""
    inner = replace(numbers, arguments=tuple(map(_worked_out, numbers.arguments)))
    return "" if inner == numbers else _number_text(inner)


def _worked_out(part: Expression) -> Expression:
    if not isinstance(part, Call):
        return part
    if part.kind in _SIGNS or expression_names(part):
        return replace(part, arguments=tuple(map(_worked_out, part.arguments)))
    return _literal(np.asarray(evaluate(part, {})))


_SIGNS = {*OPERATORS, "neg", "transpose"}


def _call(graph: Graph, node: Node) -> Expression:
    if node.is_leaf:
        return _literal(graph.value(node.index))
    return Call(node.kind, tuple(_term(graph, source) for source in node.arguments), node.options)


def _term(graph: Graph, index: int) -> Expression:
    """Return a node as it stands in a formula: its name, the value of a constant, or what it computes."""
    node = graph.nodes[index]
    return Name(node.name) if node.name else _call(graph, node)


def _literal(value: Array) -> Expression:
    value = np.asarray(value, dtype=np.float64)
    return ArrayLiteral(np.vectorize(_round)(value)) if value.ndim else Number(_rounded(value))


def _rounded(value: Array) -> float:
    return _round(float(value))


def _round(value: float) -> float:
    """Return a number as it is shown: short, but no whole one where it is none, as 0.99995 is not 1."""
    short = float(f"{value:.{_SHOWN_DIGITS}g}")
    if short != round(short) or abs(value - short) < _NOTHING or abs(value) >= 10 ** (_SHOWN_DIGITS - 1):
        return short
    return float(f"{value:.{_MOST_DIGITS}g}")


def _join(terms: list[Expression]) -> Expression:
    total = terms[0]
    for term in terms[1:]:
        total = Call("add", (total, term))
    return total
