"""The views of a network in training: what each looks at, and how it is drawn with its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tutor.engine.experiments.thermometer import ThermometerArm
from tutor.tutoring.network_looks import (
    BoundaryLook,
    NormsLook,
    Observer,
    SpreadsLook,
    WeightsLook,
    norms_look,
)
from tutor.ui.lab_steps import Subject
from tutor.ui.views.boundary import boundary_rows
from tutor.ui.views.histogram import histogram_rows
from tutor.ui.views.picture import Canvas, Row, View
from tutor.ui.views.thermometer import thermometer_rows
from tutor.ui.views.weights import units, weights_rows

_BINS = 64
_WIDEST_PLANE = 3
"""Columns of a plane for each row: cells are twice as high as wide, and a little more shows more of it."""


def _plane(look: BoundaryLook, canvas: Canvas) -> list[Row]:
    wrong = int(np.sum(look.labels != look.found))
    return [
        *canvas.words("legend.boundary", wrong=wrong, samples=len(look.labels)),
        *boundary_rows(look, ascii_only=canvas.ascii_only),
    ]


def _look_at_plane(observer: Observer, width: int, height: int) -> BoundaryLook | None:
    rows = height - 2
    return observer.boundary(min(width, rows * _WIDEST_PLANE), rows)


def _of_network(look: Callable[[Observer, int, int], Any]) -> Callable[[Subject, int, int], Any]:
    """Return a look at the network of a subject; there is nothing to see where it has none."""

    def at(subject: Subject, width: int, height: int) -> Any:
        return None if subject.observer is None else look(subject.observer, width, height)

    return at


def _gradient(look: NormsLook, canvas: Canvas) -> list[Row]:
    said = canvas.words(
        "legend.thermometer" if look.ceiling is None else "legend.thermometer_ceiling", most=3
    )
    return [*said, *thermometer_rows(look, min(canvas.width, 90), ascii_only=canvas.ascii_only)]


def _spread(look: SpreadsLook, canvas: Canvas) -> list[Row]:
    said = canvas.words("legend.histograms")
    heads = canvas.say("legend.activations"), canvas.say("legend.gradients")
    room = canvas.height - len(said)
    return [*said, *histogram_rows(look, min(canvas.width, 100), room, heads, ascii_only=canvas.ascii_only)]


def _weights(look: WeightsLook, canvas: Canvas) -> list[Row]:
    said = canvas.words("legend.weights")
    all_units = units(look)
    chosen = all_units[canvas.cursor % len(all_units)]
    room = canvas.height - len(said)
    return [*said, *weights_rows(look, chosen, min(canvas.width, 90), room, ascii_only=canvas.ascii_only)]


def _look_at_norms(subject: Subject, width: int, height: int) -> NormsLook | None:
    """Look at the network, or at the norms that an arm without one has measured."""
    if subject.observer is not None:
        return subject.observer.norms()
    arm = subject.arms[subject.chosen][1] if subject.arms else None
    if not isinstance(arm, ThermometerArm) or arm.measured is None or not arm.measured.y.size:
        return None
    settings = arm.settings
    return norms_look(arm.measured.y.tolist(), "identity" if settings.batch_norm else settings.activation)


NETWORK: Mapping[str, View] = {
    "boundary": View(_of_network(_look_at_plane), _plane),
    "thermometer": View(_look_at_norms, _gradient),
    "histograms": View(_of_network(lambda observer, width, height: observer.spreads(_BINS)), _spread),
    "weights": View(_of_network(lambda observer, width, height: observer.weights()), _weights),
}
"""Every view of a network, by name."""
