"""Starting values of the weights. Biases start at 0; a weight matrix is (inputs, units)."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from tutor.engine.nodes import Array, Shape

Initializer = Callable[[Shape, np.random.Generator, float], Array]
"""Makes the weights of one layer from their shape, a random generator and a scale."""


def zeros(shape: Shape, rng: np.random.Generator, scale: float) -> Array:
    """Return 0 everywhere: the units of a hidden layer then stay copies of each other."""
    return np.zeros(shape)


def constant(shape: Shape, rng: np.random.Generator, scale: float) -> Array:
    """Return `scale` everywhere, with the same fate as zeros."""
    return np.full(shape, scale)


def normal(shape: Shape, rng: np.random.Generator, scale: float) -> Array:
    """Return normal numbers of standard deviation `scale`."""
    return rng.standard_normal(shape) * scale


def xavier(shape: Shape, rng: np.random.Generator, scale: float) -> Array:
    """Return normal numbers of standard deviation √(1 / inputs), the form of Deep Learning from Scratch."""
    return rng.standard_normal(shape) * math.sqrt(1 / shape[0])


def he(shape: Shape, rng: np.random.Generator, scale: float) -> Array:
    """Return normal numbers of standard deviation √(2 / inputs), meant for ReLU (He et al., 2015)."""
    return rng.standard_normal(shape) * math.sqrt(2 / shape[0])


INITIALIZERS: Mapping[str, Initializer] = {
    "zeros": zeros,
    "constant": constant,
    "normal": normal,
    "xavier": xavier,
    "he": he,
}
"""Every initializer by name; `scale` means something to constant and normal alone."""
