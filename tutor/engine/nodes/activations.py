"""Activation functions: step, ReLU, sigmoid, tanh, softplus, softmax."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from tutor.engine.nodes.base import (
    ONE,
    ZERO,
    Array,
    Backward,
    Elementwise,
    Keeps,
    NodeKind,
    Options,
    Shape,
    Slope,
    Step,
    Wiring,
    register,
)


def sigmoid_steps(x: Array, output: Array) -> tuple[Step, ...]:
    """Return the steps of 1 / (1 + exp(-x)); exp overflows to inf far to the left, where the value is 0."""
    return (
        partial(np.negative, x, output),
        partial(np.exp, output, output),
        partial(np.add, output, ONE, output),
        partial(np.divide, ONE, output, output),
    )


class _Activation(Elementwise):
    example_shapes = (((),), ((4,),), ((2, 3),))


@register
class StepFunction(_Activation):
    """1 where x >= 0, else 0. Its slope is 0 almost everywhere, so no gradient passes."""

    name, symbol, keeps, kink = "step", "step", Keeps.NOTHING, True
    gradients = ("0 * dout",)

    def forward(self, output: Array, inputs: Sequence[Array], options: Options) -> tuple[Step, ...]:
        return (partial(np.greater_equal, inputs[0], ZERO, output),)

    def local(self, output: Array, inputs: Sequence[Array]) -> Sequence[Callable[[], Slope]]:
        return (partial(Slope, ZERO),)


@register
class Relu(_Activation):
    """max(0, x): the upstream gradient passes where x > 0 and stops elsewhere, at 0 too."""

    name, symbol, keeps, kink = "relu", "ReLU", Keeps.MASK, True
    gradients = ("dout * (x > 0)",)

    def forward(self, output: Array, inputs: Sequence[Array], options: Options) -> tuple[Step, ...]:
        # Zeros of the full size: numpy is slower with a single one.
        return (partial(np.maximum, inputs[0], np.zeros_like(output), out=output),)

    def local(self, output: Array, inputs: Sequence[Array]) -> Sequence[Callable[[], Slope]]:
        def mask() -> Slope:
            # The sign of an output that is never negative is the mask, and no boolean has to be converted.
            alive = np.empty_like(output)
            return Slope(alive, (partial(np.sign, output, alive),))

        return (mask,)


@register
class Sigmoid(_Activation):
    """1 / (1 + exp(-x)); the local derivative y (1 - y) needs the output alone."""

    name, symbol, keeps = "sigmoid", "σ", Keeps.OUTPUT
    gradients = ("dout * out * (1 - out)",)

    def forward(self, output: Array, inputs: Sequence[Array], options: Options) -> tuple[Step, ...]:
        return sigmoid_steps(inputs[0], output)

    def local(self, output: Array, inputs: Sequence[Array]) -> Sequence[Callable[[], Slope]]:
        def slope() -> Slope:
            value = np.empty_like(output)
            return Slope(
                value, (partial(np.subtract, ONE, output, value), partial(np.multiply, value, output, value))
            )

        return (slope,)


@register
class Tanh(_Activation):
    """tanh x; the local derivative 1 - y² needs the output alone."""

    name, symbol, keeps = "tanh", "tanh", Keeps.OUTPUT
    gradients = ("dout * (1 - out^2)",)

    def forward(self, output: Array, inputs: Sequence[Array], options: Options) -> tuple[Step, ...]:
        return (partial(np.tanh, inputs[0], output),)

    def local(self, output: Array, inputs: Sequence[Array]) -> Sequence[Callable[[], Slope]]:
        def slope() -> Slope:
            value = np.empty_like(output)
            return Slope(
                value, (partial(np.multiply, output, output, value), partial(np.subtract, ONE, value, value))
            )

        return (slope,)


@register
class Softplus(_Activation):
    """log(1 + exp(x)), whose local derivative is sigmoid(x)."""

    name, symbol = "softplus", "softplus"
    gradients = ("dout * sigmoid(x)",)

    def forward(self, output: Array, inputs: Sequence[Array], options: Options) -> tuple[Step, ...]:
        return (partial(np.logaddexp, ZERO, inputs[0], output),)

    def local(self, output: Array, inputs: Sequence[Array]) -> Sequence[Callable[[], Slope]]:
        def slope() -> Slope:
            value = np.empty_like(output)
            return Slope(value, sigmoid_steps(inputs[0], value))

        return (slope,)


def softmax_steps(x: Array, output: Array) -> tuple[Step, ...]:
    """Return the steps of softmax over the last axis, shifted by the maximum so that exp cannot overflow."""
    peak = np.empty((*x.shape[:-1], 1))
    return (
        partial(np.max, x, axis=-1, keepdims=True, out=peak),
        partial(np.subtract, x, peak, output),
        partial(np.exp, output, output),
        partial(np.sum, output, axis=-1, keepdims=True, out=peak),
        partial(np.divide, output, peak, output),
    )


@register
class Softmax(NodeKind):
    """Softmax over the last axis (a row is a sample); dx = y · (dy - Σ dy · y)."""

    name, symbol, keeps = "softmax", "softmax", Keeps.OUTPUT
    gradients = ("out * (dout - sum(dout * out))",)
    example_shapes = (((3,),), ((2, 4),))

    def output_shape(self, shapes: Sequence[Shape], options: Options) -> Shape:
        if not shapes[0]:
            raise ValueError("softmax needs a vector or a matrix")
        return shapes[0]

    def forward(self, output: Array, inputs: Sequence[Array], options: Options) -> tuple[Step, ...]:
        return softmax_steps(inputs[0], output)

    def backward(self, wiring: Wiring) -> Backward:
        if not wiring.wanted[0]:
            return Backward((), (None,))
        y, upstream, target = wiring.output, wiring.upstream, wiring.target(0)
        weighted = np.empty((*y.shape[:-1], 1))
        steps = (
            partial(np.multiply, upstream, y, target),
            partial(np.sum, target, axis=-1, keepdims=True, out=weighted),
            partial(np.subtract, upstream, weighted, target),
            partial(np.multiply, target, y, target),
        )
        return Backward(steps, (target,))
