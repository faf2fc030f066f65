"""The views of a network in training: what each looks at, and how it is drawn with its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from textual.content import Content

from tutor.tutoring.network_looks import (
    BoundaryLook,
    NormsLook,
    Observer,
    SpreadsLook,
    WeightsLook,
)
from tutor.ui.views.boundary import boundary_rows
from tutor.ui.views.histogram import histogram_rows
from tutor.ui.views.picture import Mark, Row, row
from tutor.ui.views.thermometer import thermometer_rows
from tutor.ui.views.weights import units, weights_rows

_BINS = 64
_WIDEST_PLANE = 3
"""Columns of a plane for each row: cells are twice as high as wide, and a little more shows more of it."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """The room that a view has, the place of its cursor, and the words of the learner's language."""

    width: int
    height: int
    cursor: int
    ascii_only: bool
    say: Callable[..., str]

    def words(self, name: str, **fields: object) -> list[Row]:
        """Return a sentence in at most two rows."""
        lines = Content(self.say(name, **fields)).wrap(max(8, self.width))
        return [row(Mark(line.plain, "axis")) for line in lines[:2]]


@dataclass(frozen=True, slots=True)
class View:
    """One view: `look` is asked beside the training, `draw` on the screen's side."""

    look: Callable[[Observer, int, int], Any]
    draw: Callable[[Any, Canvas], list[Row]]


def _plane(look: BoundaryLook, canvas: Canvas) -> list[Row]:
    wrong = int(np.sum(look.labels != look.found))
    return [
        *canvas.words("legend.plane", wrong=wrong, samples=len(look.labels)),
        *boundary_rows(look, ascii_only=canvas.ascii_only),
    ]


def _look_at_plane(observer: Observer, width: int, height: int) -> BoundaryLook | None:
    rows = height - 2
    return observer.boundary(min(width, rows * _WIDEST_PLANE), rows)


def _gradient(look: NormsLook, canvas: Canvas) -> list[Row]:
    said = canvas.words("legend.gradient" if look.ceiling is None else "legend.gradient_ceiling")
    return [*said, *thermometer_rows(look, min(canvas.width, 90), ascii_only=canvas.ascii_only)]


def _spread(look: SpreadsLook, canvas: Canvas) -> list[Row]:
    said = canvas.words("legend.spread")
    heads = canvas.say("legend.activations"), canvas.say("legend.gradients")
    room = canvas.height - len(said)
    return [*said, *histogram_rows(look, min(canvas.width, 100), room, heads, ascii_only=canvas.ascii_only)]


def _weights(look: WeightsLook, canvas: Canvas) -> list[Row]:
    said = canvas.words("legend.weights")
    all_units = units(look)
    chosen = all_units[canvas.cursor % len(all_units)]
    room = canvas.height - len(said)
    return [*said, *weights_rows(look, chosen, min(canvas.width, 90), room, ascii_only=canvas.ascii_only)]


VIEWS: Mapping[str, View] = {
    "plane": View(_look_at_plane, _plane),
    "gradient": View(lambda observer, width, height: observer.norms(), _gradient),
    "spread": View(lambda observer, width, height: observer.spreads(_BINS), _spread),
    "weights": View(lambda observer, width, height: observer.weights(), _weights),
}
"""Every view by name, in the order of their digits behind the curves."""

NAMES = ("loss", "right", *VIEWS)
"""All views that a network has, the two curves first."""
