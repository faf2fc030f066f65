"""Wrong rules that fit every node, and wrong rules about forks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tutor.engine.graph import Graph, Node
from tutor.engine.misconceptions.base import Misconception, Parts, Site
from tutor.engine.nodes import Array


def _no_upstream(site: Site) -> Parts:
    return site.true(np.ones_like(site.upstream))


def _upstream_only(site: Site) -> Parts | None:
    if site.node.kind == "add":
        return None
    return [site.upstream if x.shape == site.upstream.shape else None for x in site.inputs]


def _sum_not_product(site: Site) -> Parts | None:
    if site.node.kind in ("add", "sub", "neg"):
        return None
    local = site.true(np.ones_like(site.upstream))
    return [
        None if part is None else (site.upstream + part if part.shape == site.upstream.shape else part)
        for part in local
    ]


def _value_as_gradient(graph: Graph, node: Node) -> Array:
    return graph.value(node.index)


def _square_base(site: Site) -> Array | None:
    """Return x where the node is x², however it was written."""
    if site.node.kind == "square":
        return site.inputs[0]
    if site.node.kind == "power" and site.sources[1].kind == "constant" and np.all(site.inputs[1] == 2):
        return site.inputs[0]
    return None


def _padded(site: Site, part: Array) -> Parts:
    return [part, *([None] * (len(site.inputs) - 1))]


def _square_without_two(site: Site) -> Parts | None:
    x = _square_base(site)
    return None if x is None else _padded(site, site.upstream * x)


def _power_kept(site: Site) -> Parts | None:
    if site.node.kind == "square":
        return [site.upstream * 2 * site.output]
    if site.node.kind != "power" or site.sources[1].kind != "constant":
        return None
    return _padded(site, site.upstream * site.inputs[1] * site.output)


def _started_with_the_loss(graph: Graph, node: Node) -> Array | None:
    if graph.value(graph.output).shape != () or not np.any(graph.upstream):
        return None
    return graph.gradient(node.index) / graph.upstream * graph.value(graph.output)


def _product(parts: Sequence[Array]) -> Array:
    return np.asarray(np.prod(parts, axis=0))


def _difference(parts: Sequence[Array]) -> Array:
    return np.asarray(parts[0] - sum(parts[1:]))


RULES = (
    Misconception("no_upstream", at=_no_upstream),
    Misconception("upstream_only", at=_upstream_only),
    Misconception("sum_not_product", at=_sum_not_product),
    Misconception("value_as_grad", result=_value_as_gradient),
    Misconception("pow_keeps", at=_power_kept),
    Misconception("square_no_2", at=_square_without_two),
    Misconception("seed_not_one", result=_started_with_the_loss),
    Misconception("stale_grad", result=lambda graph, node: 2 * graph.gradient(node.index)),
    Misconception("fanout_first", fork=lambda parts: parts[0]),
    Misconception("fanout_last", fork=lambda parts: parts[-1]),
    Misconception("fanout_average", fork=lambda parts: np.asarray(np.mean(parts, axis=0))),
    Misconception("fanout_product", fork=_product),
    Misconception("fanout_minus", fork=_difference),
)
