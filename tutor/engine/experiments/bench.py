"""The gradient of a whole network by central differences: how far off for which h, and at what cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import numpy as np

from tutor.engine.experiments.arms import Arm, Measured
from tutor.engine.experiments.settings import Settings, one_of, require
from tutor.engine.experiments.step_sizes import (
    difference,
    error_curve,
    error_names,
    error_readings,
    rounded_forward,
)
from tutor.engine.initializers import INITIALIZERS
from tutor.engine.network import ACTIVATIONS, Architecture, Network

EXPONENTS = 12
"""h runs from 1e-1 to 1e-12."""


@dataclass(frozen=True, slots=True)
class BenchSettings(Settings):
    """A network, and the precision of every number on the way."""

    layers: tuple[int, ...] = (2, 16, 16, 1)
    activation: str = "tanh"
    samples: int = 32
    precision: str = "float64"
    weights: int = 40
    """How many of the parameters are checked for each h; the cost is that of all of them."""

    def check(self) -> None:
        """Bound the work."""
        one_of("activation", self.activation, ACTIVATIONS)
        one_of("precision", self.precision, ("float64", "float32"))
        require("samples", self.samples, 1, 1000)
        require("layers", len(self.layers), 2, 8)
        for units in self.layers:
            require("layers", units, 1, 256)
        require("samples", self.samples * sum(self.layers), 1, 1_000_000)
        require("weights", self.weights, 1, 1000)


class BenchArm(Arm):
    """A gradient check with smaller and smaller h, and the time that both ways to the gradient take.

    Readings: `error_1` … `error_12` the relative error |n − a| / (|n| + |a|) of the checked weights at
    h = 1e-1 … 1e-12, `best` the least and `best_at` its exponent, `parameters` how many there are, `backprop`
    and `numeric` the seconds that the gradient of all of them takes here, `ratio` one divided by the other.
    """

    kind, settings_type = "bench", BenchSettings
    settings: BenchSettings
    reads = (
        *error_names(EXPONENTS),
        *("parameters", "backprop", "numeric", "ratio"),
    )

    def __init__(self, name: str, settings: BenchSettings) -> None:
        super().__init__(name, settings)
        self._network = network = Network(
            Architecture(settings.layers, settings.activation, "sigmoid", "cross_entropy"), settings.samples
        )
        rng = np.random.default_rng(0)
        network.initialize(INITIALIZERS["xavier"], rng, 1.0)
        targets = (rng.uniform(size=network.t.shape) < 0.5).astype(np.float64)
        network.load(rng.standard_normal(network.X.shape), targets)
        if self._single:
            network.vector[:] = network.vector.astype(np.float32)
            network.X[...] = network.X.astype(np.float32)
        network.graph.forward()
        network.graph.backward()
        self._analytic = network.gradient_vector.copy()
        size = network.vector.size
        self._chosen = rng.permutation(size)[: min(settings.weights, size)]
        self.restart()

    @property
    def _single(self) -> bool:
        return self.settings.precision == "float32"

    @property
    def steps(self) -> int:
        """One step for each weight at each h."""
        return EXPONENTS * len(self._chosen)

    def restart(self) -> None:
        """Forget errors and times."""
        self.step_number = 0
        self._numeric = np.zeros((EXPONENTS, len(self._chosen)))
        self._backward: list[float] = []
        self._forward: list[float] = []

    def advance(self, steps: int) -> int:
        """Move the next weights by ± h."""
        first = self.step_number
        with np.errstate(all="ignore"):
            while self.step_number < min(first + steps, self.steps):
                exponent, k = divmod(self.step_number, len(self._chosen))
                self._numeric[exponent, k] = self._slope(int(self._chosen[k]), 10.0 ** -(exponent + 1))
                self.step_number += 1
        return self.step_number - first

    def _slope(self, index: int, h: float) -> float:
        network, start = self._network, float(self._network.vector[index])
        losses, ends = [], [start + h, start - h]
        for end in ends:
            network.vector[index] = np.float32(end) if self._single else end
            losses.append(self._loss())
        network.vector[index] = start
        started = perf_counter()
        for step in network.forward_steps:
            step()
        between = perf_counter()
        for step in network.backward_steps:
            step()
        self._backward.append(perf_counter() - started)
        self._forward.append(between - started)
        return difference(losses[0], losses[1], 2 * h, single=self._single)

    def _loss(self) -> float:
        if self._single:
            return rounded_forward(self._network.graph, {}, single=True)
        for step in self._network.forward_steps:
            step()
        return float(self._network.loss)

    def _errors(self) -> list[float]:
        done = self.step_number // len(self._chosen)
        true, found = self._analytic[self._chosen], self._numeric[:done]
        scale = np.abs(true) + np.abs(found)
        errors = np.abs(found - true) / np.where(scale == 0, 1.0, scale)
        return [float(error) for error in np.median(errors, axis=1)]

    def readings(self) -> Mapping[str, float]:
        """Return what is known so far."""
        size = self._network.vector.size
        backprop = median(self._backward) if self._backward else float("nan")
        numeric = 2 * size * median(self._forward) if self._forward else float("nan")
        return {
            **error_readings(self._errors(), EXPONENTS),
            "parameters": float(size),
            "backprop": backprop,
            "numeric": numeric,
            "ratio": numeric / backprop,
        }

    @property
    def measured(self) -> Measured:
        """The relative error, median of the checked weights, for every h so far."""
        return error_curve(self._errors())
