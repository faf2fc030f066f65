"""The mathematics of a step: its graph, its answers, and the numbers that its prose shows.

Every number of a lesson comes from here; a lesson file holds none that could be computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np

from tutor.course.model import (
    Choice,
    FaultySolution,
    FormulaEntry,
    GraphFill,
    NumberEntry,
    Option,
    Ordering,
    ShapeFill,
    SignFill,
    Step,
    Worked,
)
from tutor.course.prose import Field, fill_fields
from tutor.engine.expressions import Expression, Value, evaluate
from tutor.engine.formulas import Dialect, Statement, read_expression, read_statements
from tutor.engine.graph import Graph
from tutor.engine.misconceptions import MISCONCEPTIONS, backward_variants, forward_variants
from tutor.engine.nodes import NODES, Array
from tutor.engine.reading_errors import ReadingError
from tutor.engine.tolerance import agrees
from tutor.engine.written_numbers import array_text

UPSTREAM = "upstream"
"""What formulas of a lesson call the gradient that arrives at the output."""

DOUT = "dout"
"""What answers may call it too."""

CLOSED = Dialect(closed=True, joined=False)
"""What a lesson may write: no name that is not known, even when none is; a slip like `zz` is no product."""


# -- the graph -------------------------------------------------------------------------------------------


def statements_of(step: Step) -> tuple[Statement, ...]:
    """Return the statements of a step, read; ReadingError where one cannot be."""
    known = known_names(step)
    return tuple(
        statement
        for written in step.statements
        for statement in read_statements(written, known, dialect=CLOSED)
    )


def known_names(step: Step) -> tuple[str, ...]:
    """Return what the statements of a step may refer to: inputs, then what they seem to define."""
    targets = [
        piece.partition("=")[0].strip()
        for written in step.statements
        for piece in written.split(";")
        if "=" in piece
    ]
    return (*step.inputs, *(target for target in targets if target.isidentifier()))


def build(step: Step, statements: Sequence[Statement]) -> Graph:
    """Return the graph of statements, run forward and backward; GraphError where they are no graph."""
    inputs = {name: np.asarray(value, dtype=np.float64) for name, value in step.inputs.items()}
    graph = Graph.from_statements(statements, inputs)
    graph.forward()
    graph.backward(np.asarray(1.0 if step.upstream is None else step.upstream, dtype=np.float64))
    return graph


def graph_of(step: Step) -> Graph | None:
    """Return the graph of a step, run forward and backward; None where the step has no statements."""
    return build(step, statements_of(step)) if step.statements else None


def gradient_name(name: str) -> str:
    """Return what a lesson calls the gradient of the output with respect to a name."""
    return f"d{name}"


def namespace(graph: Graph | None) -> Mapping[str, Array]:
    """Return what the formulas of a step may use: values by name, gradients as `dx`, and `upstream`."""
    if graph is None:
        return {}
    return {
        UPSTREAM: graph.upstream,
        **{gradient_name(name): graph.gradient(name) for name in graph.names},
        **{name: graph.value(name) for name in graph.names},
    }


def gradient_target(graph: Graph, quantity: str) -> str | None:
    """Return the name whose gradient a quantity like `dx` is; None for a value."""
    if quantity in graph.names or not quantity.startswith("d"):
        return None
    return quantity[1:] if quantity[1:] in graph.names else None


# -- formulas over a graph -------------------------------------------------------------------------------


def read_formula(formula: str, names: Mapping[str, Array]) -> Expression:
    """Read a formula over a namespace, in which other names are refused; ReadingError where it cannot be."""
    return read_expression(formula, tuple(names), dialect=CLOSED)


def compute(formula: str, names: Mapping[str, Array]) -> Array:
    """Return the value of a formula over a namespace.

    Raises ReadingError where it cannot be read, where shapes do not fit, or where the result is not finite.
    """
    return computed(read_formula(formula, names), names)


def computed(expression: Expression, names: Mapping[str, Array]) -> Array:
    """Return the value of an expression over a namespace; ReadingError as in `compute`."""
    # A 0-d array is a scalar to the evaluation of formulas.
    bindings: dict[str, Value] = {name: float(x) if x.ndim == 0 else x for name, x in names.items()}
    try:
        value = np.asarray(evaluate(expression, bindings), dtype=np.float64)
    except (ValueError, IndexError) as error:
        raise ReadingError("shape", 1) from error
    if not np.isfinite(value).all():
        raise ReadingError("not_finite", 1)
    return value


# -- answers ---------------------------------------------------------------------------------------------


def answers(step: Step, graph: Graph | None) -> Mapping[str, Array]:
    """Return the right answer of every blank, by what is asked, in the order asked; empty without blanks."""
    names = namespace(graph)
    match step:
        case GraphFill() | ShapeFill() | SignFill():
            return MappingProxyType({asked: names[asked].copy() for asked in step.ask})
        case NumberEntry() | FormulaEntry():
            return MappingProxyType({step.quantity: compute(step.quantity, names)})
        case FaultySolution() if graph is not None:
            wrong = first_wrong(step, graph)
            return MappingProxyType({wrong: names[wrong].copy()} if wrong else {})
        case _:
            return MappingProxyType({})


def usable_names(step: FormulaEntry, graph: Graph) -> Mapping[str, Array]:
    """Return what an answer in a formula may use, `dout` for the upstream gradient among it.

    Where the step lists no names, these are all that is known before what is asked for: of a value, the
    values that lead to it; of a gradient, every value and the gradients it is made of.
    """
    names = {**namespace(graph), DOUT: graph.upstream}
    if step.names:
        return {name: names[name] for name in (*step.names, *((DOUT,) if UPSTREAM in step.names else ()))}
    target = gradient_target(graph, step.quantity)
    asked = target or step.quantity
    after = names_after(graph, graph.index(asked)) if asked in graph.names else set()
    unusable = set() if target else {asked, *after}
    gradients = {gradient_name(name) for name in graph.names if not target or name not in after}
    return {name: value for name, value in names.items() if name not in unusable | gradients}


def names_after(graph: Graph, index: int) -> set[str]:
    """Return the names of the nodes that a node leads to."""
    todo, found = [index], set[int]()
    while todo:
        users = {edge.target for edge in graph.users[todo.pop()]} - found
        found |= users
        todo += users
    return {name for name, place in graph.names.items() if place in found}


def planted(step: FaultySolution, graph: Graph) -> Mapping[str, Array]:
    """Return the lines of a faulty solution: each quantity shown, as somebody with the mistake writes it."""
    misconception, names = MISCONCEPTIONS[step.mistake], dict(namespace(graph))
    for values in forward_variants(graph, misconception):
        names |= {name: values[index] for name, index in graph.names.items()}
        break
    for followed in backward_variants(graph, misconception):
        gradients = {index: gradient_name(name) for name, index in graph.names.items()}
        names |= {
            gradients[index]: value for index, value in followed.gradients.items() if index in gradients
        }
        break
    return MappingProxyType({name: names[name] for name in step.show})


def first_wrong(step: FaultySolution, graph: Graph) -> str | None:
    """Return the first line of a faulty solution that is wrong; None where the mistake changes none."""
    names = namespace(graph)
    return next(
        (name for name, value in planted(step, graph).items() if not agrees(value, names[name], step.digits)),
        None,
    )


def is_exact(graph: Graph | None, truth: Array) -> bool:
    """Return whether an answer must be met exactly: a whole number made of whole numbers."""
    given = (
        []
        if graph is None
        else [graph.upstream, *(node.value for node in graph.nodes if node.value is not None)]
    )
    return all(
        bool(np.all(np.isfinite(value)) and np.all(value == np.round(value))) for value in (truth, *given)
    )


def right_options(step: Choice, graph: Graph | None) -> frozenset[str]:
    """Return the ids of the options that are right."""
    names = namespace(graph)
    return frozenset(option.id for option in step.options if is_right(option, names))


def is_right(option: Option, names: Mapping[str, Array]) -> bool:
    """Return whether an option is right: its claim is true, its node keeps that, or it states no mistake."""
    if option.claim is not None:
        return bool(compute(option.claim, names).all())
    if option.keeps is not None:
        return NODES[option.keeps].keeps.value == option.id
    return option.mistake is None


def shown_values(step: Step) -> bool:
    """Return whether the drawing of a step shows the values of its nodes."""
    if isinstance(step, SignFill):
        return not any(asked in set(known_names(step)) for asked in step.ask)
    if isinstance(step, FaultySolution):
        return not any(name in set(known_names(step)) for name in step.show)
    if not isinstance(step, GraphFill):
        return not isinstance(step, Worked | Ordering | ShapeFill)
    if step.given is not None:
        return step.given == "values"
    targets = set(known_names(step))
    return not any(asked in targets for asked in step.ask)


# -- numbers in prose ------------------------------------------------------------------------------------


def fill(text: str, graph: Graph | None) -> str:
    """Return the prose with the number of every field put in: as it is claimed, or else as it is computed.

    ReadingError where one cannot be computed.
    """
    names = namespace(graph)

    def shown(written: Field) -> str:
        return written.claimed if written.claimed is not None else array_text(compute(written.formula, names))

    return fill_fields(text, shown)
