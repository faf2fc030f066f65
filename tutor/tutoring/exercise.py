"""A step of a lesson at work: what it asks, computed and never stored."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from tutor.course.mathematics import graph_of, is_exact, right_options
from tutor.course.model import Choice, GraphFill, NumberEntry, Option, Ordering, Step
from tutor.tutoring.problem import Asked, Blank, Problem

__all__ = ["ANSWER", "ARRANGED", "CHOSEN", "Asked", "Blank", "Exercise"]

ANSWER, CHOSEN, ARRANGED = "answer", "chosen", "arranged"
"""The blanks of exercises that have only one: a number, the options marked, the nodes in order."""


class Exercise(Problem):
    """The problem that a step of a lesson poses."""

    def __init__(self, step: Step) -> None:
        self.step = step
        super().__init__(
            graph_of(step),
            quantity=step.quantity if isinstance(step, NumberEntry) else "",
            mistakes=step.mistakes if isinstance(step, GraphFill | NumberEntry) else (),
        )

    @cached_property
    def blanks(self) -> tuple[Blank, ...]:
        """The numbers to type, in the order asked."""
        match self.step:
            case GraphFill():
                return tuple(self._graph_blank(key, self.step.digits) for key in self.step.ask)
            case NumberEntry():
                truth, magnitude = self.computed_quantity(self.namespace), self.step.magnitude
                exact = not magnitude and is_exact(self.graph, truth)
                digits = self.step.digits
                return (Blank(ANSWER, Asked.QUANTITY, ANSWER, truth, digits, exact, magnitude),)
            case _:
                return ()

    def _graph_blank(self, key: str, digits: int) -> Blank:
        assert self.graph is not None
        if key in self.graph.names:
            return self.value_blank(key, digits)
        return self.gradient_blank(key[1:], digits)

    @property
    def options(self) -> tuple[Option, ...]:
        """The options of a choice."""
        return tuple(self.step.options) if isinstance(self.step, Choice) else ()

    def right_options(self) -> frozenset[str]:
        """Return the ids of the options that are right."""
        assert isinstance(self.step, Choice)
        return right_options(self.step, self.graph)

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
