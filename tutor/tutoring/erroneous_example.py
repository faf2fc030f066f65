"""An item worked by somebody with a misconception: the first wrong line is to be found and put right.

Erroneous examples pay off late and are no first contact (McLaren, Adams & Mayer 2015), so practice takes them
only for skills that were right before.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping

from tutor.course.mathematics import first_wrong, gradient_name
from tutor.course.model import FaultySolution, GraphFill, Prose
from tutor.engine.graph import Graph
from tutor.tutoring.exercise import Exercise
from tutor.tutoring.generating import Item, Say

FEWEST, MOST = 2, 6
"""Lines of a solution in which a wrong one can be looked for."""


def erroneous_example(
    item: Item, habits: Iterable[str], rng: random.Random, languages: Mapping[str, Say]
) -> FaultySolution | None:
    """Return an item with a misconception planted, one of `habits` if it can be; None where none fits.

    Only numbers are worked this way: lines of arrays would not be read.
    """
    step = item.step
    graph = Exercise(step).graph
    if (
        graph is None
        or not isinstance(step, GraphFill)
        or any(graph.value(name).ndim for name in graph.names)
    ):
        return None
    known = [habit for habit in habits if habit in step.mistakes]
    others = [mistake for mistake in step.mistakes if mistake not in known]
    rng.shuffle(others)
    for mistake in (*known, *others):
        solution = _planted(item, step, graph, mistake, languages)
        if solution is not None and first_wrong(solution, graph) not in (None, solution.show[0]):
            return solution
    return None


def _planted(
    item: Item, step: GraphFill, graph: Graph, mistake: str, languages: Mapping[str, Say]
) -> FaultySolution | None:
    forward = all(name in graph.names for name in step.ask)
    named = [node.name for node in graph.nodes if node.name]
    values = [name for name in named if not graph.nodes[graph.index(name)].is_leaf]
    output = graph.label(graph.output)
    gradients = [gradient_name(name) for name in reversed(named) if name != output]
    show = tuple(values if forward else gradients)
    if not FEWEST <= len(show) <= MOST:
        return None
    return FaultySolution(
        kind="bug",
        id=f"bug-{step.id}",
        skill=step.skill,
        statements=step.statements,
        inputs=dict(step.inputs),
        mistake=mistake,
        show=show,
        digits=step.digits,
        prose={language: _prose(say, mistake) for language, say in languages.items()},
        **({} if step.upstream is None else {"upstream": step.upstream}),
    )


def _prose(say: Say, mistake: str) -> Prose:
    parts = {"hint 1": say("practice.erroneous.hint_1"), "hint 2": say("practice.erroneous.hint_2")}
    return Prose(
        say("practice.erroneous.question"), {**parts, "why": say(f"misconceptions.{mistake}.principle")}
    )
