"""Wrong rules that fit every node, and wrong rules about forks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from tutor.engine.graph import Graph, Node
from tutor.engine.misconceptions.base import Gradients, Misconception, Parts, Site, at_each_node
from tutor.engine.nodes import NODES, Array
from tutor.engine.nodes.base import Elementwise


def _no_upstream(site: Site) -> Parts | None:
    # An upstream gradient of ones leaves nothing but rounding noise behind a softmax.
    return None if site.node.kind == "softmax" else site.true(np.ones_like(site.upstream))


def _upstream_only(site: Site) -> Parts | None:
    if site.node.kind == "add":
        return None
    return [site.upstream if x.shape == site.upstream.shape else None for x in site.inputs]


def _sum_not_product(site: Site) -> Parts | None:
    """Return dout + local derivative; the 1 that a backward pass starts from is no term of the sum."""
    kind = site.node.kind
    if kind in ("sub", "neg") or not (isinstance(NODES[kind], Elementwise) or _is_scalar_loss(site)):
        return None
    if site.node.index == site.graph.output and np.all(site.upstream == 1):
        return None if kind == "add" else site.true()
    true = site.true()
    local = site.true(np.ones_like(site.upstream))
    passes = [kind == "add" and not source.is_leaf for source in site.sources]
    return [
        part if one is None or one.shape != site.upstream.shape or passed else site.upstream + one
        for part, one, passed in zip(true, local, passes, strict=True)
    ]


def _is_scalar_loss(site: Site) -> bool:
    return site.node.kind in ("half_sse", "sse", "mse") and site.inputs[0].ndim == 0


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


def _values_as_gradients(graph: Graph) -> Iterator[Gradients]:
    """Yield values of the forward pass in place of gradients: each node's, then the output's everywhere."""
    yield from at_each_node(_value_as_gradient)(graph)
    output = graph.value(graph.output)
    if not output.ndim:
        yield {node.index: output for node in graph.nodes if not graph.value(node.index).ndim}


def _product(parts: Sequence[Array]) -> Array:
    return np.asarray(np.prod(parts, axis=0))


def _difference(parts: Sequence[Array]) -> Array:
    return np.asarray(parts[0] - sum(parts[1:]))


RULES = (
    Misconception("no_upstream", at=_no_upstream),
    Misconception("upstream_only", at=_upstream_only),
    Misconception("sum_not_product", at=_sum_not_product),
    Misconception("value_as_grad", results=_values_as_gradients),
    Misconception("pow_keeps", at=_power_kept),
    Misconception("square_no_2", at=_square_without_two),
    Misconception("seed_not_one", results=at_each_node(_started_with_the_loss)),
    Misconception("stale_grad", results=at_each_node(lambda graph, node: 2 * graph.gradient(node.index))),
    Misconception("fanout_first", fork=lambda parts: parts[0]),
    Misconception("fanout_last", fork=lambda parts: parts[-1]),
    Misconception("fanout_average", fork=lambda parts: np.asarray(np.mean(parts, axis=0))),
    Misconception("fanout_product", fork=_product),
    Misconception("fanout_minus", fork=_difference),
)
