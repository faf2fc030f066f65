"""Wrong rules about weights: w · x, X @ W + b, and what a batch of rows changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tutor.engine.graph import Graph, Node
from tutor.engine.misconceptions.arithmetic import bias_slot
from tutor.engine.misconceptions.base import Misconception, Parts, Site, at_kinds
from tutor.engine.nodes import NODES, Array
from tutor.engine.nodes.base import Elementwise

WEIGHTED = ("affine", "mul", "matmul")
"""The kinds of node that may multiply an input by a weight."""


def _is_weight(node: Node) -> bool:
    return node.kind == "input" and (node.name or "").lower().startswith("w")


def weighted_slots(graph: Graph, node: Node) -> tuple[int, int] | None:
    """Return which argument is the input and which the weight, where a node multiplies one by the other.

    In a multiply node the weight is the input whose name starts with w; a matrix of weights stands right.
    """
    if node.kind == "affine":
        return 0, 1
    if node.kind not in ("mul", "matmul"):
        return None
    left, right = (graph.nodes[source] for source in node.arguments)
    if node.kind == "matmul":
        return None if _is_weight(left) and not _is_weight(right) else (0, 1)
    if left.kind == "constant" or right.kind == "constant" or _is_weight(left) == _is_weight(right):
        return None
    return (1, 0) if _is_weight(left) else (0, 1)


@dataclass(frozen=True, slots=True)
class Layer:
    """X @ W with its upstream gradient, as matrices: (N, D), (D, M) and (N, M)."""

    X: Array
    W: Array
    dout: Array
    b: Array | None = None

    @property
    def is_batch(self) -> bool:
        """Whether there is more than one row."""
        return bool(self.X.shape[0] > 1)

    @property
    def is_square(self) -> bool:
        """Whether W has as many rows as columns."""
        return bool(self.W.shape[0] == self.W.shape[1])

    @property
    def db(self) -> Array:
        """The gradient of a bias that every row shares."""
        return np.asarray(self.dout.sum(axis=0))


def _layer(inputs: tuple[Array, ...], upstream: Array, b: Array | None = None) -> Layer:
    X, W = np.atleast_2d(inputs[0]), inputs[1].reshape(inputs[1].shape[0], -1)
    return Layer(X, W, upstream.reshape(X.shape[0], W.shape[1]), b)


def matrix_layer(site: Site) -> Layer | None:
    """Return the layer of an affine node, or of a matrix product with the weights on the right."""
    if site.node.kind not in ("affine", "matmul") or weighted_slots(site.graph, site.node) is None:
        return None
    return _layer(site.inputs[:2], site.upstream, site.inputs[2] if site.node.kind == "affine" else None)


def _added_bias(site: Site) -> tuple[int, Layer] | None:
    """Return the slot of a bias that an add node adds to a matrix product, and the layer."""
    slot = bias_slot(site.node, site.graph)
    if slot is None or site.sources[1 - slot].kind != "matmul":
        return None
    inputs = site.graph.inputs_of(site.sources[1 - slot])
    if site.output.shape != site.inputs[1 - slot].shape:
        return None
    return slot, _layer(inputs, site.upstream, site.inputs[slot])


LayerRule = Callable[[Layer], Array | None]


def _affine(
    dx: LayerRule | None = None,
    dw: LayerRule | None = None,
    db: LayerRule | None = None,
    *,
    batch: bool = False,
    reshapes: bool = False,
) -> Callable[[Site], Parts | None]:
    """Return a rule for a layer from the parts that it gets wrong; with `batch` it needs several rows."""

    def bias(layer: Layer) -> Array | None:
        b = layer.b
        shared = b is not None and b.size == layer.W.shape[1] and (b.ndim < 2 or b.shape[0] == 1)
        return db(layer) if db is not None and shared else None

    def shaped(wrong: Array, x: Array) -> Array:
        return wrong if reshapes else wrong.reshape(x.shape)

    @at_kinds("affine", "matmul", "add")
    def at(site: Site) -> Parts | None:
        added = _added_bias(site)
        layer = added[1] if added else matrix_layer(site)
        if layer is None or (batch and not layer.is_batch):
            return None
        if added:
            wrong: dict[int, Array | None] = {added[0]: bias(layer)}
        else:
            wrong = {0: dx and dx(layer), 1: dw and dw(layer), 2: bias(layer)}
        if all(part is None for part in wrong.values()):
            return None
        parts = list(site.true())
        for slot, part in wrong.items():
            if part is not None:
                parts[slot] = shaped(part, site.inputs[slot])
        return parts

    return at


def _squeezed(product: Array, shape: tuple[int, ...]) -> Array:
    """Return as much of a product as a grid of another shape holds, with 0 where nothing is left."""
    grid = np.zeros(shape)
    rows, columns = (min(pair) for pair in zip(product.shape, shape, strict=True))
    grid[:rows, :columns] = product[:rows, :columns]
    return grid


def _entrywise_dx(layer: Layer) -> Array:
    if layer.is_square:
        return layer.dout * np.diag(layer.W)
    return layer.X * (layer.dout @ layer.W.T)


def _entrywise_dw(layer: Layer) -> Array | None:
    return np.diag((layer.X * layer.dout).sum(axis=0)) if layer.is_square else None


def _each(rule: Callable[[Layer], Array]) -> LayerRule:
    return lambda layer: rule(layer) / layer.X.shape[0]


def _row(number: int) -> tuple[LayerRule, LayerRule]:
    return (
        lambda layer: np.outer(layer.X[number], layer.dout[number]),
        lambda layer: layer.dout[number],
    )


@at_kinds("mul")
def _used_w_not_x(site: Site) -> Parts | None:
    slots = weighted_slots(site.graph, site.node)
    if slots is None or not site.sources[slots[0]].is_leaf:
        return None
    parts = list(site.true())
    parts[slots[1]] = site.upstream * site.inputs[slots[1]]
    return parts


@at_kinds(*WEIGHTED)
def _no_input(site: Site) -> Parts | None:
    slots, layer = weighted_slots(site.graph, site.node), matrix_layer(site)
    if slots is None:
        return None
    parts = list(site.true())
    delta = site.upstream if layer is None else np.tile(layer.db, (layer.W.shape[0], 1))
    parts[slots[1]] = delta if layer is None else delta.reshape(site.inputs[1].shape)
    return parts


_AVERAGED = ("mean", "mse", "cross_entropy", "sigmoid_cross_entropy")


@at_kinds(*_AVERAGED)
def _never_averaged(site: Site) -> Parts | None:
    """Return N times the gradient behind a loss that is a mean over rows."""
    x = site.inputs[0]
    if site.output.ndim or (x.ndim != 2 and site.node.kind != "mean"):
        return None
    if x.ndim == 0 or x.shape[0] < 2 or (site.node.kind == "mse" and x.shape[1] < 2):
        return None
    return [None if part is None else part * x.shape[0] for part in site.true()]


def _not_summed(site: Site) -> Parts | None:
    """Return contributions in the shape of the output, although an input was broadcast to it."""
    stretched = [x.shape != site.output.shape for x in site.inputs]
    if not isinstance(NODES[site.node.kind], Elementwise) or not any(stretched) or _added_bias(site):
        return None
    nodes = [
        Node(k, "input", name=f"x{k}", value=np.broadcast_to(x, site.output.shape))
        for k, x in enumerate(site.inputs)
    ]
    count = len(nodes)
    alone = Graph([*nodes, Node(count, site.node.kind, tuple(range(count)), site.node.options)], count, {})
    alone.forward()
    return alone.pull(alone.nodes[count], site.upstream)


FIRST_ROW, LAST_ROW = _row(0), _row(-1)

RULES = (
    Misconception("aff_dx_noT", at=_affine(dx=lambda of: of.dout @ of.W if of.is_square else None)),
    Misconception("aff_dw_order", at=_affine(dw=lambda of: _squeezed(of.dout.T @ of.X, of.W.shape))),
    Misconception("aff_dx_uses_dW", at=_affine(dx=lambda of: of.dout @ (of.X.T @ of.dout).T)),
    Misconception("aff_dw_uses_W", at=_affine(dw=lambda of: of.W * of.db)),
    Misconception("used_w_not_x", at=_used_w_not_x),
    Misconception("no_input", at=_no_input),
    Misconception("aff_hadamard", at=_affine(dx=_entrywise_dx, dw=_entrywise_dw)),
    Misconception("aff_db_ones", at=_affine(db=lambda of: np.full_like(of.db, of.X.shape[0]))),
    Misconception("aff_db_b", at=_affine(db=lambda of: None if of.b is None else of.b.reshape(-1) * of.db)),
    Misconception(
        "aff_db_matrix", at=_affine(db=lambda of: of.dout, batch=True, reshapes=True), reshapes=True
    ),
    Misconception("aff_db_scalar", at=_affine(db=lambda of: np.full_like(of.db, of.dout.sum()))),
    Misconception(
        "aff_db_axis",
        at=_affine(db=lambda of: of.dout.sum(axis=1), batch=True, reshapes=True),
        reshapes=True,
    ),
    Misconception(
        "batch_mean_again",
        at=_affine(
            _each(lambda of: of.dout @ of.W.T),
            _each(lambda of: of.X.T @ of.dout),
            _each(lambda of: of.db),
            batch=True,
        ),
    ),
    Misconception("batch_no_mean", at=_never_averaged),
    Misconception("batch_one_sample", at=_affine(dw=FIRST_ROW[0], db=FIRST_ROW[1], batch=True)),
    Misconception("batch_last_sample", at=_affine(dw=LAST_ROW[0], db=LAST_ROW[1], batch=True)),
    Misconception(
        "aff_dw_sum_then_outer", at=_affine(dw=lambda of: np.outer(of.X.sum(axis=0), of.db), batch=True)
    ),
    Misconception(
        "aff_dx_sum",
        at=_affine(dx=lambda of: (of.dout @ of.W.T).sum(axis=0), batch=True, reshapes=True),
        reshapes=True,
    ),
    Misconception("broadcast_no_sum", at=_not_summed, reshapes=True),
)
