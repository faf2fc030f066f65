"""Nodes of arrays: sum, mean, transpose, matrix product and the Affine layer. Rows are samples."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import partial

import numpy as np

from tutor.engine.nodes.base import (
    Array,
    Backward,
    Keeps,
    NodeKind,
    Options,
    Shape,
    Step,
    Wiring,
    constant,
    product,
    register,
    sum_to,
)


def _axis(options: Options) -> int | None:
    return int(options["axis"]) if "axis" in options else None


class _Reduction(NodeKind):
    keeps = Keeps.NOTHING
    example_shapes = (((),), ((4,),), ((2, 3),))

    def output_shape(self, shapes: Sequence[Shape], options: Options) -> Shape:
        axis, shape = _axis(options), shapes[0]
        if axis is None:
            return ()
        if not -len(shape) <= axis < len(shape):
            raise ValueError(f"there is no axis {axis} in shape {shape}")
        return tuple(size for k, size in enumerate(shape) if k != axis % len(shape))

    @abstractmethod
    def divisor(self, x: Array, output: Array) -> int:
        """Return by what the sum is divided."""

    def forward(self, output: Array, inputs: Sequence[Array], options: Options) -> tuple[Step, ...]:
        (x,) = inputs
        total = partial(np.sum, x, axis=_axis(options), out=output)
        divisor = self.divisor(x, output)
        return (total,) if divisor == 1 else (total, partial(np.divide, output, constant(divisor), output))

    def backward(self, wiring: Wiring) -> Backward:
        if not wiring.wanted[0]:
            return Backward((), (None,))
        (x,), target, axis = wiring.inputs, wiring.target(0), _axis(wiring.options)
        upstream = wiring.upstream if axis is None else np.expand_dims(wiring.upstream, axis)
        share = constant(1.0 / self.divisor(x, wiring.output))
        return Backward((partial(np.multiply, np.broadcast_to(upstream, x.shape), share, target),), (target,))


@register
class Sum(_Reduction):
    """Sum of all entries, or along an axis; every entry gets the upstream gradient."""

    name, symbol = "sum", "Σ"
    gradients = ("dout",)

    def divisor(self, x: Array, output: Array) -> int:
        return 1


@register
class Mean(_Reduction):
    """Mean of all entries, or along an axis; every entry gets its share of the upstream gradient."""

    name, symbol = "mean", "mean"
    gradients = ("dout / n",)

    def divisor(self, x: Array, output: Array) -> int:
        return max(1, x.size // max(1, output.size))


@register
class Transpose(NodeKind):
    """W.T; the gradient is transposed back."""

    name, symbol, keeps = "transpose", "T", Keeps.NOTHING
    gradients = ("dout.T",)
    example_shapes = (((2, 3),), ((3, 3),))

    def output_shape(self, shapes: Sequence[Shape], options: Options) -> Shape:
        return shapes[0][::-1]

    def forward(self, output: Array, inputs: Sequence[Array], options: Options) -> tuple[Step, ...]:
        return (partial(np.copyto, output, inputs[0].T),)

    def backward(self, wiring: Wiring) -> Backward:
        if not wiring.wanted[0]:
            return Backward((), (None,))
        target = wiring.target(0)
        return Backward((partial(np.copyto, target, wiring.upstream.T),), (target,))


def _row(x: Array) -> Array:
    return x.reshape(1, -1) if x.ndim == 1 else x


def _column(x: Array) -> Array:
    return x.reshape(-1, 1) if x.ndim == 1 else x


def _product_shape(left: Shape, right: Shape) -> Shape:
    if not 1 <= len(left) <= 2 or not 1 <= len(right) <= 2 or left[-1] != right[0]:
        raise ValueError(f"{left} @ {right}")
    return left[:-1] + right[1:]


@register
class MatMul(NodeKind):
    """X @ Y of vectors and matrices: dX = dZ @ Y.T and dY = X.T @ dZ."""

    name, symbol, inputs = "matmul", "@", ("X", "W")
    gradients = ("dout @ W.T", "X.T @ dout")
    example_shapes = (((2, 3), (3, 4)), ((3,), (3, 2)), ((2, 3), (3,)), ((3,), (3,)), ((2, 2), (2, 2)))

    def output_shape(self, shapes: Sequence[Shape], options: Options) -> Shape:
        return _product_shape(shapes[0], shapes[1])

    def forward(self, output: Array, inputs: Sequence[Array], options: Options) -> tuple[Step, ...]:
        x, y = _row(inputs[0]), _column(inputs[1])
        return (product(x, y, output.reshape(x.shape[0], y.shape[1])),)

    def backward(self, wiring: Wiring) -> Backward:
        x, y = _row(wiring.inputs[0]), _column(wiring.inputs[1])
        upstream = wiring.upstream.reshape(x.shape[0], y.shape[1])
        steps: list[Step] = []
        contributions: list[Array | None] = [None, None]
        if wiring.wanted[0]:
            contributions[0] = dx = wiring.target(0)
            steps.append(product(upstream, y.T, dx.reshape(x.shape)))
        if wiring.wanted[1]:
            contributions[1] = dy = wiring.target(1)
            steps.append(product(x.T, upstream, dy.reshape(y.shape)))
        return Backward(tuple(steps), tuple(contributions))


def with_ones(rows: int, columns: int) -> Array:
    """Return an empty (rows, columns) array, stored by columns, with a column of ones behind it in memory.

    An Affine node that reads it, and whose b lies behind W, adds the bias in the matrix product itself.
    """
    block = np.ones((columns + 1, rows))
    return block[:columns].T


def _extended(x: Array) -> Array | None:
    """Return x.T with its row of ones, (columns + 1, rows), or None where x has none behind it."""
    block = x.base
    if block is None or x.ndim != 2 or block.ndim != 2 or not block.flags.c_contiguous:
        return None
    columns = x.shape[1]
    fits = block.shape[0] > columns and x.T.shape[1:] == block.shape[1:] and x.T.strides == block.strides
    if not fits or _address(x) != _address(block) or not np.all(block[columns] == 1.0):
        return None
    return block[: columns + 1]


def _joined(W: Array, b: Array) -> Array | None:
    """Return W with b as its last row where b lies behind W in one flat array, else None."""
    flat = W.base
    if flat is None or flat is not b.base or flat.ndim != 1 or b.shape != W.shape[1:]:
        return None
    if not W.flags.c_contiguous or not b.flags.c_contiguous or _address(b) != _address(W) + W.nbytes:
        return None
    start = (_address(W) - _address(flat)) // flat.itemsize
    return flat[start : start + W.size + b.size].reshape(-1, W.shape[1])


def _address(x: Array) -> int:
    return int(x.__array_interface__["data"][0])


@register
class Affine(NodeKind):
    """X @ W + b. dX = dY @ W.T, dW = X.T @ dY, db = dY summed over the rows that shared b."""

    name, symbol, inputs = "affine", "Affine", ("X", "W", "b")
    gradients = ("dout @ W.T", "X.T @ dout", "sum(dout, axis=0)")
    example_shapes = (
        ((2, 3), (3, 4), (4,)),
        ((1, 2), (2, 3), (3,)),
        ((3, 2), (2, 2), (2,)),
        ((3,), (3, 2), (2,)),
    )

    def output_shape(self, shapes: Sequence[Shape], options: Options) -> Shape:
        if len(shapes[1]) != 2:
            raise ValueError(f"W has shape {shapes[1]}")
        shape = _product_shape(shapes[0], shapes[1])
        if np.broadcast_shapes(shape, shapes[2]) != shape:
            raise ValueError(f"{shape} + {shapes[2]}")
        return shape

    def forward(self, output: Array, inputs: Sequence[Array], options: Options) -> tuple[Step, ...]:
        x, W, b = inputs
        extended, joined = _extended(x), _joined(W, b)
        if extended is not None and joined is not None:
            return (product(extended.T, joined, output),)
        return product(_row(x), W, _row(output)), partial(np.add, output, b, output)

    def backward(self, wiring: Wiring) -> Backward:
        x, W, b = wiring.inputs
        rows, upstream = _row(x), _row(wiring.upstream)
        steps: list[Step] = []
        contributions: list[Array | None] = [None, None, None]
        if wiring.wanted[0]:
            contributions[0] = dx = wiring.target(0)
            steps.append(product(upstream, W.T, _row(dx)))
        if self._bind_joined(wiring, steps, contributions):
            return Backward(tuple(steps), tuple(contributions))
        if wiring.wanted[1]:
            contributions[1] = dw = wiring.target(1)
            steps.append(product(rows.T, upstream, dw))
        if wiring.wanted[2]:
            contributions[2] = db = wiring.target(2)
            steps.append(
                sum_to(upstream, db) if upstream.shape != b.shape else partial(np.copyto, db, upstream)
            )
        return Backward(tuple(steps), tuple(contributions))

    def _bind_joined(self, wiring: Wiring, steps: list[Step], contributions: list[Array | None]) -> bool:
        """Bind dW and db as one product where the buffers allow it, and say whether they did."""
        dw, db = wiring.into[1:]
        if dw is None or db is None:
            return False
        extended, joined = _extended(wiring.inputs[0]), _joined(dw, db)
        if extended is None or joined is None:
            return False
        contributions[1:] = dw, db
        steps.append(product(extended, wiring.upstream, joined))
        return True
