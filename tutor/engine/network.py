"""A fully connected network as an ordinary computation graph over one vector of parameters.

W1 is (inputs, units) and b1 (units,); z1 = X W1 + b1, h1 = activation(z1), …, y = output(z), L = loss.
All parameters are views into one flat vector in the order W1, b1, W2, b2, …, and so are their gradients.
Values are stored by columns, with a row of ones behind them in memory, so that one matrix product per layer
does the weights and the bias.

With batch norm, training normalizes each batch by its own mean and variance. A prediction uses running means
of both (Ioffe & Szegedy, 2015), so the answer for one sample does not depend on the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import numpy as np

from tutor.engine.expressions import Call, Expression, Name, Number
from tutor.engine.formulas import Statement
from tutor.engine.gradient_check import STEP, central_difference
from tutor.engine.graph import Graph, Planting
from tutor.engine.initializers import Initializer
from tutor.engine.nodes import NODES, Array, Shape, Step
from tutor.engine.nodes.base import constant
from tutor.engine.nodes.matrices import with_ones
from tutor.engine.nodes.normalization import EPSILON

ACTIVATIONS = ("sigmoid", "tanh", "relu", "softplus", "identity")
OUTPUTS = ("identity", "sigmoid", "softmax")
LOSSES = ("half_sse", "sse", "mse", "cross_entropy")

RUNNING_MOMENTUM = 0.9
"""running = momentum · running + (1 − momentum) · batch, as in Keras; PyTorch calls the other share so."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """The shape of a network: units of each layer from input to output, and the functions in between."""

    layers: tuple[int, ...]
    activation: str
    output: str
    loss: str
    batch_norm: bool = False
    """Whether every hidden layer normalizes z before its function, with gamma and beta to be learned."""

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """The shape of each parameter, in the order of the flat vector."""
        shapes: dict[str, Shape] = {}
        for number, (inputs, units) in enumerate(zip(self.layers, self.layers[1:], strict=False), start=1):
            shapes[f"W{number}"], shapes[f"b{number}"] = (inputs, units), (units,)
            if number in self.normalized:
                shapes[f"gamma{number}"] = shapes[f"beta{number}"] = (units,)
        return shapes

    @property
    def normalized(self) -> tuple[int, ...]:
        """The layers that normalize, counted from 1."""
        return tuple(range(1, len(self.layers) - 1)) if self.batch_norm else ()

    @property
    def statistics(self) -> Mapping[str, Shape]:
        """The shape of the mean and the variance of each layer that normalizes."""
        return {
            f"{name}{number}": (self.layers[number],)
            for number in self.normalized
            for name in ("mean", "variance")
        }

    @property
    def size(self) -> int:
        """How many parameters there are."""
        dense = sum((inputs + 1) * units for inputs, units in zip(self.layers, self.layers[1:], strict=False))
        return dense + self.scales

    @property
    def scales(self) -> int:
        """How many entries gamma and beta of all layers have; as many have their means and variances."""
        return 2 * sum(self.layers[number] for number in self.normalized)

    @property
    def fused(self) -> bool:
        """Whether output and loss are one node that works from the logits, and y no node of the graph."""
        return self.loss == "cross_entropy" and self.output != "identity"

    def statements(self, *, given_statistics: bool = False) -> tuple[Statement, ...]:
        """Return the network as statements in X, t and the parameters; the last one is the loss L.

        With `given_statistics`, layers normalize by a mean and a variance that are inputs, too.
        """
        last, below = len(self.layers) - 1, "X"
        found: list[Statement] = []
        for number in range(1, last + 1):
            z = f"z{number}"
            arguments = (Name(below), Name(f"W{number}"), Name(f"b{number}"))
            found.append(Statement(z, Call("affine", arguments)))
            below, function = z, self.activation if number < last else self.output
            if number in self.normalized:
                below = f"n{number}"
                found.append(Statement(below, _normalized(number, given_statistics)))
            if function != "identity" and not (number == last and self.fused):
                before, below = below, f"h{number}" if number < last else "y"
                found.append(Statement(below, Call(function, (Name(before),))))
        loss = f"{self.output}_cross_entropy" if self.fused else self.loss
        return (*found, Statement("L", Call(loss, (Name(below), Name("t")))))


def _normalized(number: int, given_statistics: bool) -> Expression:
    z, gamma, beta = (Name(f"{name}{number}") for name in ("z", "gamma", "beta"))
    if not given_statistics:
        return Call("batch_norm", (z, gamma, beta))
    centred = Call("sub", (z, Name(f"mean{number}")))
    root = Call("sqrt", (Call("add", (Name(f"variance{number}"), Number(EPSILON))),))
    return Call("add", (Call("mul", (gamma, Call("div", (centred, root)))), beta))


def views(vector: Array, shapes: Mapping[str, Shape]) -> dict[str, Array]:
    """Return consecutive parts of a flat vector as arrays of these shapes."""
    found: dict[str, Array] = {}
    start = 0
    for name, shape in shapes.items():
        end = start + int(np.prod(shape))
        found[name] = vector[start:end].reshape(shape)
        start = end
    return found


class Network:
    """A network for batches of `rows` samples; its parameters are 0 until `initialize`.

    `block` is (inputs + 1 + outputs, rows): X transposed, a row of ones, t transposed, so that one copy
    brings in a whole batch. `vector` is the parameter vector of another network, to share it. `running` holds
    the running mean and variance of the layers that normalize; given those of another network, this one
    normalizes by them instead of by its batch. `planted` may replace the backward pass of any node; `extra`
    are further inputs, such as the learning rate, that a planted rule may read.
    """

    def __init__(
        self,
        architecture: Architecture,
        rows: int,
        vector: Array | None = None,
        *,
        running: Array | None = None,
        planted: Planting | None = None,
        extra: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        self.architecture, self.rows = architecture, rows
        inputs, outputs = architecture.layers[0], architecture.layers[-1]
        self.vector = np.zeros(architecture.size) if vector is None else vector
        self.gradient_vector = np.zeros(architecture.size)
        self.parameters = views(self.vector, architecture.shapes)
        self.gradients = views(self.gradient_vector, architecture.shapes)
        self.block = np.zeros((inputs + 1 + outputs, rows))
        self.block[inputs] = 1.0
        self.X, self.t = self.block[:inputs].T, self.block[inputs + 1 :].T
        self.running = np.zeros(architecture.scales) if running is None else running
        given = {} if running is None else views(self.running, architecture.statistics)
        leaves = {"X": self.X, "t": self.t, **self.parameters, **given}
        self.graph = Graph.from_statements(
            architecture.statements(given_statistics=running is not None),
            {**{name: value.copy() for name, value in leaves.items()}, **extra},
            untrained=("X", "t", *given, *extra),
            gradient_into=self.gradients,
            storage={**leaves, **self._layer_storage()},
            unit_upstream=True,
            planted=planted,
        )
        self.running_steps = self._running_steps() if running is None and architecture.normalized else ()
        """The bound calls that take a batch into the running means, after its forward pass."""
        self.loss = self.graph.value("L")
        self._siblings: dict[int, Network] = {}

    def _layer_storage(self) -> dict[str, Array]:
        storage: dict[str, Array] = {}
        for number, units in enumerate(self.architecture.layers[1:], start=1):
            storage[f"z{number}"] = with_ones(self.rows, units)
            storage[f"h{number}"] = with_ones(self.rows, units)
            if self.architecture.batch_norm:
                storage[f"n{number}"] = with_ones(self.rows, units)
        storage["y"] = np.empty((self.architecture.layers[-1], self.rows)).T
        return storage

    def _running_steps(self) -> tuple[Step, ...]:
        batch = np.empty(self.running.size)
        parts = views(batch, self.architecture.statistics)
        copies: list[Step] = []
        for number in self.architecture.normalized:
            mean, variance = self.graph.workspace(f"n{number}")[-2:]
            copies += [
                partial(np.copyto, parts[f"mean{number}"], mean),
                partial(np.copyto, parts[f"variance{number}"], variance),
            ]
        return (
            *copies,
            partial(np.multiply, batch, constant(1 - RUNNING_MOMENTUM), batch),
            partial(np.multiply, self.running, constant(RUNNING_MOMENTUM), self.running),
            partial(np.add, self.running, batch, self.running),
        )

    @property
    def forward_steps(self) -> tuple[Step, ...]:
        """The bound calls that bring the loss up to date with parameters and batch."""
        return self.graph.forward_steps

    @property
    def backward_steps(self) -> tuple[Step, ...]:
        """The bound calls that bring all gradients up to date, after a forward pass."""
        return self.graph.backward_steps

    def initialize(self, initializer: Initializer, rng: np.random.Generator, scale: float) -> None:
        """Draw the weights, layer by layer; gamma starts at 1, biases and beta at 0."""
        for name, parameter in self.parameters.items():
            if name.startswith("W"):
                parameter[...] = initializer(parameter.shape, rng, scale)
            else:
                parameter.fill(1.0 if name.startswith("gamma") else 0.0)

    def load(self, x: Array, t: Array) -> None:
        """Copy a batch, (rows, inputs) and (rows, outputs), into X and t."""
        self.X[...], self.t[...] = x, t

    def numerical_gradient(self, h: float = STEP) -> Array:
        """Return dL/d(parameter) for every entry of `vector` by central differences, on the batch at hand."""
        forward, loss = self.graph.forward_steps, self.loss.item

        def function() -> float:
            for step in forward:
                step()
            return loss()

        with np.errstate(all="ignore"):
            gradient = central_difference(function, self.vector, h)
            function()
        return gradient

    @property
    def prediction(self) -> Array:
        """y of the last forward pass, (rows, outputs)."""
        if "y" in self.graph.names:
            return self.graph.value("y")
        logits = self.graph.value(f"z{len(self.architecture.layers) - 1}")
        return NODES[self.architecture.output].compute([logits]) if self.architecture.fused else logits

    def predict(self, x: Array) -> Array:
        """Return y for any samples, (samples, outputs), with the present parameters and running means."""
        network = self._sibling(len(x))
        network.X[...] = x
        network.graph.forward()
        return np.array(network.prediction, order="C")

    def before_first_activation(self, x: Array) -> Array:
        """Return what the function of the first layer is given, (samples, units), as for a prediction."""
        network = self._sibling(len(x))
        network.X[...] = x
        network.graph.forward()
        return np.array(network.graph.value("n1" if self.architecture.normalized else "z1"))

    def loss_on(self, x: Array, t: Array) -> float:
        """Return the loss on any samples, with the present parameters and running means."""
        network = self._sibling(len(x))
        network.load(x, t)
        return float(network.graph.forward())

    def _sibling(self, rows: int) -> Network:
        if rows not in self._siblings:
            # Two sizes are asked for again and again: the data set and the grid of a decision boundary.
            if len(self._siblings) >= 4:
                self._siblings.clear()
            self._siblings[rows] = Network(self.architecture, rows, self.vector, running=self.running)
        return self._siblings[rows]
