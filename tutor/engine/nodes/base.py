"""What every node kind offers: a shape, a forward pass, a backward pass, and local derivatives.

A node does its work as a list of *steps*: numpy calls bound once to preallocated buffers. Running a graph is
running its steps in order, so the nodes that a learner works by hand are the ones that train a network.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Shape = tuple[int, ...]
Options = Mapping[str, float]
Step = Callable[[], object]


def constant(value: float) -> Array:
    """Return a read-only 0-d array: numpy multiplies by it in half the time of a Python float."""
    array = np.array(value, dtype=np.float64)
    array.flags.writeable = False
    return array


ZERO, ONE, MINUS_ONE = constant(0.0), constant(1.0), constant(-1.0)


class Keeps(Enum):
    """What a node must remember of its forward pass to be able to go backward."""

    NOTHING = "nothing"
    INPUTS = "inputs"
    OUTPUT = "output"
    MASK = "mask"


@dataclass(frozen=True, slots=True)
class Slope:
    """The local derivative of a node with respect to one input, of the output's shape or a 0-d constant.

    `steps` bring `value` up to date after a forward pass; with steps, `value` is a buffer of its own that may
    be written over afterwards.
    """

    value: Array
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class Backward:
    """The backward pass of one node over fixed buffers.

    `contributions[k]` holds dL/d(input k) along this edge, or None where nobody asked for it.
    """

    steps: tuple[Step, ...]
    contributions: tuple[Array | None, ...]


@dataclass(frozen=True, slots=True)
class Wiring:
    """The buffers that one node works on.

    `wanted[k]` says whether the gradient of input k is needed; `into[k]` is where it has to be put, or None
    where the node may choose (an add node then hands on its upstream buffer without a copy).
    """

    inputs: tuple[Array, ...]
    output: Array
    upstream: Array
    wanted: tuple[bool, ...]
    into: tuple[Array | None, ...]
    options: Options
    workspace: tuple[Array, ...] = ()
    """What the forward pass has left behind for this one, or nothing where it was not asked to."""

    def target(self, k: int) -> Array:
        """Return the buffer for the contribution to input k."""
        given = self.into[k]
        return np.empty_like(self.inputs[k]) if given is None else given


class NodeKind(ABC):
    """One kind of node. A subclass with a `name` enters the registry when it is registered."""

    name: ClassVar[str]
    symbol: ClassVar[str]
    inputs: ClassVar[tuple[str, ...]] = ("x",)
    """What the inputs are called in `gradients`."""
    gradients: ClassVar[tuple[str, ...]]
    """What flows back to each input, as formulas in the inputs, `out` and the upstream gradient `dout`;
    N is the number of rows, n the number of entries."""
    keeps: ClassVar[Keeps] = Keeps.INPUTS
    domain: ClassVar[tuple[float, float]] = (-2.0, 2.0)
    """Inputs between these bounds are legal; tests draw from them."""
    kink: ClassVar[bool] = False
    """Whether the derivative jumps: where an input is 0, or where two inputs are equal."""
    example_shapes: ClassVar[tuple[tuple[Shape, ...], ...]] = ()
    """Shapes of the inputs that the gradient check tries."""

    @property
    def arity(self) -> int:
        """How many inputs the node has."""
        return len(self.inputs)

    @abstractmethod
    def output_shape(self, shapes: Sequence[Shape], options: Options) -> Shape:
        """Return the shape of the output; raise ValueError where the inputs do not fit together."""

    @abstractmethod
    def forward(self, output: Array, inputs: Sequence[Array], options: Options) -> tuple[Step, ...]:
        """Return the steps that write the node's value into `output`."""

    @abstractmethod
    def backward(self, wiring: Wiring) -> Backward:
        """Return the steps that turn the upstream gradient into one contribution per wanted input."""

    def workspace(self, inputs: Sequence[Array]) -> tuple[Array, ...]:
        """Return the buffers in which the forward pass leaves what the backward pass would compute again."""
        return ()

    def forward_into(
        self, output: Array, inputs: Sequence[Array], options: Options, workspace: Sequence[Array]
    ) -> tuple[Step, ...]:
        """Return the steps of the forward pass, filling a workspace on the way."""
        return self.forward(output, inputs, options)

    def compute(self, inputs: Sequence[Array], options: Options | None = None) -> Array:
        """Return the node's value for these inputs, in a new array."""
        options = options or {}
        arrays = tuple(np.asarray(value, dtype=np.float64) for value in inputs)
        output = np.empty(self.output_shape([array.shape for array in arrays], options))
        with np.errstate(all="ignore"):
            for step in self.forward(output, arrays, options):
                step()
        return output


