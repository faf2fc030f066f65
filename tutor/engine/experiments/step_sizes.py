"""Numerical slopes for smaller and smaller h, h = 1e-1, 1e-2, …, and how far off each of them is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from tutor.engine.experiments.arms import Measured
from tutor.engine.graph import Graph
from tutor.engine.nodes import NODES, Array


def rounded_forward(graph: Graph, inputs: Mapping[str, float], *, single: bool) -> float:
    """Return the output of a graph for other inputs; with `single`, rounded to float32 after every node."""
    values: list[Array] = []
    for node in graph.nodes:
        if node.is_leaf:
            value = np.asarray(inputs.get(node.name or "", graph.value(node.index)), dtype=np.float64)
        else:
            value = NODES[node.kind].compute(
                [values[source] for source in node.arguments], dict(node.options)
            )
        values.append(value.astype(np.float32).astype(np.float64) if single else value)
    return float(values[graph.output])


def difference(above: float, below: float, width: float, *, single: bool) -> float:
    """Return (above − below) / width in float64 or float32."""
    if single:
        return float((np.float32(above) - np.float32(below)) / np.float32(width))
    return (above - below) / width


def error_names(exponents: int) -> tuple[str, ...]:
    """Return the readings of an arm that goes down to h = 10^-exponents: every error, the least and where."""
    return (*(f"error_{k}" for k in range(1, exponents + 1)), "best", "best_at")


def error_readings(errors: Sequence[float], exponents: int) -> dict[str, float]:
    """Return the errors so far by the names of `error_names`, NaN for what is still to come."""
    to_come = [float("nan")] * (exponents - len(errors))
    best = min(range(len(errors)), key=errors.__getitem__, default=None)
    least = (float("nan"),) * 2 if best is None else (errors[best], best + 1.0)
    return dict(zip(error_names(exponents), (*errors, *to_come, *least), strict=True))


def error_curve(errors: Sequence[float]) -> Measured:
    """Return the errors so far over their h, on logarithmic axes."""
    return Measured(10.0 ** -np.arange(1.0, len(errors) + 1), np.array(errors), log_x=True, log_y=True)
