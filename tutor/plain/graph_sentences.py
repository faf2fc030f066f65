"""A computation graph as numbered sentences, one for each named value, in topological order."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tutor.course.mathematics import statements_of
from tutor.course.model import GraphFill, SignFill, Worked
from tutor.engine.expressions import to_text
from tutor.engine.nodes import Array
from tutor.engine.written_numbers import array_text, shape_text
from tutor.text import Text
from tutor.tutoring.exercise import Exercise
from tutor.tutoring.presented import presented


def graph_sentences(exercise: Exercise, text: Text, revealed: Collection[str] = ()) -> Iterator[str]:
    """Yield what an exercise shows of its graph, and nothing that it asks for.

    `revealed` are the values and gradients of a worked example that are open by now.
    """
    graph = exercise.graph
    if graph is None:
        return
    shown = presented(exercise)
    closed = _asked(exercise) - set(revealed)
    formulas = {
        statement.target: to_text(statement.expression, pretty=True).replace("−", "-")
        for statement in statements_of(exercise.step)
    }

    def written(value: Array) -> str:
        return shape_text(value.shape) if shown.shapes else array_text(value + 0.0)

    def is_open(name: str) -> bool:
        return name not in closed and (
            graph.nodes[graph.index(name)].is_leaf or shown.values or name in revealed
        )

    order = sorted(graph.names, key=lambda name: graph.index(name))
    told = [name for name in order if shown.formulas or is_open(name)]
    for number, name in enumerate(told, start=1):
        node = graph.nodes[graph.index(name)]
        value = written(graph.value(name)) if is_open(name) else ""
        computed = ("node" if is_open(name) else "closed") if shown.formulas else "value"
        kind = "input" if node.is_leaf else computed
        formula = formulas.get(name, "")
        parts = [text(f"plain.graph.{kind}", number=number, name=name, formula=formula, value=value)]
        gradient = written(graph.gradient(name))
        if node.index == graph.output and shown.upstream and f"d{name}" not in closed:
            parts.append(text("plain.graph.upstream", value=gradient))
        elif f"d{name}" not in closed and (
            shown.gradients is None or name in shown.gradients or f"d{name}" in revealed
        ):
            parts.append(text("plain.graph.gradient", name=name, value=gradient))
        yield " ".join(parts)


def _asked(exercise: Exercise) -> set[str]:
    match exercise.step:
        case GraphFill(ask=names) | SignFill(ask=names) | Worked(show=names):
            return set(names)
        case _:
            return set()
