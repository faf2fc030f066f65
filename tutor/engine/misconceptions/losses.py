"""Wrong rules about losses: squared errors, cross-entropy, softmax, log-sum-exp."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tutor.engine.graph import Graph, Node
from tutor.engine.misconceptions.base import ForwardSite, Misconception, Parts, Site, at_kinds
from tutor.engine.nodes import Array, compute

HALF, SUM, MEAN, OTHER = "half", "sum", "mean", "other"
_FACTORS = {"half_sse": HALF, "sse": SUM, "mse": MEAN}


@dataclass(frozen=True, slots=True)
class SquaredError:
    """c · Σ (y - t)², whether one node or written out, as seen from y.

    `slope` is dL/dy, `convention` says what c is: 1/2, 1, 1/n or something else; `slot` is where y enters.
    """

    slope: Array
    y: Array
    error: Array
    convention: str
    slot: int


def squares_error(graph: Graph, node: Node) -> bool:
    """Return whether a node is a squared error, or the difference inside one that is written out."""
    return node.kind in _FACTORS or _square_behind(graph, node) is not None


def _square_behind(graph: Graph, node: Node) -> Node | None:
    """Return the square that a difference goes into, and nothing else does."""
    if node.kind != "sub" or len(graph.users[node.index]) != 1:
        return None
    square = graph.nodes[graph.users[node.index][0].target]
    if square.kind == "power":
        exponent = graph.nodes[square.arguments[1]]
        return square if exponent.kind == "constant" and np.all(graph.inputs_of(square)[1] == 2) else None
    return square if square.kind == "square" else None


def _target_slot(graph: Graph, node: Node) -> int:
    """Return which side of a difference is the target: the one not computed, or named t."""
    left, right = (graph.nodes[source] for source in node.arguments)
    if left.is_leaf != right.is_leaf:
        return 0 if left.is_leaf else 1
    return 0 if (left.name or "").startswith("t") and not (right.name or "").startswith("t") else 1


def _convention(graph: Graph, square: Node) -> str:
    """Return which factor stands before the sum of the squares that leave a node."""
    factor, node = 1.0, square
    while len(graph.users[node.index]) == 1:
        edge = graph.users[node.index][0]
        user = graph.nodes[edge.target]
        if user.kind == "mean":
            factor /= max(1, graph.value(node.index).size // max(1, graph.value(user.index).size))
        elif user.kind in ("mul", "div") and (user.kind == "mul" or edge.slot == 0):
            other = graph.nodes[user.arguments[1 - edge.slot]]
            constant = graph.value(other.index)
            if other.kind != "constant" or constant.ndim:
                break
            factor = factor * float(constant) if user.kind == "mul" else factor / float(constant)
        elif user.kind != "sum":
            break
        node = user
    count = graph.value(square.index).size
    known = {HALF: 0.5, SUM: 1.0, MEAN: 1.0 / max(1, count)}
    return next((name for name, c in known.items() if np.isclose(factor, c)), OTHER)


def _squared_error(site: Site) -> SquaredError | None:
    node = site.node
    if node.kind in _FACTORS:
        (y, t), convention = site.inputs, _FACTORS[node.kind]
        scale = {HALF: 1.0, SUM: 2.0, MEAN: 2.0 / max(1, y.size)}[convention]
        return SquaredError(site.upstream * scale * (y - t), y, y - t, convention, 0)
    square = _square_behind(site.graph, node)
    if square is None or any(x.shape != site.output.shape for x in site.inputs):
        return None
    slot = 1 - _target_slot(site.graph, node)
    y, t = site.inputs[slot], site.inputs[1 - slot]
    slope = site.upstream if slot == 0 else -site.upstream
    return SquaredError(slope, y, y - t, _convention(site.graph, square), slot)


def _mse(rule: Callable[[SquaredError], Array], *conventions: str) -> Callable[[Site], Parts | None]:
    """Return a rule for the slope of squared errors; without conventions it is one for all of them."""

    @at_kinds("sub", *_FACTORS)
    def at(site: Site) -> Parts | None:
        loss = _squared_error(site)
        if loss is None or (conventions and loss.convention not in conventions):
            return None
        wrong = rule(loss)
        return [wrong, -wrong] if loss.slot == 0 else [-wrong, wrong]

    return at


def _many(rule: Callable[[SquaredError], Array]) -> Callable[[SquaredError], Array]:
    """Return a rule that leaves a single error as it is."""
    return lambda loss: rule(loss) if loss.y.size > 1 else loss.slope


def _total(loss: SquaredError) -> Array:
    return np.full_like(loss.slope, loss.slope.sum())


def _value(loss: SquaredError) -> Array:
    return loss.slope * loss.error / 2


def _square(loss: SquaredError) -> Array:
    return loss.slope * loss.error * (loss.y.size / 2 if loss.convention == MEAN else 1)


def negated(graph: Graph, node: Node) -> bool:
    """Return whether the value of a node goes, scaled or summed at most, into a minus and nowhere else."""
    while len(graph.users[node.index]) == 1:
        edge = graph.users[node.index][0]
        node = graph.nodes[edge.target]
        if node.kind == "neg":
            return True
        if node.kind == "mul":
            other = graph.nodes[node.arguments[1 - edge.slot]]
            if other.kind == "constant" and np.all(graph.value(other.index) < 0):
                return True
        elif node.kind not in ("sum", "mean"):
            return False
    return False


def _rows(x: Array) -> int:
    return x.shape[0] if x.ndim == 2 else 1


def _ce(rule: Callable[[Array, Array], Array]) -> Callable[[Site], Parts | None]:
    """Return a rule (p, weight) -> dp for -weight · log p, a node of its own or written out."""

    @at_kinds("log", "cross_entropy")
    def at(site: Site) -> Parts | None:
        if site.node.kind == "log" and negated(site.graph, site.node):
            return [rule(site.inputs[0], -site.upstream)]
        if site.node.kind == "log":
            return None
        p, t = site.inputs
        wrong = rule(p, site.upstream * t / _rows(p))
        return [np.where(t == 0, 0.0, wrong), site.true()[1]]

    return at


@dataclass(frozen=True, slots=True)
class SoftmaxLoss:
    """Cross-entropy behind a softmax, fused or as two nodes; `scale` is the upstream gradient over N."""

    logits: Array
    y: Array
    t: Array
    scale: Array

    @property
    def true(self) -> Array:
        """The gradient at the logits."""
        return np.asarray(self.scale * (self.y * self.t.sum(axis=-1, keepdims=True) - self.t))


def _softmax_loss(site: Site) -> SoftmaxLoss | None:
    if site.node.kind == "softmax_cross_entropy":
        logits, t = site.inputs
        return SoftmaxLoss(logits, compute("softmax", [logits]), t, site.upstream / _rows(logits))
    users = site.graph.users[site.node.index]
    if site.node.kind != "softmax" or len(users) != 1 or users[0].slot != 0:
        return None
    loss = site.graph.nodes[users[0].target]
    if loss.kind != "cross_entropy":
        return None
    t = site.graph.inputs_of(loss)[1]
    return SoftmaxLoss(
        site.inputs[0], site.output, t, site.graph.gradient(loss.index) / _rows(site.inputs[0])
    )


def _sce(rule: Callable[[SoftmaxLoss], Array], batch: bool = False) -> Callable[[Site], Parts | None]:
    """Return a rule for the gradient at the logits; with `batch` it needs more than one row."""

    @at_kinds("softmax", "softmax_cross_entropy")
    def at(site: Site) -> Parts | None:
        loss = _softmax_loss(site)
        if loss is None or (batch and _rows(loss.logits) < 2):
            return None
        return [rule(loss), *site.true()[1:]]

    return at


def _classes(loss: SoftmaxLoss) -> Array:
    return np.asarray(loss.true * _rows(loss.logits) / loss.logits.shape[-1])


def _jacobian(rule: Callable[[Array, Array, Array], Array]) -> Callable[[Site], Parts | None]:
    """Return a rule (own, y, others) -> dx, with own = dy · y (1 - y) and others = Σ dy · y of the rest."""

    @at_kinds("softmax")
    def at(site: Site) -> Parts | None:
        y, weighted = site.output, site.upstream * site.output
        return [rule(weighted * (1 - y), y, weighted.sum(axis=-1, keepdims=True) - weighted)]

    return at


def _log_sum_exp(max_only: bool) -> Callable[[ForwardSite], Array | None]:
    """Return the wrong value of a loss from logits, or of a log-sum-exp that is written out."""

    def wrong(logits: Array) -> Array:
        peak: Array = np.max(logits, axis=-1, keepdims=True)
        return peak if max_only else np.log(np.exp(logits - peak).sum(axis=-1, keepdims=True))

    def forward(site: ForwardSite) -> Array | None:
        if site.node.kind == "softmax_cross_entropy":
            logits, t = site.inputs
            return np.asarray((t * (wrong(logits) - logits)).sum() / _rows(logits))
        if site.node.kind != "log" or site.sources[0].kind != "sum" or site.inputs[0].ndim:
            return None
        powers = site.graph.nodes[site.sources[0].arguments[0]]
        if powers.kind != "exp":
            return None
        return wrong(site.inputs_of(powers)[0].reshape(-1)).reshape(())

    return forward


def _probability(site: ForwardSite) -> Array | None:
    if site.node.kind in ("softmax_cross_entropy", "cross_entropy"):
        x, t = site.inputs
        p = compute("softmax", [x]) if site.node.kind == "softmax_cross_entropy" else x
        return np.asarray((t * p).sum() / _rows(p))
    if site.node.kind == "neg" and site.sources[0].kind == "log":
        return site.inputs_of(site.sources[0])[0]
    return None


def _logarithm(base: float) -> Callable[[ForwardSite], Array | None]:
    def forward(site: ForwardSite) -> Array | None:
        if site.node.kind in ("log", "cross_entropy", "softmax_cross_entropy"):
            return np.asarray(compute(site.node.kind, site.inputs) / np.log(base))
        return None

    return forward


def _softmax_down_the_columns(site: ForwardSite) -> Array | None:
    if site.node.kind not in ("softmax", "softmax_cross_entropy") or _rows(site.inputs[0]) < 2:
        return None
    y = compute("softmax", [site.inputs[0].T]).T
    return y if site.node.kind == "softmax" else compute("cross_entropy", [y, site.inputs[1]])


RULES = (
    Misconception("mse_sign", at=_mse(lambda loss: -loss.slope)),
    Misconception("mse_factor2", at=_mse(lambda loss: 2 * loss.slope, HALF)),
    Misconception("mse_no_2", at=_mse(lambda loss: loss.slope / 2, SUM, MEAN)),
    Misconception("mse_half_conv", at=_mse(_many(lambda loss: loss.slope * loss.y.size / 2), MEAN)),
    Misconception("mse_no_mean", at=_mse(_many(lambda loss: loss.slope * loss.y.size), MEAN)),
    Misconception("mse_not_diff", at=_mse(_value)),
    Misconception("mse_square_err", at=_mse(_square, HALF, MEAN)),
    Misconception("mse_chain_y", at=_mse(lambda loss: loss.slope * loss.y)),
    Misconception("mse_total_scalar", at=_mse(_many(_total))),
    Misconception("ce_sign", at=_ce(lambda p, weight: weight / p)),
    Misconception("ce_y", at=_ce(lambda p, weight: -weight * p)),
    Misconception("ce_loss", at=_ce(lambda p, weight: -weight * np.log(p))),
    Misconception("ce_no_log", at=_ce(lambda p, weight: -weight)),
    Misconception("sce_sign", at=_sce(lambda loss: -loss.true)),
    Misconception("sce_double", at=_sce(lambda loss: loss.true * loss.y * (1 - loss.y))),
    Misconception("sce_copy", at=_sce(lambda loss: -loss.scale * loss.t / loss.y)),
    Misconception("sce_diag", at=_sce(lambda loss: -loss.scale * loss.t * (1 - loss.y))),
    Misconception("sce_y_only", at=_sce(lambda loss: loss.scale * loss.y)),
    Misconception(
        "sce_wrong_class", at=_sce(lambda loss: loss.scale * (loss.y - np.roll(loss.t, 1, axis=-1)))
    ),
    Misconception("sce_logits", at=_sce(lambda loss: loss.scale * (loss.logits - loss.t))),
    Misconception("sce_no_batch", at=_sce(lambda loss: loss.true * _rows(loss.logits), batch=True)),
    Misconception("sce_numel", at=_sce(lambda loss: loss.true / loss.logits.shape[-1], batch=True)),
    Misconception("sce_classes", at=_sce(_classes)),
    Misconception("sce_twice", at=_sce(lambda loss: loss.true / _rows(loss.logits), batch=True)),
    Misconception("jac_diag", at=_jacobian(lambda own, y, others: own)),
    Misconception("jac_sign", at=_jacobian(lambda own, y, others: own + y * others)),
    Misconception("jac_onemy", at=_jacobian(lambda own, y, others: own - (1 - y) * others)),
    Misconception("lse_max", forward=_log_sum_exp(max_only=True)),
    Misconception("lse_no_shiftback", forward=_log_sum_exp(max_only=False)),
    Misconception("softmax_axis", forward=_softmax_down_the_columns),
    Misconception("prob_not_loss", forward=_probability),
    Misconception("log_base", forward=_logarithm(2)),
    Misconception("log_base2", forward=_logarithm(10)),
)
