"""Gradients by numbers alone, and how far two gradients are apart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tutor.engine.graph import Graph
from tutor.engine.nodes import Array

STEP = 1e-5
"""h of the central difference; near the best for float64 (error h² against rounding 1e-16 / h)."""


def central_difference(function: Callable[[], float], x: Array, h: float = STEP) -> Array:
    """Return dL/dx of `function`, which reads `x`, by (L(x + h) - L(x - h)) / 2h for every entry in turn.

    Each entry is put back before the next one is moved, even where `function` raises.
    """
    gradient = np.empty_like(x)
    for place in np.ndindex(x.shape):
        original = float(x[place])
        try:
            x[place] = original + h
            above = function()
            x[place] = original - h
            below = function()
        finally:
            x[place] = original
        gradient[place] = (above - below) / (2 * h)
    return gradient


def numerical_gradient(graph: Graph, name: str, h: float = STEP) -> Array:
    """Return dL/d(input) of a graph by central differences, for the upstream gradient it was last given.

    Raises GraphError for a node that is computed: the next forward pass would undo every move.
    """
    x, upstream = graph.input_buffer(name), graph.upstream

    def loss() -> float:
        return float(np.sum(graph.forward() * upstream))

    gradient = central_difference(loss, x, h)
    graph.forward()
    return gradient


def relative_error(analytic: Array, numeric: Array) -> float:
    """Return the largest |a - n| / max(|a|, |n|) of all entries; two zeros agree, NaN agrees with nothing."""
    largest = np.maximum(np.abs(analytic), np.abs(numeric))
    difference = np.abs(np.asarray(analytic) - numeric)
    return float(np.max(difference / np.where(largest == 0, 1.0, largest), initial=0.0))
