"""Functions that somebody wrote down, as graphs with their slopes, for experiments without a network."""

from __future__ import annotations

import numpy as np

from tutor.engine.experiments.settings import ExperimentError
from tutor.engine.expressions import Expression, evaluate, names
from tutor.engine.formulas import Dialect, Statement, read_expression
from tutor.engine.graph import Graph
from tutor.engine.nodes import Array
from tutor.engine.reading_errors import ReadingError

AXES = ("x", "y")
"""What the values of a function are called."""


def read_function(formula: str, setting: str = "function") -> Expression:
    """Return a function of x, or of x and y; ExperimentError where the formula is none."""
    try:
        expression = read_expression(formula, AXES, dialect=Dialect(closed=True))
    except ReadingError as error:
        raise ExperimentError(setting, "unreadable_formula", reason=error.code) from error
    if "x" not in names(expression):
        raise ExperimentError(setting, "malformed", key=setting)
    return expression


def axes_of(function: Expression) -> tuple[str, ...]:
    """Return the names of the values that a function reads."""
    return AXES if "y" in names(function) else AXES[:1]


def height(function: Expression, *values: Array) -> Array:
    """Return a function of arrays, entry by entry."""
    with np.errstate(all="ignore"):
        found = evaluate(function, dict(zip(AXES, values, strict=False)))
    shape = np.broadcast_shapes(*(value.shape for value in values))
    return np.broadcast_to(np.asarray(found, dtype=np.float64), shape)


class Landscape:
    """A function as a graph over one vector `place`; `slope` is its gradient after `graph.backward`."""

    def __init__(self, function: Expression) -> None:
        axes = axes_of(function)
        self.place, self.slope = np.zeros(len(axes)), np.zeros(len(axes))
        values = {axis: self.place[k : k + 1].reshape(()) for k, axis in enumerate(axes)}
        slopes = {axis: self.slope[k : k + 1].reshape(()) for k, axis in enumerate(axes)}
        self.graph = Graph.from_statements(
            [Statement("L", function)],
            {axis: value.copy() for axis, value in values.items()},
            gradient_into=slopes,
            storage=values,
            unit_upstream=True,
        )
        self.loss = self.graph.value("L")
