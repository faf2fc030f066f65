"""Optimizers over one flat vector of parameters and one of gradients.

Each binds its update once, as steps over preallocated buffers: a network of any number of layers costs the
same few calls. w are the parameters, g the gradient, lr the learning rate; every operation is elementwise.
A new optimizer is one class here.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from tutor.engine.nodes import Array, Step
from tutor.engine.nodes.base import constant


@dataclass(frozen=True, slots=True)
class Hyperparameters:
    """The numbers that steer an optimizer; each optimizer reads those that it names."""

    learning_rate: float
    momentum: float = 0.9
    decay: float = 0.9
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8


class Optimizer(ABC):
    """An update rule bound to one vector of parameters and one of gradients.

    Running `steps` in order makes one update; `state` holds what is remembered between updates, and `rate`,
    a 0-d array, the learning rate, which may be changed between them.
    """

    name: ClassVar[str]
    reads: ClassVar[tuple[str, ...]] = ()
    """The hyperparameters that the rule reads, besides the learning rate."""
    learning_rate: ClassVar[float]
    """The learning rate where none is given."""

    def __init__(self, parameters: Array, gradient: Array, hyperparameters: Hyperparameters) -> None:
        self.hyperparameters = hyperparameters
        self.rate = np.array(hyperparameters.learning_rate, dtype=np.float64)
        self.state: dict[str, Array] = {}
        self.steps: tuple[Step, ...] = self.bind(parameters, gradient)

    @abstractmethod
    def bind(self, w: Array, g: Array) -> tuple[Step, ...]:
        """Return the steps of one update."""

    def update(self) -> None:
        """Make one update."""
        with np.errstate(all="ignore"):
            for step in self.steps:
                step()

    def remember(self, name: str, like: Array) -> Array:
        """Return a buffer of zeros that lasts from update to update."""
        self.state[name] = np.zeros_like(like)
        return self.state[name]

    def reset(self) -> None:
        """Forget everything, as before the first update."""
        for buffer in self.state.values():
            buffer.fill(0.0)
        self.rate.fill(self.hyperparameters.learning_rate)

    def adopt(self, other: Optimizer) -> None:
        """Remember what another optimizer of the same kind remembers."""
        for name, buffer in self.state.items():
            buffer[...] = other.state[name]
        self.rate[...] = other.rate


class SGD(Optimizer):
    """w ← w − lr·g."""

    name, learning_rate = "sgd", 0.1

    def bind(self, w: Array, g: Array) -> tuple[Step, ...]:
        """Bind the update."""
        change = np.empty_like(w)
        return (
            partial(np.multiply, g, self.rate, change),
            partial(np.subtract, w, change, w),
        )


class Momentum(Optimizer):
    """v ← μv − lr·g; w ← w + v (Deep Learning from Scratch 6.1.4, CS231n)."""

    name, reads, learning_rate = "momentum", ("momentum",), 0.01

    def bind(self, w: Array, g: Array) -> tuple[Step, ...]:
        """Bind the update."""
        v, change = self.remember("v", w), np.empty_like(w)
        return (
            partial(np.multiply, g, self.rate, change),
            partial(np.multiply, v, constant(self.hyperparameters.momentum), v),
            partial(np.subtract, v, change, v),
            partial(np.add, w, v, w),
        )


class Nesterov(Optimizer):
    """v ← μv − lr·g; w ← w + μv − lr·g with the new v.

    The form of CS231n (neural-networks-3: w += −μ·v_old + (1 + μ)·v) and of the code of Deep Learning from
    Scratch (w += μ²·v_old − (1 + μ)·lr·g): all three are equal. w is the point looked ahead to.
    """

    name, reads, learning_rate = "nesterov", ("momentum",), 0.01

    def bind(self, w: Array, g: Array) -> tuple[Step, ...]:
        """Bind the update."""
        v, change, ahead = self.remember("v", w), np.empty_like(w), np.empty_like(w)
        mu = constant(self.hyperparameters.momentum)
        return (
            partial(np.multiply, g, self.rate, change),
            partial(np.multiply, v, mu, v),
            partial(np.subtract, v, change, v),
            partial(np.multiply, v, mu, ahead),
            partial(np.subtract, ahead, change, ahead),
            partial(np.add, w, ahead, w),
        )


def _scaled_step(
    w: Array, g: Array, h: Array, change: Array, rate: Array, epsilon: float
) -> tuple[Step, ...]:
    """Return the steps of w ← w − lr·g / (√h + ε)."""
    return (
        partial(np.sqrt, h, change),
        partial(np.add, change, constant(epsilon), change),
        partial(np.divide, g, change, change),
        partial(np.multiply, change, rate, change),
        partial(np.subtract, w, change, w),
    )


class AdaGrad(Optimizer):
    """h ← h + g²; w ← w − lr·g / (√h + ε) (Duchi et al., 2011)."""

    name, reads, learning_rate = "adagrad", ("epsilon",), 0.1

    def bind(self, w: Array, g: Array) -> tuple[Step, ...]:
        """Bind the update."""
        h, change = self.remember("h", w), np.empty_like(w)
        return (
            partial(np.multiply, g, g, change),
            partial(np.add, h, change, h),
            *_scaled_step(w, g, h, change, self.rate, self.hyperparameters.epsilon),
        )


class RMSProp(Optimizer):
    """h ← ρh + (1 − ρ)g²; w ← w − lr·g / (√h + ε) (Tieleman & Hinton, 2012); ρ is `decay`."""

    name, reads, learning_rate = "rmsprop", ("decay", "epsilon"), 0.01

    def bind(self, w: Array, g: Array) -> tuple[Step, ...]:
        """Bind the update."""
        h, change = self.remember("h", w), np.empty_like(w)
        return (
            partial(np.multiply, g, g, change),
            partial(np.multiply, change, constant(1 - self.hyperparameters.decay), change),
            partial(np.multiply, h, constant(self.hyperparameters.decay), h),
            partial(np.add, h, change, h),
            *_scaled_step(w, g, h, change, self.rate, self.hyperparameters.epsilon),
        )


class Adam(Optimizer):
    """m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; w ← w − lr·m̂ / (√v̂ + ε) (Kingma & Ba, 2015, algorithm 1).

    m̂ = m / (1 − β₁ᵗ) and v̂ = v / (1 − β₂ᵗ) at update t. ε stands outside the root of the corrected v̂.
    """

    name, reads, learning_rate = "adam", ("beta1", "beta2", "epsilon"), 0.001

    def bind(self, w: Array, g: Array) -> tuple[Step, ...]:
        """Bind the update.

        With v̂ = v / c the change is (lr·√c / (1 − β₁ᵗ)) · m / (√v + ε√c), which corrects two scalars
        instead of two vectors.
        """
        beta1, beta2 = self.hyperparameters.beta1, self.hyperparameters.beta2
        m, v, change = self.remember("m", w), self.remember("v", w), np.empty_like(w)
        self._scale, self._epsilon = np.zeros(()), np.zeros(())
        self._powers = [1.0, 1.0]
        return (
            self._correct,
            partial(np.subtract, g, m, change),
            partial(np.multiply, change, constant(1 - beta1), change),
            partial(np.add, m, change, m),
            partial(np.multiply, g, g, change),
            partial(np.subtract, change, v, change),
            partial(np.multiply, change, constant(1 - beta2), change),
            partial(np.add, v, change, v),
            partial(np.sqrt, v, change),
            partial(np.add, change, self._epsilon, change),
            partial(np.divide, m, change, change),
            partial(np.multiply, change, self._scale, change),
            partial(np.subtract, w, change, w),
        )

    def _correct(self) -> None:
        powers = self._powers
        powers[0] *= self.hyperparameters.beta1
        powers[1] *= self.hyperparameters.beta2
        root = math.sqrt(1 - powers[1])
        self._scale.fill(self.rate.item() * root / (1 - powers[0]))
        self._epsilon.fill(self.hyperparameters.epsilon * root)

    def reset(self) -> None:
        """Forget everything, as before the first update."""
        super().reset()
        self._powers[:] = [1.0, 1.0]

    def adopt(self, other: Optimizer) -> None:
        """Remember what another one remembers, and how many updates it has made."""
        super().adopt(other)
        assert isinstance(other, Adam)
        self._powers[:] = other._powers


def clip_by_norm(gradient: Array, max_norm: float) -> Step:
    """Return the step that shortens a gradient to `max_norm` where it is longer (Pascanu et al., 2013).

    The direction stays: every entry is multiplied by max_norm / √Σ g². A gradient that is not finite gives
    NaN, so that the run ends as one that diverged.
    """

    def clip() -> None:
        norm = math.sqrt(gradient.dot(gradient))
        if norm == math.inf:
            # The squares overflow long before the entries do.
            np.divide(gradient, np.abs(gradient).max(), gradient)
            np.multiply(gradient, max_norm / math.sqrt(gradient.dot(gradient)), gradient)
        elif norm > max_norm:
            np.multiply(gradient, max_norm / norm, gradient)

    return clip


OPTIMIZERS: Mapping[str, type[Optimizer]] = {
    kind.name: kind for kind in (SGD, Momentum, Nesterov, AdaGrad, RMSProp, Adam)
}
"""Every optimizer by name."""
