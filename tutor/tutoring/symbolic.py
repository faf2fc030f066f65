"""Judge a formula by its value at many points.

Every name keeps its meaning: a computed value is computed anew at each point, never drawn beside its inputs,
so that every form of the right formula is accepted and no near miss is. What a formula does not name stays
as it is given, so a number that was put in for a name is no mistake.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice

import numpy as np

from tutor.engine.expressions import Expression, evaluate, names
from tutor.engine.graph import INPUT, Graph
from tutor.engine.misconceptions import MISCONCEPTIONS
from tutor.engine.nodes import Array
from tutor.engine.tolerance import agrees
from tutor.tutoring.problem import Blank, Problem
from tutor.tutoring.transforms import NOT_ADDED_UP, Transformed, counts_in, shares_among, transform_of
from tutor.tutoring.verdict import ConventionMatch

POINTS = 8
EXPLAINED_AT = 3
"""Points at which a rule has to give a wrong formula's value to nine digits."""

UPSTREAM = ("dout", "upstream")
"""What the upstream gradient is called in formulas."""
_TRIES = 40
_DIGITS = 9
_CLASSIFIES = ("cross_entropy", "softmax_cross_entropy")
"""Losses whose second input holds the shares of the classes."""

Bindings = Callable[[Problem], Mapping[str, Array]]
"""What the names in a formula mean in a problem."""


def holds_everywhere(
    problem: Problem, blank: Blank, expression: Expression, bindings: Bindings, *, everything: bool = False
) -> bool:
    """Return whether a formula gives the truth wherever both are finite.

    `everything` moves what the formula does not name too: a number that was put in for a name is then wrong.
    """
    found = False
    for _, at, value in _values(problem, blank, expression, bindings, everything):
        if not agrees(value, at.truth, _DIGITS):
            return False
        found = True
    return found


def explanations(
    problem: Problem, blank: Blank, expression: Expression, bindings: Bindings, *, everything: bool = False
) -> tuple[str, ...]:
    """Return the ids of the misconceptions that give the formula's value at every point, likeliest first."""
    remaining: dict[str, int] | None = None
    for other, at, value in islice(_values(problem, blank, expression, bindings, everything), EXPLAINED_AT):
        written = other.written_by(MISCONCEPTIONS if remaining is None else remaining)
        matching = {
            id_: min(variant, 1)
            for id_, wrongs in written[blank.key].items()
            for variant, wrong in reversed(list(enumerate(wrongs)))
            if agrees(value, wrong, _DIGITS) and not agrees(wrong, at.truth, _DIGITS)
        }
        if remaining is None:
            remaining = matching
        else:
            remaining = {id_: max(rank, matching[id_]) for id_, rank in remaining.items() if id_ in matching}
        if not remaining:
            break
    listed = problem.mistakes
    return tuple(sorted(remaining or {}, key=lambda id_: ((remaining or {})[id_], id_ not in listed)))


def convention_of(
    problem: Problem, blank: Blank, expression: Expression, bindings: Bindings, *, everything: bool = False
) -> ConventionMatch | None:
    """Return the convention under which a formula that is not right here is right at every point."""
    remaining: dict[str, str] | None = None
    for other, _, value in islice(_values(problem, blank, expression, bindings, everything), EXPLAINED_AT):
        matching = {
            convention.id: about
            for convention, about, wanted in other.conventional_answers[blank.key]
            if (remaining is None or convention.id in remaining) and agrees(value, wanted, _DIGITS)
        }
        remaining = matching
        if not remaining:
            return None
    return next((ConventionMatch(id_, about) for id_, about in (remaining or {}).items()), None)


