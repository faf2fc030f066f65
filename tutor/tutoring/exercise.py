"""What a step asks: its blanks with the truth that the engine computes for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np

from tutor.course.mathematics import compute, gradient_name, graph_of, namespace, right_options
from tutor.course.model import Choice, GraphFill, NumberEntry, Option, Ordering, Step
from tutor.engine.formulas import ReadingError
from tutor.engine.graph import Followed, Graph
from tutor.engine.misconceptions import MISCONCEPTIONS, backward_variants, forward_variants
from tutor.engine.nodes import Array
from tutor.engine.tolerance import DIGITS

ANSWER, CHOSEN, ARRANGED = "answer", "chosen", "arranged"
"""The blanks of exercises that have only one: a number, the options marked, the nodes in order."""


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


class Exercise:
    """A step of a lesson at work: its graph, run forward and backward, and its blanks."""

    def __init__(self, step: Step) -> None:
        self.step = step
        self.graph: Graph | None = graph_of(step)

    @cached_property
    def blanks(self) -> tuple[Blank, ...]:
        """The numbers to type, in the order asked."""
        match self.step:
            case GraphFill():
                return tuple(self._graph_blank(key, self.step) for key in self.step.ask)
            case NumberEntry():
                truth, magnitude = self._quantity(self.namespace), self.step.magnitude
                exact = not magnitude and self._whole(truth)
                return (Blank(ANSWER, Asked.QUANTITY, ANSWER, truth, self._digits, exact, magnitude),)
            case _:
                return ()

    @cached_property
    def namespace(self) -> Mapping[str, Array]:
        """Every value by name, every gradient as d<name>, and the upstream gradient."""
        return namespace(self.graph)

    @property
    def quantity(self) -> str:
        """The formula that a number entry asks for."""
        return self.step.quantity if isinstance(self.step, NumberEntry) else ""

    @property
    def options(self) -> tuple[Option, ...]:
        """The options of a choice."""
        return tuple(self.step.options) if isinstance(self.step, Choice) else ()

    def right_options(self) -> frozenset[str]:
        """Return the ids of the options that are right."""
        assert isinstance(self.step, Choice)
        return right_options(self.step, self.graph)

    @property
    def mistakes(self) -> tuple[str, ...]:
        """The misconceptions that the step was made to tell apart."""
        return self.step.mistakes if isinstance(self.step, GraphFill | NumberEntry) else ()

    def misplaced(self, arranged: Sequence[str]) -> tuple[str, str] | None:
        """Return the first node that stands before one it needs, and that one; None in a right order."""
        assert isinstance(self.step, Ordering)
        assert self.graph is not None
        placed: set[str] = set()
        for name in arranged:
            missing = [needed for needed in self._needs(name) if needed not in placed]
            if missing:
                return name, missing[0]
            placed.add(name)
        return None

    @property
    def items(self) -> tuple[str, ...]:
        """The nodes to put in order, shuffled in a way that is the same every time and is not an answer."""
        assert self.graph is not None
        names = [node.name for node in self.graph.nodes if node.name and not node.is_leaf]
        rng = np.random.default_rng(len(names))
        shuffled = names
        for _ in range(20):
            shuffled = [names[k] for k in rng.permutation(len(names))]
            if self.misplaced(shuffled):
                break
        return tuple(shuffled)

    @cached_property
    def wrong_answers(self) -> Mapping[str, Mapping[str, tuple[Array, ...]]]:
        """What each misconception writes into each blank, likeliest first: by blank, then by id."""
        found: dict[str, dict[str, tuple[Array, ...]]] = {blank.key: {} for blank in self.blanks}
        if self.graph is None:
            return found
        for misconception in MISCONCEPTIONS.values():
            spaces = [
                self._space_backward(followed) for followed in backward_variants(self.graph, misconception)
            ]
            spaces += [self._space_forward(values) for values in forward_variants(self.graph, misconception)]
            for blank in self.blanks:
                values = [value for space in spaces if (value := self._answer_in(blank, space)) is not None]
                if values:
                    found[blank.key][misconception.id] = tuple(values)
        return found

    def _answer_in(self, blank: Blank, space: Mapping[str, Array]) -> Array | None:
        if blank.asked is not Asked.QUANTITY:
            value = space.get(blank.key)
            return None if value is None else np.asarray(value)
        try:
            return self._quantity({**self.namespace, **space})
        except ReadingError:  # a rule may lead to infinity, which nobody would type
            return None

    def _space_backward(self, followed: Followed) -> dict[str, Array]:
        assert self.graph is not None
        return {
            gradient_name(name): followed.gradients[index]
            for name, index in self.graph.names.items()
            if index in followed.gradients
        }

    def _space_forward(self, values: Mapping[int, Array]) -> dict[str, Array]:
        assert self.graph is not None
        return {name: values[index] for name, index in self.graph.names.items()}

    def _graph_blank(self, key: str, step: GraphFill) -> Blank:
        assert self.graph is not None
        if key in self.graph.names:
            truth = self.graph.value(key)
            return Blank(key, Asked.VALUE, key, truth, self._digits, self._whole(truth))
        truth = self.graph.gradient(key[1:])
        return Blank(key, Asked.GRADIENT, key[1:], truth, self._digits, self._whole(truth))

    @property
    def _digits(self) -> int:
        return self.step.digits if isinstance(self.step, GraphFill | NumberEntry) else DIGITS

    def _whole(self, truth: Array) -> bool:
        """Return whether an answer must be exact: a whole number made of whole numbers."""
        if self.graph is None:
            return _is_whole(truth)
        given = [node.value for node in self.graph.nodes if node.value is not None]
        return all(_is_whole(value) for value in (truth, self.graph.upstream, *given))

    def _quantity(self, space: Mapping[str, Array]) -> Array:
        return compute(self.quantity, space)

    def _needs(self, name: str) -> list[str]:
        """Return the named nodes that must come before `name` in this pass, however far away they are."""
        assert isinstance(self.step, Ordering)
        assert self.graph is not None
        graph, start = self.graph, self.graph.index(name)
        forward = self.step.direction == "forward"
        todo, seen, needed = [start], {start}, []
        while todo:
            index = todo.pop()
            near = (
                graph.nodes[index].arguments if forward else tuple(edge.target for edge in graph.users[index])
            )
            for other in near:
                node = graph.nodes[other]
                if other in seen or node.is_leaf:
                    continue
                seen.add(other)
                if node.name:
                    needed.append(node.name)
                else:
                    todo.append(other)
        return needed


def _is_whole(values: Array) -> bool:
    return bool(np.all(np.isfinite(values)) and np.all(values == np.round(values)))
