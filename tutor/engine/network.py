"""A fully connected network as an ordinary computation graph over one vector of parameters.

W1 is (inputs, units) and b1 (units,); z1 = X W1 + b1, h1 = activation(z1), …, y = output(z), L = loss.
All parameters are views into one flat vector in the order W1, b1, W2, b2, …, and so are their gradients.
Values are stored by columns with a row of ones
behind, so that one matrix product per layer does the weights and the bias.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from tutor.engine.expressions import Call, Name
from tutor.engine.formulas import Statement
from tutor.engine.gradient_check import STEP, central_difference
from tutor.engine.graph import Graph, Planting
from tutor.engine.nodes import NODES, Array, Shape, Step
from tutor.engine.nodes.matrices import with_ones

ACTIVATIONS = ("sigmoid", "tanh", "relu", "softplus", "identity")
OUTPUTS = ("identity", "sigmoid", "softmax")
LOSSES = ("half_sse", "sse", "mse", "cross_entropy")


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
            if self.batch_norm and number < len(self.layers) - 1:
                shapes[f"gamma{number}"] = shapes[f"beta{number}"] = (units,)
        return shapes

    @property
    def size(self) -> int:
        """How many parameters there are."""
        dense = sum((inputs + 1) * units for inputs, units in zip(self.layers, self.layers[1:], strict=False))
        return dense + (2 * sum(self.layers[1:-1]) if self.batch_norm else 0)

    @property
    def fused(self) -> bool:
        """Whether output and loss are one node that works from the logits, and y no node of the graph."""
        return self.loss == "cross_entropy" and self.output != "identity"

    def statements(self) -> tuple[Statement, ...]:
        """Return the network as statements in X, t and the parameters; the last one is the loss L."""
        last, below = len(self.layers) - 1, "X"
        found: list[Statement] = []
        for number in range(1, last + 1):
            z = f"z{number}"
            arguments = (Name(below), Name(f"W{number}"), Name(f"b{number}"))
            found.append(Statement(z, Call("affine", arguments)))
            below, function = z, self.activation if number < last else self.output
            if self.batch_norm and number < last:
                below = f"n{number}"
                scales = (Name(z), Name(f"gamma{number}"), Name(f"beta{number}"))
                found.append(Statement(below, Call("batch_norm", scales)))
            if function != "identity" and not (number == last and self.fused):
                before, below = below, f"h{number}" if number < last else "y"
                found.append(Statement(below, Call(function, (Name(before),))))
        loss = f"{self.output}_cross_entropy" if self.fused else self.loss
        return (*found, Statement("L", Call(loss, (Name(below), Name("t")))))


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
    """A network for batches of `rows` samples.

    `block` is (inputs + 1 + outputs, rows): X transposed, a row of ones, t transposed, so that a batch is
    brought in by one copy. `vector` is a parameter vector to share with another network, else a new one of 0.
    `planted` may replace the backward pass of any node; `extra` are further inputs for it to look at.
    """

    def __init__(
        self,
        architecture: Architecture,
        rows: int,
        vector: Array | None = None,
        *,
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
        leaves = {"X": self.X, "t": self.t, **self.parameters}
        self.graph = Graph.from_statements(
            architecture.statements(),
            {**{name: value.copy() for name, value in leaves.items()}, **extra},
            untrained=("X", "t", *extra),
            gradient_into=self.gradients,
            storage={**leaves, **self._layer_storage()},
            unit_upstream=True,
            planted=planted,
        )
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

    @property
    def forward_steps(self) -> tuple[Step, ...]:
        """The bound calls that bring the loss up to date with parameters and batch."""
        return self.graph.forward_steps

    @property
    def backward_steps(self) -> tuple[Step, ...]:
        """The bound calls that bring all gradients up to date, after a forward pass."""
        return self.graph.backward_steps

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
        """Return y for any samples, (samples, outputs), with the present parameters."""
        network = self._sibling(len(x))
        network.X[...] = x
        network.graph.forward()
        return np.array(network.prediction, order="C")

    def loss_on(self, x: Array, t: Array) -> float:
        """Return the loss on any samples, with the present parameters."""
        network = self._sibling(len(x))
        network.load(x, t)
        return float(network.graph.forward())

    def _sibling(self, rows: int) -> Network:
        if rows not in self._siblings:
            # Two sizes are asked for again and again: the data set and the grid of a decision boundary.
            if len(self._siblings) >= 4:
                self._siblings.clear()
            self._siblings[rows] = Network(self.architecture, rows, self.vector)
        return self._siblings[rows]