def transform_everywhere(
    problem: Problem, blank: Blank, expression: Expression, bindings: Bindings, *, everything: bool = False
) -> Transformed | None:
    """Return what a formula does to the right one at every point; None where that is nothing known."""
    found: Transformed | None = None
    for other, at, value in islice(_values(problem, blank, expression, bindings, everything), EXPLAINED_AT):
        assert other.graph is not None
        agree, counts = partial(agrees, value, digits=_DIGITS), counts_in(other.graph)
        shares = shares_among(other.written_by(NOT_ADDED_UP)[blank.key]) if at.truth.ndim < 2 else None
        here = transform_of(value, at.truth, agree, counts=counts, shares=shares)
        if here is None or (found is not None and here != found):
            return None
        found = here
    return found


def _values(
    problem: Problem, blank: Blank, expression: Expression, bindings: Bindings, everything: bool
) -> Iterator[tuple[Problem, Blank, Array]]:
    """Yield the problem at other points, with the blank there and what the formula gives."""
    assert problem.graph is not None
    free = _free(problem.graph, names(expression))
    if everything:
        # Where no name stands for the upstream gradient, the formula is meant for the one that is given.
        upstream = (None,) if any(name in UPSTREAM for name in bindings(problem)) else ()
        free = frozenset({*upstream, *(node.index for node in problem.graph.nodes)})
    found = 0
    for other in _moved_problems(problem, free):
        at = next(entry for entry in other.blanks if entry.key == blank.key)
        known = {name: value if value.ndim else float(value) for name, value in bindings(other).items()}
        with np.errstate(all="ignore"):
            value = np.asarray(evaluate(expression, known), dtype=np.float64)
        if np.isfinite(value).all() and np.isfinite(at.truth).all():
            yield other, at, value
            found += 1
        if found == POINTS:
            return


def _moved_problems(problem: Problem, free: frozenset[int | None]) -> Iterator[Problem]:
    """Yield the problem at one point after the other; what is worked out there is kept for all who ask."""
    assert problem.graph is not None
    points = problem.points.setdefault(free, [])
    for number in range(_TRIES):
        if number == len(points):
            rng = np.random.default_rng((len(problem.graph.nodes), number))
            points.append(problem.elsewhere(_moved(problem.graph, free, rng)))
        yield points[number]


def _free(graph: Graph, used: Sequence[str]) -> frozenset[int | None]:
    """Return the inputs that the used names depend on; None stands for the upstream gradient."""
    todo = [graph.names[name] for name in used if name in graph.names]
    if len(todo) < len(used):  # the upstream gradient, or a gradient that depends on everything
        others = [name for name in used if name not in graph.names and name not in UPSTREAM]
        todo += [node.index for node in graph.nodes] if others else []
        found: set[int | None] = {None}
    else:
        found = set()
    while todo:
        index = todo.pop()
        if index not in found:
            found.add(index)
            todo += graph.nodes[index].arguments
    return frozenset(found)


def shares_of_classes(graph: Graph) -> frozenset[int]:
    """Return the nodes that hold the shares of the classes of a loss; in a row they always add up to 1."""
    return frozenset(node.arguments[1] for node in graph.nodes if node.kind in _CLASSIFIES)


def _moved(graph: Graph, free: frozenset[int | None], rng: np.random.Generator) -> Graph:
    """Return the graph at another point: what is free keeps its sign, shares keep their sum."""
    shares = shares_of_classes(graph)
    inputs = {
        node.name: (_other_shares if node.index in shares else _elsewhere)(graph.value(node.index), rng)
        for node in graph.nodes
        if node.kind == INPUT and node.name and node.index in free
    }
    return graph.with_inputs(inputs, _elsewhere(graph.upstream, rng) if None in free else graph.upstream)


def _elsewhere(value: Array, rng: np.random.Generator) -> Array:
    scaled = value * rng.uniform(0.4, 1.9, value.shape)
    return np.where(value == 0, rng.uniform(-1.5, 1.5, value.shape), scaled)


def _other_shares(value: Array, rng: np.random.Generator) -> Array:
    moved = np.abs(_elsewhere(value, rng))
    return np.asarray(moved * value.sum(axis=-1, keepdims=True) / moved.sum(axis=-1, keepdims=True))
