"""What was done to the right answer, where no misconception explains a wrong one: a sign, a factor, an axis.

A transform says what a value looks like and not which rule led to it, so it is no diagnosis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from tutor.engine.graph import Graph
from tutor.engine.nodes import Array


class Transform(Enum):
    """What a wrong value is of the right one. The values name the sentences."""

    NEGATED = "negated"
    SOME_SIGNS = "some_signs"
    """Every size is right, and some of the signs are not."""
    TIMES = "times"
    OVER = "over"
    POWER_OF_TEN = "power_of_ten"
    TRANSPOSED = "transposed"
    REORDERED = "reordered"
    """The right entries at other places."""
    ONE_ROW = "one_row"
    ONE_COLUMN = "one_column"
    SUMMED = "summed"
    """An array whose rows or columns were added up, where each entry has a gradient of its own."""
    OTHER_AXIS = "other_axis"
    """A sum over the wrong axis."""
    ONE_SHARE = "one_share"
    """One of the contributions that should be added up."""


@dataclass(frozen=True, slots=True)
class Transformed:
    """A transform, and the factor or the number of the row, column or share that it is about, from 1."""

    transform: Transform
    count: int = 0


Agree = Callable[[Array], bool]
"""Whether the answer is this array, as closely as the blank wants it."""


def transform_of(
    answer: Array, truth: Array, agree: Agree, *, counts: Sequence[int] = (), shares: Array | None = None
) -> Transformed | None:
    """Return what was done to the truth, the likeliest first; None where nothing known was.

    `counts` are the numbers of rows, columns and entries by which it may be off; `shares` holds along its
    first axis what is added up to the truth.
    """
    if not truth.any():
        return None
    return next((found for found, value in _candidates(answer, truth, counts, shares) if agree(value)), None)


NOT_ADDED_UP = ("aff_db_matrix", "broadcast_no_sum")
"""Misconceptions that write down all contributions in place of their sum."""


def shares_among(written: Mapping[str, Sequence[Array]]) -> Array | None:
    """Return what is added up to a gradient, along a first axis, from what misconceptions write for it."""
    return next((written[id_][0] for id_ in NOT_ADDED_UP if id_ in written), None)


def counts_in(graph: Graph) -> tuple[int, ...]:
    """Return the numbers by which something in a graph may be divided: rows first, then all other lengths."""
    shapes = [graph.value(node.index).shape for node in graph.nodes]
    rows = [shape[0] for shape in shapes if len(shape) == 2]
    lengths = [length for shape in shapes for length in (*shape, int(np.prod(shape)))]
    return tuple(dict.fromkeys(length for length in (*rows, *lengths) if length > 1))


def _candidates(
    answer: Array, truth: Array, counts: Sequence[int], shares: Array | None
) -> Iterator[tuple[Transformed, Array]]:
    if answer.shape == truth.shape:
        yield Transformed(Transform.NEGATED), -truth
        for count in dict.fromkeys((*counts, 2)):
            yield Transformed(Transform.TIMES, count), truth * count
            yield Transformed(Transform.OVER, count), truth / count
        for factor in (10, 0.1, 100, 0.01, 1000, 0.001):
            yield Transformed(Transform.POWER_OF_TEN), truth * factor
    if truth.ndim == 2:
        yield Transformed(Transform.TRANSPOSED), truth.T
    if truth.ndim and answer.shape == truth.shape:
        yield Transformed(Transform.SOME_SIGNS), np.copysign(truth, answer)
        yield Transformed(Transform.REORDERED), _in_the_order_of(answer, truth)
    if truth.ndim == 2:
        for transform, lines in ((Transform.ONE_ROW, truth), (Transform.ONE_COLUMN, truth.T)):
            for number, line in enumerate(lines, start=1):
                yield Transformed(transform, number), _as_written(line, answer)
        for axis in (0, 1):
            yield Transformed(Transform.SUMMED), _as_written(truth.sum(axis=axis), answer)
    if truth.ndim and not answer.ndim:
        yield Transformed(Transform.SUMMED), np.asarray(truth.sum())
    if shares is not None and shares.ndim == truth.ndim + 1:
        for number, share in enumerate(shares, start=1):
            yield Transformed(Transform.ONE_SHARE, number), share
        if shares.ndim == 2:
            yield Transformed(Transform.OTHER_AXIS), shares.sum(axis=1)


def _as_written(line: Array, answer: Array) -> Array:
    """Return a row or a column in the shape of an answer that may hold it as a grid of one row or column."""
    return line.reshape(answer.shape) if 1 in answer.shape and answer.size == line.size else line


def _in_the_order_of(answer: Array, truth: Array) -> Array:
    """Return the entries of the truth put where the answer has those of the same rank."""
    placed = np.empty(truth.size)
    placed[np.argsort(answer, axis=None, kind="stable")] = np.sort(truth, axis=None)
    return placed.reshape(truth.shape)
