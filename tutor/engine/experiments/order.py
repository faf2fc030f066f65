"""Two ways to visit the nodes of a graph backward: by plain recursion, and in reverse topological order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tutor.engine.experiments.arms import Arm, Visit
from tutor.engine.experiments.settings import ExperimentError, Settings, one_of
from tutor.engine.formulas import Dialect, read_statements
from tutor.engine.graph import CONSTANT, Graph, GraphError
from tutor.engine.reading_errors import ReadingError

_MOST_VISITS = 400


@dataclass(frozen=True, slots=True)
class OrderSettings(Settings):
    """A graph of scalars with one input, and the order in which the backward pass visits it."""

    statements: tuple[str, ...]
    input: str = "a"
    value: float = 1.0
    order: str = "topological"

    def check(self) -> None:
        """Refuse what is no graph."""
        one_of("order", self.order, ("topological", "recursion"))
        _graph(self)


def _graph(settings: OrderSettings) -> Graph:
    targets = [piece.partition("=")[0].strip() for piece in settings.statements]
    known = (settings.input, *(target for target in targets if target.isidentifier()))
    try:
        statements = [
            statement
            for written in settings.statements
            for statement in read_statements(written, known, dialect=Dialect(closed=True))
        ]
        graph = Graph.from_statements(statements, {settings.input: settings.value})
    except ReadingError as error:
        raise ExperimentError("statements", "unreadable_formula", reason=error.code) from error
    except GraphError as error:
        raise ExperimentError("statements", error.code, name=error.subject) from error
    graph.forward()
    graph.backward()
    return graph


class OrderArm(Arm):
    """One backward pass, node by node.

    Plain recursion passes on what has arrived so far each time that something arrives, so that what came
    first is passed on again and again. Readings: `gradient` of the input, `passes` how many nodes were
    visited, `true` the gradient as it is.
    """

    kind, settings_type = "order", OrderSettings
    settings: OrderSettings
    reads = ("gradient", "passes", "true")

    def __init__(self, name: str, settings: OrderSettings) -> None:
        super().__init__(name, settings)
        self._graph = _graph(settings)
        self._visits = tuple(self._walk())

    def _walk(self) -> Iterator[Visit]:
        graph = self._graph
        gradients = {node.index: 0.0 for node in graph.nodes}
        waiting = {index: len(users) for index, users in graph.users.items()}
        gradients[graph.output] = float(graph.upstream)
        # Nothing flows back to a constant.
        varying = [node.index for node in graph.nodes if node.kind != CONSTANT]
        pending = [graph.output] if self.settings.order == "recursion" else varying
        visits = 0
        while pending and visits < _MOST_VISITS:
            index = pending.pop()
            visits += 1
            node = graph.nodes[index]
            yield Visit(graph.label(index), self._named(gradients), self._named(waiting, whole=True))
            sent = graph.pull(node, np.asarray(gradients[index])) if not node.is_leaf else ()
            reached = []
            for source, part in zip(node.arguments, sent, strict=False):
                if part is not None:
                    # A later arrival finds nothing left to wait for, however often it comes.
                    gradients[source] += float(part)
                    waiting[source] = max(0, waiting[source] - 1)
                    reached.append(source)
            if self.settings.order == "recursion":
                pending += reversed(reached)

    def _named(self, values: Mapping[int, Any], *, whole: bool = False) -> dict[str, Any]:
        names = {index: name for name, index in self._graph.names.items()}
        return {names[index]: int(x) if whole else float(x) for index, x in values.items() if index in names}

    @property
    def steps(self) -> int:
        """One step for each visit."""
        return len(self._visits)

    def restart(self) -> None:
        """Go back to the output."""
        self.step_number = 0

    def advance(self, steps: int) -> int:
        """Visit the next nodes."""
        first = self.step_number
        self.step_number = min(first + steps, self.steps)
        return self.step_number - first

    def readings(self) -> Mapping[str, float]:
        """Return the gradient of the input as of now."""
        seen = self._visits[: self.step_number]
        return {
            "gradient": seen[-1].gradients[self.settings.input] if seen else 0.0,
            "passes": float(len(seen)),
            "true": float(self._graph.gradient(self.settings.input)),
        }

    @property
    def visits(self) -> tuple[Visit, ...]:
        """The visits so far."""
        return self._visits[: self.step_number]
