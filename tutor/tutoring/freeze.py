"""A run stopped in the middle and opened as the graph that it is, and two runs that go on from there.

One goes on truly; the other with the gradient that the learner wrote down for one node, or with the rule
behind it where that is known.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tutor.engine.expressions import to_text
from tutor.engine.graph import Graph
from tutor.engine.nodes import Array
from tutor.engine.planting import scaling
from tutor.engine.training import Training

MAX_ENTRIES = 24
"""Entries of a gradient that a person is asked for."""

FEWEST_NORMALIZED = 3
"""Samples of a network with batch norm: fewer would all be normalized to the same numbers, +1 and -1."""


class Course(StrEnum):
    """Where a gradient leads, beside the true one."""

    SAME = "same"
    LONGER = "longer"
    SHORTER = "shorter"
    """Part of the true one, down to nothing."""
    AGAINST = "against"
    """The other way, so uphill."""
    ASIDE = "aside"
    """Its entries are off by different factors."""


def course_of(gradient: Array, true: Array) -> tuple[Course, float]:
    """Return where a gradient leads, and by what factor it differs; NaN where there is no one factor."""
    if np.allclose(gradient, true, rtol=1e-3, atol=1e-3 * float(np.abs(true).max())):
        return Course.SAME, 1.0
    square = float(np.sum(true * true))
    factor = float(np.sum(gradient * true)) / square if square else float("nan")
    if not np.allclose(gradient, factor * true, rtol=1e-2, atol=1e-2 * float(np.abs(gradient).max())):
        return Course.ASIDE, float("nan")
    if factor < 0:
        return Course.AGAINST, factor
    return (Course.LONGER if factor > 1 else Course.SHORTER), factor


@dataclass(frozen=True, slots=True, eq=False)
class Frozen:
    """One moment of a run: the network as a graph with its present numbers, run forward and backward.

    `rows` are the samples in it, by their place in the batch; with fewer than all of them the loss and the
    gradients are those of these samples alone.
    """

    training: Training
    graph: Graph
    statements: tuple[str, ...]
    inputs: Mapping[str, Array]
    rows: tuple[int, ...]

    @property
    def step(self) -> int:
        """The step at which the run stands."""
        return self.training.step_number

    @property
    def askable(self) -> tuple[str, ...]:
        """The names whose gradients are few enough numbers to work out by hand, from the loss backward."""
        names = [*self.graph.names][::-1]
        output = self.graph.label(self.graph.output)
        return tuple(
            name
            for name in names
            if name not in ("X", "t", output) and self.graph.value(name).size <= MAX_ENTRIES
        )

    def truth(self, name: str) -> Array:
        """Return the true gradient of a name."""
        return self.graph.gradient(name).copy()

    def fork(self, name: str, gradient: Array, *, mistake: str | None = None) -> Fork:
        """Return both runs from here on; `gradient` is the learner's for a name, in the shape of its value.

        With `mistake` the learner's run follows that misconception at every step. Otherwise it repeats the
        entry itself: every gradient of this node is off by the same factor as now, or by the same amount
        where the true gradient is 0. ValueError for a shape that does not fit.
        """
        if mistake is not None:
            return Fork(self.training.fork(mistake=mistake), self.training.fork())
        true, wrong = self.truth(name), np.asarray(gradient, dtype=np.float64)
        if wrong.shape != true.shape:
            raise ValueError(f"{wrong.shape} against {true.shape}")
        zero = true == 0
        factor = np.where(zero, 1.0, wrong / np.where(zero, 1.0, true))
        offset = np.where(zero, wrong * self._share, 0.0)
        if name in self.training.network.parameters:
            mine = self.training.fork()
            mine.change_gradient(name, factor, offset)
        else:
            mine = self.training.fork(
                scaling(name, self._for_batch(name, factor), self._for_batch(name, offset))
            )
        return Fork(mine, self.training.fork())

    @property
    def _share(self) -> float:
        """What a gradient of these samples alone counts for in a loss that is a mean over the batch."""
        sums = self.training.config.loss in ("sse", "half_sse")
        return 1.0 if sums else len(self.rows) / self.training.network.rows

    def _for_batch(self, name: str, entries: Array) -> Array:
        """Return entries for every sample of the batch; those not in the graph get the mean of the others."""
        value = self.training.network.graph.value(name)
        if entries.shape == value.shape or entries.ndim < 2:
            return np.array(np.broadcast_to(entries, value.shape))
        whole = np.empty_like(value)
        whole[...] = entries.mean(axis=0)
        whole[list(self.rows)] = entries
        return whole


@dataclass(slots=True, eq=False)
class Fork:
    """Two runs from one moment: with the learner's gradient, and with the true one."""

    mine: Training
    true: Training

    def advance(self, steps: int) -> int:
        """Advance both and return how many steps the longer one made."""
        return max(run.advance(steps) for run in (self.mine, self.true))

    @property
    def gap(self) -> Array:
        """The loss of the learner's run minus the true one, at every step that both have made."""
        steps = min(self.mine.step_number, self.true.step_number) + 1
        with np.errstate(all="ignore"):
            return self.mine.losses[:steps] - self.true.losses[:steps]

    @property
    def finished(self) -> bool:
        """Whether neither run has a step left to make."""
        return self.mine.finished and self.true.finished


def freeze(training: Training, sample: int | None = 0) -> Frozen:
    """Return the present moment of a run as a graph: of one sample of the batch, or of all with None.

    With batch norm one sample has no spread to be divided by: it comes with the samples that follow it.
    """
    network = training.network
    some = min(network.rows, FEWEST_NORMALIZED) if training.config.batch_norm else 1
    rows = tuple(
        range(network.rows)
        if sample is None
        else ((sample + number) % network.rows for number in range(some))
    )
    statements = training.config.architecture.statements()
    inputs = {
        "X": network.X[list(rows)].copy(),
        "t": network.t[list(rows)].copy(),
        **training.parameters(),
    }
    graph = Graph.from_statements(statements, inputs, untrained=())
    graph.forward()
    graph.backward()
    written = tuple(f"{statement.target} = {to_text(statement.expression)}" for statement in statements)
    return Frozen(training, graph, written, inputs, rows)
