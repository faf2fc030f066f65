"""How learners find out for themselves whether a gradient fits: move one number a little, and compare.

A gradient is that of the output times the upstream gradient, and of their sum where the output is an array.
"""

from __future__ import annotations

import numpy as np

from tutor.engine.graph import Graph
from tutor.engine.nodes import Array
from tutor.engine.written_numbers import number_text
from tutor.text import Text
from tutor.tutoring.problem import Blank
from tutor.tutoring.reading import Field, ReadingError, read_answer
from tutor.tutoring.verdict import BlankVerdict

NUDGE = 0.001
"""By how much a value is moved."""

_START_DIGITS = 6


def gradient_check(text: Text, graph: Graph, blank: BlankVerdict, asked: Blank) -> str:
    """Return what the learner's own number says about a small step, to be compared with what happens.

    `asked` is the gradient that the blank holds; where no number can be read, the step alone is told.
    """
    key, output = f"`{blank.key}`", graph.label(graph.output)
    typed = typed_array(blank.typed, asked.truth.shape)
    upstream = float(graph.upstream) if not graph.upstream.ndim else None
    if typed is None or upstream == 0:
        if upstream in (None, 1):
            return text("lesson.say.check_gradient", key=key, name=asked.node, goal=goal(text, graph))
        fields = {"name": asked.node, "output": output, "upstream": number_text(upstream)}
        return text("lesson.say.check_upstream", key=key, **fields)
    at = _entry_to_move(blank, typed)
    start, end = moved_apart(float(graph.value(asked.node)[at]))
    number = float(typed[at])
    scale = upstream or 1.0
    sentence = "nudge" if upstream in (None, 1) else "nudge_upstream"
    return text(
        f"lesson.say.{sentence if number else 'nudge_still'}",
        key=key,
        name=_place(text, asked.node, at),
        start=start,
        end=end,
        goal=goal(text, graph) if upstream is None else output,
        moved=number_text(float(f"{number / scale * NUDGE:.4g}")),
        upstream=number_text(scale),
    )


def goal(text: Text, graph: Graph) -> str:
    """Return what a gradient is the rate of: the output, or how it counts under the upstream gradient."""
    output = graph.label(graph.output)
    if graph.upstream.ndim:
        return text("lesson.say.goal_sum", output=output)
    upstream = float(graph.upstream)
    return output if upstream == 1 else f"{number_text(upstream)} × {output}"


def first_entry(text: Text, asked: Blank) -> str:
    """Return the value that is asked about, or its first entry with a gradient."""
    flat = asked.truth.reshape(-1)
    first = int(np.flatnonzero(flat)[0]) if flat.any() else 0
    return _place(text, asked.node, tuple(int(k) for k in np.unravel_index(first, asked.truth.shape)))


def moved_apart(start: float) -> tuple[str, str]:
    """Return a number and the same moved by NUDGE, with as many digits as the difference takes to see."""
    shown = float(f"{start:.{_START_DIGITS}g}")
    return f"{shown:.12g}", f"{shown + NUDGE:.12g}"


def typed_array(typed: str, shape: tuple[int, ...]) -> Array | None:
    """Return the numbers that were typed, in a shape; None for a formula, or where they do not fit."""
    try:
        value = np.asarray(read_answer(typed, Field.MATRIX if shape else Field.NUMBER).value)
    except ReadingError:
        return None
    return value.reshape(shape) if value.dtype == np.float64 and value.size == np.prod(shape) else None


def _entry_to_move(blank: BlankVerdict, typed: Array) -> tuple[int, ...]:
    """Return the place of the first entry that is not right, by its indices."""
    wrong = next((k for k, right in enumerate(blank.right_cells) if not right), 0)
    return tuple(int(k) for k in np.unravel_index(wrong, typed.shape))


def _place(text: Text, name: str, at: tuple[int, ...]) -> str:
    """Return a value, or one of its entries, counted from 1."""
    match at:
        case (number,):
            return text("lesson.say.entry", name=name, number=number + 1)
        case (row, column):
            return text("lesson.say.cell", name=name, row=row + 1, column=column + 1)
        case _:
            return name
