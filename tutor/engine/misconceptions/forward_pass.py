"""Wrong rules about the forward pass: an order of operations, a bias."""

from __future__ import annotations

from collections.abc import Sequence

from tutor.engine.graph import Graph, Node
from tutor.engine.misconceptions.arithmetic import bias_slot
from tutor.engine.misconceptions.base import Misconception
from tutor.engine.nodes import Array


def _scaled_sum(graph: Graph, node: Node) -> Node | None:
    """Return the sum in (p + q) · c."""
    if node.kind != "mul":
        return None
    left, right = (graph.nodes[source] for source in node.arguments)
    return left if left.kind == "add" and right.is_leaf else None


def _first_scaled(graph: Graph, node: Node, inputs: Sequence[Array]) -> Array | None:
    total = _scaled_sum(graph, node)
    if total is None:
        return None
    p, q = graph.inputs_of(total)
    return p * inputs[1] + q


def _second_scaled(graph: Graph, node: Node, inputs: Sequence[Array]) -> Array | None:
    total = _scaled_sum(graph, node)
    if total is None:
        return None
    p, q = graph.inputs_of(total)
    return p + q * inputs[1]


def _not_scaled(graph: Graph, node: Node, inputs: Sequence[Array]) -> Array | None:
    return None if _scaled_sum(graph, node) is None else inputs[0]


def _no_bias(graph: Graph, node: Node, inputs: Sequence[Array]) -> Array | None:
    slot = bias_slot(node, graph)
    return None if slot is None else inputs[1 - slot]


def _bias_subtracted(graph: Graph, node: Node, inputs: Sequence[Array]) -> Array | None:
    slot = bias_slot(node, graph)
    return None if slot is None else inputs[1 - slot] - inputs[slot]


def _sums_multiplied(graph: Graph, node: Node, inputs: Sequence[Array]) -> Array | None:
    if node.kind != "add":
        return None
    left, right = (graph.nodes[source] for source in node.arguments)
    if left.kind != "mul" or right.kind != "mul":
        return None
    (p, r), (q, s) = graph.inputs_of(left), graph.inputs_of(right)
    return (p + q) * (r + s)


RULES = (
    Misconception("fwd_tax_one", forward=_first_scaled),
    Misconception("fwd_tax_one2", forward=_second_scaled),
    Misconception("fwd_no_tax", forward=_not_scaled),
    Misconception("fwd_no_bias", forward=_no_bias),
    Misconception("fwd_bias_sign", forward=_bias_subtracted),
    Misconception("fwd_sum_products", forward=_sums_multiplied),
)
