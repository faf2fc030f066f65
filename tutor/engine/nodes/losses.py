"""Loss nodes. Their conventions are part of the product and are shown to the learner.

half_sse = ½ Σ (y - t)², sse = Σ (y - t)², mse = the mean over all entries of (y - t)².
The cross-entropies sum over a row and average over the rows: 1/N enters here and nowhere else.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import ClassVar

import numpy as np

from tutor.engine.nodes.activations import sigmoid_steps, softmax_steps
from tutor.engine.nodes.base import (
    ONE,
    ZERO,
    Array,
    Backward,
    Options,
    Remembering,
    Shape,
    Step,
    Wiring,
    constant,
    register,
    sum_of_products,
)


class _Loss(Remembering):
    inputs = ("y", "t")
    example_shapes: ClassVar[tuple[tuple[Shape, ...], ...]] = (
        ((3,), (3,)),
        ((2, 3), (2, 3)),
        ((4, 1), (4, 1)),
    )

    def output_shape(self, shapes: Sequence[Shape], options: Options) -> Shape:
        """Return the scalar shape; both inputs must have the same one."""
        if shapes[0] != shapes[1]:
            raise ValueError(f"{shapes[0]} against {shapes[1]}")
        return ()


class _Squares(_Loss):
    example_shapes = (((), ()), *_Loss.example_shapes)

    @abstractmethod
    def factor(self, size: int) -> float:
        """Return c in c · Σ (y - t)² for `size` entries."""

    def workspace(self, inputs: Sequence[Array]) -> tuple[Array, ...]:
        """Keep y - t."""
        return (np.empty_like(inputs[0]),)

    def forward_into(
        self, output: Array, inputs: Sequence[Array], options: Options, workspace: Sequence[Array]
    ) -> tuple[Step, ...]:
        """Bind c · Σ (y - t)²."""
        (y, t), (error,) = inputs, workspace
        factor = self.factor(y.size)
        return (
            partial(np.subtract, y, t, error),
            *sum_of_products(error, error, output),
            *([] if factor == 1 else [partial(np.multiply, output, constant(factor), output)]),
        )

    def backward(self, wiring: Wiring) -> Backward:
        """Bind ± 2c (y - t)."""
        y, t = wiring.inputs
        steps: list[Step] = []
        contributions: list[Array | None] = [None, None]
        if wiring.workspace:
            (error,) = wiring.workspace
        else:
            error = np.empty_like(y)
            steps.append(partial(np.subtract, y, t, error))
        for k, sign in ((0, 1.0), (1, -1.0)):
            if not wiring.wanted[k]:
                continue
            factors = [constant(sign * 2 * self.factor(y.size))] if sign * self.factor(y.size) != 0.5 else []
            factors += [] if wiring.upstream is ONE else [wiring.upstream]
            if not factors and wiring.into[k] is None:
                contributions[k] = error
                continue
            contributions[k] = target = wiring.target(k)
            steps += _scaled(error, factors or [ONE], target)
        return Backward(tuple(steps), tuple(contributions))


def _scaled(x: Array, factors: Sequence[Array], target: Array) -> list[Step]:
    """Return the steps that write the product of x and all factors into `target`."""
    return [partial(np.multiply, target if k else x, factor, target) for k, factor in enumerate(factors)]


@register
class HalfSumOfSquares(_Squares):
    """½ Σ (y - t)², whose slope is y - t."""

    name, symbol = "half_sse", "½SSE"
    gradients = ("dout * (y - t)", "dout * (t - y)")

    def factor(self, size: int) -> float:
        return 0.5


@register
class SumOfSquares(_Squares):
    """Σ (y - t)², whose slope is 2 (y - t)."""

    name, symbol = "sse", "SSE"
    gradients = ("dout * 2 * (y - t)", "dout * 2 * (t - y)")

    def factor(self, size: int) -> float:
        return 1.0


@register
class MeanSquaredError(_Squares):
    """The mean of (y - t)² over all n entries, whose slope is 2 (y - t) / n."""

    name, symbol = "mse", "MSE"
    gradients = ("dout * 2 * (y - t) / n", "dout * 2 * (t - y) / n")

    def factor(self, size: int) -> float:
        return 1.0 / max(1, size)


def _rows(x: Array) -> int:
    return x.shape[0] if x.ndim == 2 else 1


class _CrossEntropy(_Loss):
    """The mean over rows of -Σ t log p, however p comes about."""

    @abstractmethod
    def slope(self, x: Array, t: Array, target: Array, workspace: Sequence[Array]) -> tuple[Step, ...]:
        """Return the steps that write N · dL/dx into `target`."""

    @abstractmethod
    def target_slope(self, x: Array, t: Array, target: Array) -> tuple[Step, ...]:
        """Return the steps that write N · dL/dt into `target`."""

    def backward(self, wiring: Wiring) -> Backward:
        """Write each slope, then scale it by the upstream gradient and by 1/N."""
        x, t = wiring.inputs
        factors = [] if _rows(x) == 1 else [constant(1.0 / _rows(x))]
        factors += [] if wiring.upstream is ONE else [wiring.upstream]
        steps: list[Step] = []
        contributions: list[Array | None] = [None, None]
        if wiring.wanted[0]:
            contributions[0] = target = wiring.target(0)
            steps += [*self.slope(x, t, target, wiring.workspace), *_scaled(target, factors, target)]
        if wiring.wanted[1]:
            contributions[1] = target = wiring.target(1)
            steps += [*self.target_slope(x, t, target), *_scaled(target, factors, target)]
        return Backward(tuple(steps), tuple(contributions))


@register
class CrossEntropy(_CrossEntropy):
    """Cross-entropy of probabilities p against targets t; entries with t = 0 cost nothing, even at p = 0."""

    name, symbol = "cross_entropy", "CE"
    inputs = ("p", "t")
    gradients = ("-dout * t / p / N", "-dout * log(p) / N")
    domain = (0.05, 0.95)

    def forward_into(
        self, output: Array, inputs: Sequence[Array], options: Options, workspace: Sequence[Array]
    ) -> tuple[Step, ...]:
        """Bind -Σ t log p / N."""
        p, t = inputs

        def loss() -> None:
            logs = np.log(p, out=np.zeros_like(p), where=t != 0)
            output[...] = -np.vdot(t, logs) / _rows(p)

        return (loss,)

    def slope(self, x: Array, t: Array, target: Array, workspace: Sequence[Array]) -> tuple[Step, ...]:
        """Bind -t / p."""

        def divide() -> None:
            target.fill(0.0)
            np.divide(t, x, out=target, where=t != 0)
            np.negative(target, target)

        return (divide,)

    def target_slope(self, x: Array, t: Array, target: Array) -> tuple[Step, ...]:
        """Bind -log p."""
        return partial(np.log, x, target), partial(np.negative, target, target)


def _log_softmax_steps(logits: Array, output: Array) -> tuple[Step, ...]:
    peak, shifted = np.empty((*logits.shape[:-1], 1)), np.empty_like(logits)
    return (
        partial(np.max, logits, axis=-1, keepdims=True, out=peak),
        partial(np.subtract, logits, peak, shifted),
        partial(np.exp, shifted, output),
        partial(np.sum, output, axis=-1, keepdims=True, out=peak),
        partial(np.log, peak, peak),
        partial(np.subtract, shifted, peak, output),
    )


@register
class SoftmaxCrossEntropy(_CrossEntropy):
    """Softmax with cross-entropy from logits; for targets that sum to 1 the slope is (y - t) / N."""

    name, symbol = "softmax_cross_entropy", "softmax+CE"
    inputs = ("z", "t")
    gradients = ("dout * (softmax(z) - t) / N", "-dout * log(softmax(z)) / N")
    example_shapes = (((3,), (3,)), ((2, 3), (2, 3)))

    def output_shape(self, shapes: Sequence[Shape], options: Options) -> Shape:
        """Return the scalar shape; a row must have classes to choose from."""
        if not shapes[0]:
            raise ValueError("softmax needs a vector or a matrix")
        return super().output_shape(shapes, options)

    def workspace(self, inputs: Sequence[Array]) -> tuple[Array, ...]:
        """Keep exp(z - max z), its sum over each row, and the sum of t over each row."""
        lead = inputs[0].shape[:-1]
        return np.empty_like(inputs[0]), np.empty(lead), np.empty(lead)

    def forward_into(
        self, output: Array, inputs: Sequence[Array], options: Options, workspace: Sequence[Array]
    ) -> tuple[Step, ...]:
        """Bind Σ (t · (log Σ exp(z - max z) - (z - max z))) / N, so that nothing overflows."""
        (logits, t), (powers, sums, totals) = inputs, workspace
        peak, shifted, ones = np.empty((*sums.shape, 1)), np.empty_like(logits), np.ones(logits.shape[-1])
        logs, hits = np.empty_like(sums), np.empty(())
        return (
            partial(np.maximum.reduce, logits, -1, None, peak, True),
            partial(np.subtract, logits, peak, shifted),
            partial(np.exp, shifted, powers),
            partial(powers.dot, ones, sums),
            partial(t.dot, ones, totals),
            partial(np.log, sums, logs),
            *sum_of_products(logs, totals, output),
            *sum_of_products(shifted, t, hits),
            partial(np.subtract, output, hits, output),
            partial(np.multiply, output, constant(1.0 / _rows(logits)), output),
        )

    def slope(self, x: Array, t: Array, target: Array, workspace: Sequence[Array]) -> tuple[Step, ...]:
        """Bind softmax(logits) · Σ t - t."""
        if not workspace:
            totals = np.empty((*x.shape[:-1], 1))
            return (
                *softmax_steps(x, target),
                partial(np.sum, t, axis=-1, keepdims=True, out=totals),
                partial(np.multiply, target, totals, target),
                partial(np.subtract, target, t, target),
            )
        powers, sums, totals = workspace
        shares = np.empty_like(sums)
        return (
            partial(np.divide, totals, sums, shares),
            partial(np.multiply, powers, shares[..., None], target),
            partial(np.subtract, target, t, target),
        )

    def target_slope(self, x: Array, t: Array, target: Array) -> tuple[Step, ...]:
        """Bind -log softmax(logits)."""
        return *_log_softmax_steps(x, target), partial(np.negative, target, target)


@register
class SigmoidCrossEntropy(_CrossEntropy):
    """Sigmoid with binary cross-entropy from logits; the slope is (σ(z) - t) / N."""

    name, symbol = "sigmoid_cross_entropy", "σ+BCE"
    inputs = ("z", "t")
    gradients = ("dout * (sigmoid(z) - t) / N", "-dout * z / N")

    def forward_into(
        self, output: Array, inputs: Sequence[Array], options: Options, workspace: Sequence[Array]
    ) -> tuple[Step, ...]:
        """Bind Σ (softplus(z) - t z) / N, which never takes the logarithm of 0."""
        logits, t = inputs
        costs, hits = np.empty_like(logits), np.empty_like(logits)
        return (
            partial(np.logaddexp, ZERO, logits, costs),
            partial(np.multiply, t, logits, hits),
            partial(np.subtract, costs, hits, costs),
            *sum_of_products(costs, np.ones_like(costs), output),
            partial(np.multiply, output, constant(1.0 / _rows(logits)), output),
        )

    def slope(self, x: Array, t: Array, target: Array, workspace: Sequence[Array]) -> tuple[Step, ...]:
        """Bind σ(z) - t."""
        return *sigmoid_steps(x, target), partial(np.subtract, target, t, target)

    def target_slope(self, x: Array, t: Array, target: Array) -> tuple[Step, ...]:
        """Bind -z."""
        return (partial(np.negative, x, target),)
