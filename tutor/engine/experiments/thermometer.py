"""How large the gradient of every layer is in a deep network before its first update."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count

import numpy as np

from tutor.engine.experiments.arms import Arm, Measured
from tutor.engine.experiments.settings import Settings, one_of, require
from tutor.engine.initializers import INITIALIZERS
from tutor.engine.network import ACTIVATIONS, Architecture, Network
from tutor.engine.nodes import Array, Shape


@dataclass(frozen=True, slots=True)
class ThermometerSettings(Settings):
    """A network of `depth` layers of `width` units, all with the same function and the same kind of start."""

    activation: str = "sigmoid"
    initializer: str = "xavier"
    scale: float = 1.0
    batch_norm: bool = False
    depth: int = 10
    width: int = 64
    samples: int = 128
    seeds: int = 20

    def check(self) -> None:
        """Bound the work."""
        one_of("activation", self.activation, ACTIVATIONS)
        one_of("initializer", self.initializer, tuple(INITIALIZERS))
        require("scale", self.scale, 0, 100)
        require("depth", self.depth, 2, 15)
        require("width", self.width, 1, 128)
        require("samples", self.samples, 1, 256)
        require("seeds", self.seeds, 1, 100)


class ThermometerArm(Arm):
    """|dW| of every layer, for one random start after the other.

    X is normal; the gradient that arrives behind the last layer is normal, divided by the number of samples.
    Readings, means over the starts: `front` and `back` |dW| of the first and of the last layer, `ratio` the
    one divided by the other, geometric mean.
    """

    kind, settings_type = "thermometer", ThermometerSettings
    settings: ThermometerSettings
    reads = ("front", "back", "ratio")

    def __init__(self, name: str, settings: ThermometerSettings) -> None:
        super().__init__(name, settings)
        # A last layer that changes nothing, and the loss Σ (y − t)² / 2 with t = y − g, which sends back g.
        layers = (settings.width,) * (settings.depth + 2)
        self._network = Network(
            Architecture(layers, settings.activation, "identity", "half_sse", settings.batch_norm),
            settings.samples,
        )
        self.restart()

    @property
    def steps(self) -> int:
        """One step for each start."""
        return self.settings.seeds

    def restart(self) -> None:
        """Begin with the first start again."""
        self.step_number = 0
        self._norms = np.zeros((self.settings.seeds, self.settings.depth))

    def advance(self, steps: int) -> int:
        """Go forward and backward from the next starts."""
        first = self.step_number
        while self.step_number < min(first + steps, self.steps):
            self._norms[self.step_number] = self._measure(self.step_number)
            self.step_number += 1
        return self.step_number - first

    def _measure(self, seed: int) -> Array:
        settings, network, rng = self.settings, self._network, np.random.default_rng(seed)
        x = rng.standard_normal((settings.samples, settings.width))
        initializer, layer = INITIALIZERS[settings.initializer], count(1)

        def start(shape: Shape, chance: np.random.Generator, scale: float) -> Array:
            behind = next(layer) > settings.depth
            return np.eye(settings.width) if behind else initializer(shape, chance, scale)

        network.initialize(start, rng, settings.scale)
        network.load(x, np.zeros((settings.samples, settings.width)))
        network.graph.forward()
        pull = rng.standard_normal((settings.samples, settings.width)) / settings.samples
        network.load(x, network.prediction - pull)
        network.graph.forward()
        network.graph.backward()
        return np.array([np.linalg.norm(network.gradients[f"W{k}"]) for k in range(1, settings.depth + 1)])

    def readings(self) -> Mapping[str, float]:
        """Return the means over the starts so far."""
        if not self.step_number:
            return dict.fromkeys(self.reads, float("nan"))
        norms = self._norms[: self.step_number]
        with np.errstate(all="ignore"):
            ratio = np.exp(np.mean(np.log(norms[:, 0] / norms[:, -1])))
        return {"front": float(norms[:, 0].mean()), "back": float(norms[:, -1].mean()), "ratio": float(ratio)}

    @property
    def measured(self) -> Measured:
        """The mean |dW| of every layer, the first layer first."""
        norms = self._norms[: self.step_number]
        means = norms.mean(axis=0) if len(norms) else np.empty(0)
        return Measured(np.arange(1.0, len(means) + 1), means, log_y=True)
