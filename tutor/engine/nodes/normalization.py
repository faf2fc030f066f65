"""Batch normalization as one node (Ioffe & Szegedy, 2015). Rows are samples."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from tutor.engine.nodes.base import (
    Array,
    Backward,
    Options,
    Remembering,
    Shape,
    Step,
    Wiring,
    constant,
    register,
)

EPSILON = 1e-5
"""Stands under the root, beside the variance."""


def _features(x: Array) -> Array:
    """Return a view of (N, D) or (N,) values as (D, N)."""
    return x.T if x.ndim == 2 else x.reshape(1, -1)


@register
class BatchNorm(Remembering):
    """γ · (X − mean) / √(variance + ε) + β over the rows; the variance divides by N.

    Mean and variance depend on every row, so each row's gradient reaches all the others.
    """

    name, symbol, inputs = "batch_norm", "BN", ("X", "gamma", "beta")
    gradients = (
        "gamma / sqrt(mean((X - mean(X, axis=0))^2, axis=0) + 0.00001) * (dout - mean(dout, axis=0)"
        " - (out - beta) / gamma * mean(dout * (out - beta) / gamma, axis=0))",
        "sum(dout * (out - beta) / gamma, axis=0)",
        "sum(dout, axis=0)",
    )
    example_shapes = (((4, 3), (3,), (3,)), ((5,), (), ()), ((6, 2), (2,), (2,)))

    def output_shape(self, shapes: Sequence[Shape], options: Options) -> Shape:
        x, gamma, beta = shapes
        if not 1 <= len(x) <= 2 or gamma != x[1:] or beta != x[1:]:
            raise ValueError(f"{x} with {gamma} and {beta}")
        return x

    def workspace(self, inputs: Sequence[Array]) -> tuple[Array, ...]:
        """Keep (X − mean) / √(variance + ε), as (D, N), and root, mean and variance, each (D,)."""
        features = _features(inputs[0])
        root, mean, variance = np.empty((3, len(features)))
        return np.empty(features.shape), root, mean, variance

    def forward_into(
        self, output: Array, inputs: Sequence[Array], options: Options, workspace: Sequence[Array]
    ) -> tuple[Step, ...]:
        x, out = _features(inputs[0]), _features(output)
        gamma, beta = (parameter.reshape(-1, 1) for parameter in inputs[1:])
        return (
            *self._normalized(x, workspace),
            partial(np.multiply, workspace[0], gamma, out),
            partial(np.add, out, beta, out),
        )

    def _normalized(self, x: Array, workspace: Sequence[Array]) -> tuple[Step, ...]:
        normal, root, mean, variance = workspace
        share, squares = np.full(x.shape[1], 1 / x.shape[1]), np.empty(x.shape)
        return (
            partial(x.dot, share, mean),
            partial(np.subtract, x, mean[:, None], normal),
            partial(np.multiply, normal, normal, squares),
            partial(squares.dot, share, variance),
            partial(np.add, variance, constant(EPSILON), root),
            partial(np.sqrt, root, root),
            partial(np.divide, normal, root[:, None], normal),
        )

    def backward(self, wiring: Wiring) -> Backward:
        x, gamma = _features(wiring.inputs[0]), wiring.inputs[1].reshape(-1)
        workspace = wiring.workspace or self.workspace(wiring.inputs)
        steps: list[Step] = [] if wiring.workspace else [*self._normalized(x, workspace)]
        normal, root = workspace[:2]
        upstream, rows, ones = _features(wiring.upstream), x.shape[1], np.ones(x.shape[1])
        d_gamma, d_beta = (wiring.target(k) for k in (1, 2))
        products = np.empty(x.shape)
        steps += [
            partial(upstream.dot, ones, d_beta.reshape(-1)),
            partial(np.multiply, upstream, normal, products),
            partial(products.dot, ones, d_gamma.reshape(-1)),
        ]
        contributions = (
            [None, d_gamma, d_beta] if not wiring.wanted[0] else [wiring.target(0), d_gamma, d_beta]
        )
        if contributions[0] is not None:
            dx, share = _features(contributions[0]), constant(1 / rows)
            means, scale = np.empty((len(x), 1)), np.empty((len(x), 1))
            steps += [
                partial(np.multiply, d_gamma.reshape(-1, 1), share, means),
                partial(np.multiply, normal, means, products),
                partial(np.subtract, upstream, products, products),
                partial(np.multiply, d_beta.reshape(-1, 1), share, means),
                partial(np.subtract, products, means, products),
                partial(np.divide, gamma[:, None], root[:, None], scale),
                partial(np.multiply, products, scale, dx),
            ]
        return Backward(tuple(steps), tuple(contributions))
