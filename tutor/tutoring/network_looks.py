"""What can be seen of a network in training: arrays and numbers for the views of a lab, no drawing.

An observer works on a network of its own that shares the parameters, so that looking changes nothing of the
run. What it returns are copies; it may be asked in the thread that trains, between two steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tutor.engine.network import Network
from tutor.engine.nodes import Array
from tutor.engine.training import Training

STEEPEST: dict[str, float] = {"sigmoid": 0.25, "tanh": 1.0, "relu": 1.0, "softplus": 1.0, "identity": 1.0}
"""The largest derivative of each activation: the most of a gradient that it lets through."""


@dataclass(frozen=True, slots=True, eq=False)
class BoundaryLook:
    """The plane as the network divides it.

    `classes` and `sure` are (rows, columns), the first row at the top: the class each place is put into, and
    how sure the network is of it, from 0 at the boundary to 1. `x` is (samples, 2); `labels` and `found` hold
    the true class of each sample and the one it is put into. `low` and `high` are the corners of the plane.
    """

    classes: Array
    sure: Array
    x: Array
    labels: Array
    found: Array
    low: tuple[float, float]
    high: tuple[float, float]


@dataclass(frozen=True, slots=True)
class NormsLook:
    """The length of the gradient of each weight matrix, from the input to the loss.

    `ceiling` holds for each what would be left of the last one if every activation on the way back were at
    its steepest and the weights changed nothing; None where that is the same for all.
    """

    names: tuple[str, ...]
    norms: tuple[float, ...]
    ceiling: tuple[float, ...] | None


@dataclass(frozen=True, slots=True)
class Spread:
    """How the numbers of one array are spread: counts of equally wide bins from `low` to `high`.

    `quiet` is the share of numbers that tell nothing: a unit at a flat end or at 0, a gradient of 0.
    """

    name: str
    counts: tuple[int, ...]
    low: float
    high: float
    quiet: float


@dataclass(frozen=True, slots=True)
class SpreadsLook:
    """The activations of every hidden layer and the gradients of every weight matrix."""

    activations: tuple[Spread, ...]
    gradients: tuple[Spread, ...]


@dataclass(frozen=True, slots=True, eq=False)
class WeightsLook:
    """The weights, (inputs, units), and the biases, (units,), of each layer."""

    weights: tuple[Array, ...]
    biases: tuple[Array, ...]


Look = BoundaryLook | NormsLook | SpreadsLook | WeightsLook


class Observer:
    """Looks at one training run."""

    def __init__(self, training: Training) -> None:
        self.training = training
        self._network = Network(training.network.architecture, len(training.x), training.network.vector)
        self._network.load(training.x, training.t)

    def boundary(self, columns: int, rows: int) -> BoundaryLook | None:
        """Divide the plane into so many cells; None where the inputs are not two."""
        x, t = self.training.x, self.training.t
        if x.shape[1] != 2 or columns < 1 or rows < 1:
            return None
        margin = 0.15 * np.maximum(np.ptp(x, axis=0), 1e-9)
        low, high = x.min(axis=0) - margin, x.max(axis=0) + margin
        across = low[0] + (np.arange(columns) + 0.5) / columns * (high[0] - low[0])
        down = high[1] - (np.arange(rows) + 0.5) / rows * (high[1] - low[1])
        grid = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
        with np.errstate(all="ignore"):
            y, at_samples = np.nan_to_num(self._predict(grid)), np.nan_to_num(self._predict(x))
        classes, sure = _classes(y)
        return BoundaryLook(
            classes.reshape(rows, columns),
            sure.reshape(rows, columns),
            x.copy(),
            _classes(t)[0],
            _classes(at_samples)[0],
            (float(low[0]), float(low[1])),
            (float(high[0]), float(high[1])),
        )

    def _predict(self, x: Array) -> Array:
        return self.training.network.predict(x)

    def norms(self) -> NormsLook:
        """Return how long the gradients of all samples are, layer by layer."""
        self._backward()
        layers = len(self._network.architecture.layers) - 1
        gradients = [self._network.gradients[f"W{number}"] for number in range(1, layers + 1)]
        with np.errstate(all="ignore"):
            norms = [float(np.linalg.norm(gradient)) for gradient in gradients]
        architecture = self._network.architecture
        # Batch norm sets the scale anew before every activation: no ceiling follows from the slopes.
        return norms_look(norms, "identity" if architecture.batch_norm else architecture.activation)

    def spreads(self, bins: int) -> SpreadsLook:
        """Return how activations and gradients of all samples are spread."""
        self._backward()
        architecture, graph = self._network.architecture, self._network.graph
        hidden = range(1, len(architecture.layers) - 1)
        activations = []
        for number in hidden:
            name = f"h{number}" if f"h{number}" in graph.names else f"z{number}"
            values = np.array(graph.value(name))
            activations.append(_spread(name, values, bins, _quiet(values, architecture.activation)))
        gradients = []
        for name, gradient in self._network.gradients.items():
            if name[0] == "W":
                gradients.append(_spread(f"d{name}", gradient, bins, float(np.mean(gradient == 0))))
        return SpreadsLook(tuple(activations), tuple(gradients))

    def weights(self) -> WeightsLook:
        """Return the parameters."""
        parameters = self._network.parameters
        layers = range(1, len(self._network.architecture.layers))
        return WeightsLook(
            tuple(parameters[f"W{number}"].copy() for number in layers),
            tuple(parameters[f"b{number}"].copy() for number in layers),
        )

    def _backward(self) -> None:
        with np.errstate(all="ignore"):
            for step in (*self._network.forward_steps, *self._network.backward_steps):
                step()


def norms_look(norms: Sequence[float], activation: str) -> NormsLook:
    """Return the norms of the weight gradients, layer by layer, with the ceiling of the activation."""
    layers, steepest = len(norms), STEEPEST.get(activation, 1.0)
    names = tuple(f"W{number}" for number in range(1, layers + 1))
    ceiling = tuple(norms[-1] * steepest ** (layers - number) for number in range(1, layers + 1))
    return NormsLook(names, tuple(norms), ceiling if steepest < 1 and layers > 1 else None)


def _classes(y: Array) -> tuple[Array, Array]:
    """Return the class of each row and how sure it is: of one output around 1/2, else the largest."""
    if y.shape[1] == 1:
        return (y[:, 0] >= 0.5).astype(np.intp), np.clip(np.abs(2 * y[:, 0] - 1), 0.0, 1.0)
    two = np.sort(y, axis=1)[:, -2:]
    return y.argmax(axis=1), np.clip(two[:, 1] - two[:, 0], 0.0, 1.0)


def _quiet(values: Array, activation: str) -> float:
    if activation == "relu":
        return float(np.mean(values <= 0))
    if activation == "sigmoid":
        return float(np.mean(values * (1 - values) < 0.25 * 0.05))
    if activation == "tanh":
        return float(np.mean(1 - values * values < 0.05))
    return 0.0


def _spread(name: str, values: Array, bins: int, quiet: float) -> Spread:
    finite = values[np.isfinite(values)]
    if not finite.size:
        return Spread(name, (0,) * bins, 0.0, 0.0, quiet)
    low, high = float(finite.min()), float(finite.max())
    if not high - low > 1e-12 * max(abs(low), abs(high), 1e-300):
        half = max(abs(low), 1e-12) / 2
        low, high = low - half, high + half
    share = (finite / 2 - low / 2) / (high / 2 - low / 2)
    places = np.clip((share * bins).astype(np.intp), 0, bins - 1)
    return Spread(name, tuple(np.bincount(places.ravel(), minlength=bins).tolist()), low, high, quiet)
