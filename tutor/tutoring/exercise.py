"""A step of a lesson at work: what it asks, computed and never stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np

from tutor.course.arrangements import one_line_order
from tutor.course.mathematics import (
    first_wrong,
    gradient_target,
    graph_of,
    is_exact,
    is_right,
    planted,
)
from tutor.course.model import (
    Choice,
    FaultyCode,
    FaultySolution,
    FormulaEntry,
    GraphFill,
    LineOrder,
    NumberEntry,
    Option,
    Ordering,
    ShapeFill,
    SignFill,
    Step,
)
from tutor.engine.nodes import Array
from tutor.engine.tolerance import DIGITS
from tutor.tutoring.problem import Asked, Blank, Problem

__all__ = ["ANSWER", "ARRANGED", "CHOSEN", "MARKED", "Asked", "Blank", "Exercise"]

ANSWER, CHOSEN, ARRANGED, MARKED = "answer", "chosen", "arranged", "marked"
"""The blanks without a name of their own: what is typed, the options marked, what is put in order, a line."""


class Exercise(Problem):
    """The problem that a step of a lesson poses."""

    def __init__(self, step: Step) -> None:
        self.step = step
        match step:
            case GraphFill(mistakes=mistakes) | ShapeFill(mistakes=mistakes) | SignFill(mistakes=mistakes):
                quantity = ""
            case NumberEntry(quantity=quantity, mistakes=mistakes):
                pass
            case FormulaEntry(quantity=quantity, mistakes=mistakes):
                pass
            case FaultySolution(mistake=mistake):
                quantity, mistakes = "", (mistake,)
            case _:
                quantity, mistakes = "", ()
        super().__init__(graph_of(step), quantity=quantity, mistakes=mistakes)

    @cached_property
    def blanks(self) -> tuple[Blank, ...]:
        """What is typed, in the order asked."""
        match self.step:
            case GraphFill(ask=ask, digits=digits):
                return tuple(self.named_blank(key, digits) for key in ask)
            case ShapeFill(ask=ask) | SignFill(ask=ask):
                return tuple(self.named_blank(key) for key in ask)
            case NumberEntry(digits=digits, magnitude=magnitude):
                truth = self.computed_quantity(self.namespace)
                exact = not magnitude and is_exact(self.graph, truth)
                return (Blank(ANSWER, Asked.QUANTITY, ANSWER, truth, digits, exact, magnitude),)
            case FormulaEntry():
                return (self._formula_blank(),)
            case FaultySolution(digits=digits) if self.wrong_line:
                return (self.named_blank(self.wrong_line, digits, ANSWER),)
            case _:
                return ()

    def _formula_blank(self) -> Blank:
        assert self.graph is not None
        if self.quantity in self.graph.names or gradient_target(self.graph, self.quantity):
            return self.named_blank(self.quantity, key=ANSWER)
        return Blank(ANSWER, Asked.QUANTITY, ANSWER, self.computed_quantity(self.namespace))

    def named_blank(self, name: str, digits: int = DIGITS, key: str | None = None) -> Blank:
        """Return the value or gradient with this name as something to type."""
        assert self.graph is not None
        if name in self.graph.names:
            return self.value_blank(name, digits, key)
        return self.gradient_blank(name[1:], digits, key)

    @cached_property
    def solution(self) -> Mapping[str, Array]:
        """The lines of a faulty solution, with the numbers that the mistake leads to."""
        assert isinstance(self.step, FaultySolution)
        assert self.graph is not None
        return planted(self.step, self.graph)

    @cached_property
    def wrong_line(self) -> str:
        """The line to mark: what it computes, or its number in a block of code."""
        match self.step:
            case FaultySolution() if self.graph is not None:
                return first_wrong(self.step, self.graph) or ""
            case FaultyCode(line=line):
                return str(line)
            case _:
                return ""

    @property
    def options(self) -> tuple[Option, ...]:
        """The options of a choice, or the repairs of faulty code."""
        match self.step:
            case Choice(options=options) | FaultyCode(fix=options):
                return tuple(options)
            case _:
                return ()

    def right_options(self) -> frozenset[str]:
        """Return the ids of the options that are right."""
        return frozenset(option.id for option in self.options if is_right(option, self.namespace))

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
        """What is put in order, shuffled in a way that is the same every time and is not an answer."""
        if isinstance(self.step, LineOrder):
            right = one_line_order(self.step.lines)
            ids = [line.id for line in self.step.lines]
            return _shuffled(ids, lambda order: tuple(id_ for id_ in order if id_ in right) != right)
        assert self.graph is not None
        names = [node.name for node in self.graph.nodes if node.name and not node.is_leaf]
        return _shuffled(names, lambda order: self.misplaced(order) is not None)

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


def _shuffled(names: Sequence[str], wanted: Callable[[Sequence[str]], bool]) -> tuple[str, ...]:
    """Return the names in the first shuffled order that is wanted."""
    rng = np.random.default_rng(len(names))
    shuffled = list(names)
    for _ in range(20):
        shuffled = [names[k] for k in rng.permutation(len(names))]
        if wanted(shuffled):
            break
    return tuple(shuffled)
