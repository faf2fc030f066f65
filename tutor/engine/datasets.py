"""Data sets, each a rule of its own: the same seed gives the same points, whatever the network.

x is (samples, features). `labels` holds the class of each sample, 0, 1, …; a table has targets instead.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tutor.engine.nodes import Array

Labels = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """Samples with their class."""

    x: Array
    labels: Labels
    classes: int

    def targets(self, outputs: int) -> Array:
        """Return t, (samples, outputs): the class itself for one output, else one-hot rows."""
        if outputs == 1:
            return self.labels[:, None].astype(np.float64)
        return np.eye(outputs)[self.labels]


@dataclass(frozen=True, slots=True)
class DatasetKind:
    """How a data set is made.

    `make(samples, noise, classes, rng)` draws it. `fixed` sets know no samples, noise or seed.
    """

    make: Callable[[int, float, int, np.random.Generator], Dataset]
    features: int = 2
    classes: tuple[int, int] = (2, 2)
    """The fewest and the most classes that it can have."""
    noise: float = 0.0
    """The noise where none is given."""
    fixed: bool = False


_CORNERS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])


def _gate(*outputs: int) -> DatasetKind:
    def make(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Dataset:
        return Dataset(_CORNERS.copy(), np.array(outputs, dtype=np.intp), 2)

    return DatasetKind(make, fixed=True)


def _disc(square: float) -> Callable[[int, float, int, np.random.Generator], Dataset]:
    """Return what draws points evenly from [-1, 1]²; class 1 is the disc around 0 of this radius squared.

    Noise moves the points after they got their class.
    """

    def make(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Dataset:
        x = rng.uniform(-1, 1, (samples, 2))
        inside = np.sum(x * x, axis=1) < square
        return Dataset(x + noise * rng.standard_normal(x.shape), inside.astype(np.intp), 2)

    return make


def spiral(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Dataset:
    """Draw interleaved spiral arms, one for each class, from radius 0 to 1 over three quarters of a turn."""
    labels = np.arange(samples) % classes
    radius = np.sqrt(rng.uniform(0, 1, samples))
    angle = 2 * math.pi * (labels / classes + 0.75 * radius)
    x = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return Dataset(x + noise * rng.standard_normal(x.shape), labels, classes)


def moons(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Dataset:
    """Draw two half circles of radius 1 that reach into each other: class 0 above, class 1 below."""
    labels = np.arange(samples) % 2
    angle = rng.uniform(0, math.pi, samples)
    side = 1 - 2 * labels
    x = np.stack([side * np.cos(angle) + labels - 0.5, side * np.sin(angle) + 0.5 * labels - 0.25], axis=1)
    return Dataset(x + noise * rng.standard_normal(x.shape), labels, 2)


def gauss(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Dataset:
    """Draw one normal cloud for each class, centred evenly on the unit circle; noise is its deviation."""
    labels = np.arange(samples) % classes
    angle = 2 * math.pi * labels / classes
    centres = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return Dataset(centres + noise * rng.standard_normal(centres.shape), labels, classes)


_DIGITS = """
.###. ..#.. .###. ##### ...#. ##### ..##. ##### .###. .###.
#...# .##.. #...# ...#. ..##. #.... .#... ....# #...# #...#
#..## ..#.. ....# ..#.. .#.#. ####. #.... ...#. #...# #...#
#.#.# ..#.. ...#. ...#. #..#. ....# ####. ..#.. .###. .####
##..# ..#.. ..#.. ....# ##### ....# #...# .#... #...# ....#
#...# ..#.. .#... #...# ...#. #...# #...# .#... #...# ...#.
.###. .###. ##### .###. ...#. .###. .###. .#... .###. .##..
"""
_SIDE, _HEIGHT, _WIDTH = 8, 7, 5
_TURNED = 0.01


def _glyphs() -> Array:
    rows = [line.split() for line in _DIGITS.split("\n") if line]
    return np.array(
        [[[dot == "#" for dot in row[digit]] for row in rows] for digit in range(10)], dtype=float
    )


def digits(samples: int, noise: float, classes: int, rng: np.random.Generator) -> Dataset:
    """Draw dot-matrix digits 0 to 9 at random places of an 8×8 field; ink is 1, paper 0, before noise.

    One dot in a hundred has changed its colour.
    """
    glyphs, labels = _glyphs(), np.arange(samples) % 10
    x = np.zeros((samples, _SIDE, _SIDE))
    down = rng.integers(0, _SIDE - _HEIGHT + 1, samples)
    across = rng.integers(0, _SIDE - _WIDTH + 1, samples)
    for image, label, row, column in zip(x, labels, down, across, strict=True):
        image[row : row + _HEIGHT, column : column + _WIDTH] = glyphs[label]
    turned = rng.uniform(size=x.shape) < _TURNED
    x = np.where(turned, 1 - x, x) + noise * rng.standard_normal(x.shape)
    return Dataset(x.reshape(samples, -1), labels, 10)


DATASETS: Mapping[str, DatasetKind] = {
    "xor": _gate(0, 1, 1, 0),
    "and": _gate(0, 0, 0, 1),
    "or": _gate(0, 1, 1, 1),
    "circle": DatasetKind(_disc(2 / math.pi)),  # half of the square
    "disc": DatasetKind(_disc(0.5)),
    "spiral": DatasetKind(spiral, classes=(2, 8), noise=0.02),
    "moons": DatasetKind(moons, noise=0.1),
    "gauss": DatasetKind(gauss, classes=(2, 8), noise=0.3),
    "digits": DatasetKind(digits, features=64, classes=(10, 10), noise=0.15),
}
"""Every data set by name. The gates are the four corners in binary order, with 0 and 1 as classes."""


def draw(name: str, *, outputs: int, samples: int, noise: float | None, seed: int) -> Dataset:
    """Return the data set of this name; for several outputs it has as many classes where it can."""
    kind = DATASETS[name]
    classes = min(max(outputs, kind.classes[0]), kind.classes[1])
    rng = np.random.default_rng(seed)
    return kind.make(samples, kind.noise if noise is None else noise, classes, rng)
