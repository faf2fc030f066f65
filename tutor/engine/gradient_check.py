"""Gradients by numbers alone, and how far two gradients are apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tutor.engine.graph import Graph
from tutor.engine.nodes import Array

STEP = 1e-5
"""h of the central difference; near the best for float64 (error h² against rounding 1e-16 / h)."""


def central_difference(function: Callable[[], float], x: Array, h: float = STEP) -> Array:
    """Return dL/dx of `function`, which reads `x`, by moving every entry of `x` by ±h and putting it back."""
    gradient = np.empty_like(x)
    for place in np.ndindex(x.shape):
        original = float(x[place])
        x[place] = original + h
        above = function()
        x[place] = original - h
        below = function()
        x[place] = original
        gradient[place] = (above - below) / (2 * h)
    return gradient


def numerical_gradient(graph: Graph, name: str, h: float = STEP) -> Array:
    """Return dL/d(input) of a graph by central differences, for the upstream gradient it was last given."""
    upstream = graph.upstream

    def loss() -> float:
        return float(np.sum(graph.forward() * upstream))

    gradient = central_difference(loss, graph.value(name), h)
    graph.forward()
    return gradient


def relative_error(analytic: Array, numeric: Array) -> float:
    """Return max |a - n| / max(|a|, |n|); two zeros agree."""
    largest = np.maximum(np.abs(analytic), np.abs(numeric))
    difference = np.abs(np.asarray(analytic) - numeric)
    return float(np.max(difference / np.where(largest == 0, 1.0, largest), initial=0.0))
