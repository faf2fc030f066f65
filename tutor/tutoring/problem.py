"""A graph with blanks: the truth of each, and what every misconception would write instead."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np

from tutor.course.mathematics import (
    computed,
    gradient_name,
    gradient_target,
    is_exact,
    namespace,
    read_formula,
)
from tutor.engine.expressions import Expression, names
from tutor.engine.formulas import ReadingError
from tutor.engine.graph import Graph
from tutor.engine.misconceptions import MISCONCEPTIONS, backward_variants, forward_variants
from tutor.engine.misconceptions.conventions import Convention, conventions
from tutor.engine.nodes import Array
from tutor.engine.tolerance import DIGITS


class Asked(Enum):
    """What a blank asks for."""

    VALUE = "value"
    GRADIENT = "gradient"
    QUANTITY = "quantity"


@dataclass(frozen=True, slots=True)
class Blank:
    """One thing to type: its truth, and how exactly it must be met.

    `key` is the name that the learner sees: `z` for a value, `dx` for a gradient.
    """

    key: str
    asked: Asked
    node: str
    truth: Array
    digits: int = DIGITS
    exact: bool = False
    magnitude: bool = False


class Problem:
    """A graph, run forward and backward, and what is asked about it.

    `quantity` is the formula that a blank of that kind asks for; `mistakes` are the misconceptions that the
    problem was made to tell apart.
    """

    def __init__(self, graph: Graph | None, *, quantity: str = "", mistakes: tuple[str, ...] = ()) -> None:
        self.graph = graph
        self.quantity = quantity
        self.mistakes = mistakes
        self.points: dict[frozenset[int | None], list[Problem]] = {}
        """The same problem elsewhere, by what was moved: inputs by index, None for the upstream gradient."""

    @cached_property
    def blanks(self) -> tuple[Blank, ...]:
        """The numbers to type, in the order asked."""
        return ()

    @cached_property
    def namespace(self) -> Mapping[str, Array]:
        """Every value by name, every gradient as d<name>, and the upstream gradient."""
        return namespace(self.graph)

    @cached_property
    def wrong_answers(self) -> Mapping[str, Mapping[str, tuple[Array, ...]]]:
        """What each misconception writes into each blank, likeliest first: by blank, then by id."""
        return self.written_by(MISCONCEPTIONS)

    def written_by(self, ids: Iterable[str]) -> Mapping[str, Mapping[str, tuple[Array, ...]]]:
        """Return what some misconceptions write into each blank: by blank, then by id."""
        found: dict[str, dict[str, tuple[Array, ...]]] = {blank.key: {} for blank in self.blanks}
        if self.graph is None:
            return found
        gradients, values_ = self._nodes_asked
        behind, before = _reached(self.graph, gradients), _reached(self.graph, values_, back=True)
        for misconception in (MISCONCEPTIONS[id_] for id_ in ids):
            followed = (
                [variant.gradients for variant in backward_variants(self.graph, misconception, within=behind)]
                if gradients
                else []
            )
            valued = list(forward_variants(self.graph, misconception, within=before)) if values_ else []
            if not followed and not valued:
                continue
            for blank in self.blanks:
                values = self._answers(blank, followed, valued)
                if values:
                    found[blank.key][misconception.id] = tuple(values)
        return found

    def _answers(
        self, blank: Blank, followed: Sequence[Mapping[int, Array]], valued: Sequence[Mapping[int, Array]]
    ) -> list[Array]:
        """Return what a blank is under gradients by another rule, then under values by another rule."""
        assert self.graph is not None
        if blank.asked is Asked.QUANTITY:
            if target := gradient_target(self.graph, self.quantity):
                index = self.graph.index(target)
                finite = (by_node[index] for by_node in followed if index in by_node)
                return [value for value in finite if np.isfinite(value).all()]
            spaces = [*map(self._space_backward, followed), *map(self._space_forward, valued)]
            return [value for space in spaces if (value := self._answer_in(blank, space)) is not None]
        index = self.graph.index(blank.node)
        found = followed if blank.asked is Asked.GRADIENT else valued
        return [by_node[index] for by_node in found if index in by_node]

    @cached_property
    def _nodes_asked(self) -> tuple[frozenset[int], frozenset[int]]:
        """The nodes whose gradients are needed for the blanks, and those whose values are."""
        assert self.graph is not None
        gradients = {blank.node for blank in self.blanks if blank.asked is Asked.GRADIENT}
        values = {blank.node for blank in self.blanks if blank.asked is Asked.VALUE}
        if any(blank.asked is Asked.QUANTITY for blank in self.blanks):
            used = names(self._formula)
            gradients |= {name for name in self.graph.names if gradient_name(name) in used}
            values |= {name for name in self.graph.names if name in used}
        index = self.graph.index
        return frozenset(map(index, gradients)), frozenset(map(index, values))

    @cached_property
    def conventional_answers(self) -> Mapping[str, Sequence[tuple[Convention, str, Array]]]:
        """What is right under other conventions, by blank: which, about what, and the answer."""
        found: dict[str, list[tuple[Convention, str, Array]]] = {blank.key: [] for blank in self.blanks}
        graph = self.graph
        if graph is None:
            return found
        gradients, values_ = self._nodes_asked
        for convention in conventions():
            about = convention.applies_to(graph)
            if about is None:
                continue
            space = self._space_forward(convention.values(graph)) if values_ else {}
            if gradients:
                space |= self._space_backward(convention.gradients(graph))
            for blank in self.blanks:
                value = self._answer_in(blank, space)
                if value is not None:
                    found[blank.key].append((convention, about, value))
        return found

    def _answer_in(self, blank: Blank, space: Mapping[str, Array]) -> Array | None:
        if blank.asked is not Asked.QUANTITY:
            return space.get(blank.node if blank.asked is Asked.VALUE else gradient_name(blank.node))
        try:
            return self.computed_quantity({**self.namespace, **space})
        except ReadingError:  # a rule may lead to infinity, which nobody would type
            return None

    def _space_backward(self, gradients: Mapping[int, Array]) -> dict[str, Array]:
        assert self.graph is not None
        return {
            gradient_name(name): gradients[index]
            for name, index in self.graph.names.items()
            if index in gradients
        }

    def _space_forward(self, values: Mapping[int, Array]) -> dict[str, Array]:
        assert self.graph is not None
        return {name: values[index] for name, index in self.graph.names.items() if index in values}

    def elsewhere(self, graph: Graph) -> Problem:
        """Return the same problem about another run of its graph."""
        other = copy(self)
        for kept in ("blanks", "namespace", "wrong_answers", "conventional_answers"):
            other.__dict__.pop(kept, None)
        other.graph, other.points = graph, {}
        return other

    def value_blank(self, name: str, digits: int = DIGITS, key: str | None = None) -> Blank:
        """Return the blank for the value of a node."""
        assert self.graph is not None
        truth = self.graph.value(name)
        return Blank(key or name, Asked.VALUE, name, truth, digits, is_exact(self.graph, truth))

    def gradient_blank(self, name: str, digits: int = DIGITS, key: str | None = None) -> Blank:
        """Return the blank for the gradient of the output with respect to a node."""
        assert self.graph is not None
        truth = self.graph.gradient(name)
        return Blank(
            key or gradient_name(name), Asked.GRADIENT, name, truth, digits, is_exact(self.graph, truth)
        )

    def computed_quantity(self, space: Mapping[str, Array]) -> Array:
        """Return the quantity that is asked for, over a namespace."""
        return computed(self._formula, {name: space[name] for name in names(self._formula)})

    @cached_property
    def _formula(self) -> Expression:
        return read_formula(self.quantity, self.namespace)


def _reached(graph: Graph, start: Collection[int], *, back: bool = False) -> frozenset[int]:
    """Return these nodes and all that depend on them; with `back` all that they depend on."""
    seen, todo = set(start), list(start)
    while todo:
        node = todo.pop()
        near = graph.nodes[node].arguments if back else [edge.target for edge in graph.users[node]]
        todo += set(near) - seen
        seen |= set(near)
    return frozenset(seen)
