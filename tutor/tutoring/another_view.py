"""A skill that does not come, seen another way: worked out, each gradient checked by moving an input."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from tutor.course.model import GraphFill, Prose, Worked
from tutor.engine.gradient_check import numerical_gradient
from tutor.engine.graph import Graph
from tutor.engine.written_numbers import array_text
from tutor.tutoring.exercise import Exercise
from tutor.tutoring.generating import Item, Say


def worked_example(item: Item, languages: Mapping[str, Say], reason: str) -> Worked:
    """Return the worked example of an item: every value and every gradient of an input, one by one.

    `reason` names the sentence that begins it. Beside each gradient stands the central difference of the
    output, which knows nothing of the chain rule.
    """
    step = item.step
    graph = Exercise(step).graph
    assert graph is not None
    values = [node.name for node in graph.nodes if node.name and not node.is_leaf]
    asked = [name for name in step.ask if name not in values] if isinstance(step, GraphFill) else []
    inputs = [name for name in step.inputs if name in graph.names]
    gradients = list(dict.fromkeys([*asked, *(f"d{name}" for name in inputs)]))
    show = (*values, *gradients)
    prose = {language: _prose(show, graph, say, reason) for language, say in languages.items()}
    return Worked(
        kind="worked",
        id=step.id,
        statements=step.statements,
        inputs=dict(step.inputs),
        show=show,
        prose=prose,
        **({} if step.upstream is None else {"upstream": step.upstream}),
    )


def _prose(show: tuple[str, ...], graph: Graph, say: Say, reason: str) -> Prose:
    return Prose(say(f"practice.view.{reason}"), {name: _part(name, graph, say) for name in show})


def _part(name: str, graph: Graph, say: Say) -> str:
    if name in graph.names:
        return say("practice.view.value", name=name)
    of = name.removeprefix("d")
    node = graph.nodes[graph.index(of)]
    if not node.is_leaf:
        return say("practice.view.gradient", name=name)
    numeric = numerical_gradient(graph, of)
    return say("practice.view.check", name=of, numeric=array_text(np.round(numeric, 4)))
