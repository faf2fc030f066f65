"""A frozen run as an exercise: one gradient of its graph to work out by hand, judged as in every lesson."""

from __future__ import annotations

from typing import Any

import numpy as np

from tutor.course.model import GraphFill, Prose
from tutor.course.prose import LANGUAGES
from tutor.engine.nodes import Array
from tutor.tutoring.exercise import Exercise
from tutor.tutoring.freeze import Frozen

_DIGITS = 4
_LARGEST = 40
"""Entries of the largest array that can be shown whole."""


def askable(frozen: Frozen) -> tuple[str, ...]:
    """Return the names whose gradient can be asked for; none where the network is too large to be shown."""
    if max(value.size for value in frozen.inputs.values()) > _LARGEST:
        return ()
    return tuple(name for name in frozen.askable if exercise_of(frozen, name) is not None)


def exercise_of(frozen: Frozen, name: str) -> Exercise | None:
    """Return the exercise that asks for the gradient of a name; None where it cannot be one.

    All values are given, and the gradients of the nodes behind this one, as they are known by then. The
    inputs are rounded to the digits that are shown, so that hand work comes out right.
    """
    graph = frozen.graph
    own = graph.index(name)
    known = [
        other
        for other, index in graph.names.items()
        if index > own and index != graph.output and not graph.nodes[index].is_leaf
    ]
    table: dict[str, Any] = {
        "kind": "graph",
        "id": "frozen",
        "skill": "frozen",
        "statements": frozen.statements,
        "inputs": {key: _rounded(value) for key, value in frozen.inputs.items()},
        "ask": (f"d{name}",),
        "known": tuple(f"d{other}" for other in known),
        "given": "values",
        "picture": "formulas",
    }
    try:
        step = GraphFill.model_validate(table)
    except ValueError:  # an array of more entries than an exercise may show
        return None
    return Exercise(step.model_copy(update={"prose": dict.fromkeys(LANGUAGES, Prose("", {}))}))


def _rounded(value: Array) -> Any:
    """Return an array as nested tuples, as an exercise takes it."""
    with np.errstate(all="ignore"):
        size = np.where(value == 0, 1.0, np.abs(value))
        scale = 10.0 ** (_DIGITS - 1 - np.floor(np.log10(size)))
        rounded = (np.round(value * scale) / scale).tolist()
    return _tuples(rounded)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
