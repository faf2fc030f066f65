"""What of its graph an exercise shows before it is answered; every interface shows the same."""

from __future__ import annotations

from dataclasses import dataclass

from tutor.course.mathematics import gradient_target, shown_values
from tutor.course.model import GraphFill, Ordering, Reading, ShapeFill, SignFill, Worked
from tutor.tutoring.exercise import Exercise


@dataclass(frozen=True, slots=True)
class Presented:
    """What is shown of a graph.

    `values` says whether those of the nodes are (inputs always are), `gradients` names whose are (None: all),
    `upstream` whether the gradient that arrives at the output is, `shapes` whether arrays stand as shapes,
    `formulas` whether it is told how a value is computed.
    """

    values: bool
    gradients: frozenset[str] | None
    upstream: bool
    shapes: bool = False
    formulas: bool = True


def presented(exercise: Exercise) -> Presented:
    """Return what is shown of the graph of an exercise."""
    step, graph = exercise.step, exercise.graph
    if isinstance(step, Reading) or graph is None:
        return Presented(True, None, True)
    known = step.known if isinstance(step, GraphFill) else ()
    targets = (gradient_target(graph, name) for name in known)
    return Presented(
        shown_values(step),
        frozenset(target for target in targets if target),
        _speaks_of_gradients(exercise),
        isinstance(step, ShapeFill),
        step.picture != "values",
    )


def _speaks_of_gradients(exercise: Exercise) -> bool:
    """Return whether the upstream gradient means anything here: not where all is about the forward pass."""
    step, graph = exercise.step, exercise.graph
    assert graph is not None
    if isinstance(step, ShapeFill) and graph.label(graph.output) in step.ask:
        return False  # its shape is that of the output
    if getattr(step, "upstream", None) is not None:
        return True
    match step:
        case GraphFill(ask=names) | SignFill(ask=names) | Worked(show=names):
            return any(gradient_target(graph, name) for name in names)
        case Ordering(direction=direction):
            return direction == "backward"
        case _:
            return any(f"d{name}" in exercise.quantity for name in graph.names)