class Remembering(NodeKind):
    """A node whose forward pass leaves what the backward pass needs in a workspace.

    Its forward pass is `forward_into`; `forward` runs that on a workspace which nobody reads.
    """

    def forward(self, output: Array, inputs: Sequence[Array], options: Options) -> tuple[Step, ...]:
        """Return the steps of the forward pass on a workspace of their own."""
        return self.forward_into(output, inputs, options, self.workspace(inputs))

    @abstractmethod
    def forward_into(
        self, output: Array, inputs: Sequence[Array], options: Options, workspace: Sequence[Array]
    ) -> tuple[Step, ...]:
        """Return the steps of the forward pass, filling a workspace on the way."""


class Elementwise(NodeKind):
    """A node that works entry by entry: dL/dx = dL/dy · (local derivative), summed where x was broadcast."""

    def output_shape(self, shapes: Sequence[Shape], options: Options) -> Shape:
        """Return the broadcast shape."""
        return np.broadcast_shapes(*shapes)

    @abstractmethod
    def local(self, output: Array, inputs: Sequence[Array]) -> Sequence[Callable[[], Slope]]:
        """Return, per input, a recipe for its local derivative; only the wanted ones are followed."""

    def backward(self, wiring: Wiring) -> Backward:
        """Multiply the upstream gradient by each local derivative."""
        steps: list[Step] = []
        contributions: list[Array | None] = []
        recipes = self.local(wiring.output, wiring.inputs)
        for k, (x, recipe) in enumerate(zip(wiring.inputs, recipes, strict=True)):
            if not wiring.wanted[k]:
                contributions.append(None)
                continue
            slope = recipe()
            steps += slope.steps
            if slope.value is ONE and x.shape == wiring.output.shape and wiring.into[k] is None:
                contributions.append(wiring.upstream)
                continue
            scratch = bool(slope.steps) and wiring.into[k] is None and slope.value.shape == x.shape
            target = slope.value if scratch else wiring.target(k)
            full = target if x.shape == wiring.output.shape else np.empty(wiring.output.shape)
            steps.append(partial(np.multiply, wiring.upstream, slope.value, full))
            if full is not target:
                steps.append(sum_to(full, target))
            contributions.append(target)
        return Backward(tuple(steps), tuple(contributions))


def product(left: Array, right: Array, output: Array) -> Step:
    """Return the step of a matrix product, whichever way round the output lies in memory."""
    if output.flags.c_contiguous:
        return partial(left.dot, right, output)
    if output.T.flags.c_contiguous:
        return partial(right.T.dot, left.T, output.T)
    return partial(np.matmul, left, right, output)


def sum_of_products(x: Array, y: Array, output: Array) -> tuple[Step, ...]:
    """Return the steps of Σ x · y over all entries of two arrays of one shape, into a 0-d array."""
    if x.flags.c_contiguous and y.flags.c_contiguous:
        return (partial(x.reshape(-1).dot, y.reshape(-1), output),)
    if x.T.flags.c_contiguous and y.T.flags.c_contiguous:
        return sum_of_products(x.T, y.T, output)
    products = np.empty(x.shape)
    return partial(np.multiply, x, y, products), partial(np.sum, products, out=output)


def sum_to(full: Array, target: Array) -> Step:
    """Return the step that sums `full` over the axes along which `target` was broadcast."""
    if full.ndim == 2 and target.shape == full.shape[1:]:
        return partial(np.ones(full.shape[0]).dot, full, target)
    lead = full.ndim - target.ndim
    stretched = tuple(
        lead + axis for axis, size in enumerate(target.shape) if size == 1 != full.shape[lead + axis]
    )
    axes = (*range(lead), *stretched)
    shaped = target.reshape((1,) * lead + target.shape)
    return partial(np.sum, full, axis=axes, keepdims=True, out=shaped)


NODES: dict[str, NodeKind] = {}
"""Every node kind by name."""


def register(cls: type[NodeKind]) -> type[NodeKind]:
    """Enter a node kind in the registry."""
    NODES[cls.name] = cls()
    return cls


def compute(kind: str, arguments: Sequence[Array | float], options: Options | None = None) -> Array:
    """Return the value of one node kind for these arguments; ValueError where the shapes do not fit."""
    return NODES[kind].compute([np.asarray(argument, dtype=np.float64) for argument in arguments], options)
