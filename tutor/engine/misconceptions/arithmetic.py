"""Wrong rules about add, sub, neg, mul, div, exp, log and max, and about a bias that is added."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tutor.engine.graph import Graph, Node
from tutor.engine.misconceptions.base import Misconception, Parts, Site, at_each_node, at_kinds, fitted
from tutor.engine.nodes import Array

Pair = Callable[[Array, Array, Array, Array], tuple[Array, Array]]
Single = Callable[[Array, Array, Array], Array]


def two_inputs(kind: str, rule: Pair) -> Callable[[Site], Parts | None]:
    """Return a rule (upstream, x, y, output) -> (dx, dy) for one kind of node."""

    @at_kinds(kind)
    def at(site: Site) -> Parts | None:
        x, y = site.inputs
        return rule(site.upstream, x, y, site.output)

    return at


def one_input(kind: str, rule: Single) -> Callable[[Site], Parts | None]:
    """Return a rule (upstream, x, output) -> dx for one kind of node."""

    @at_kinds(kind)
    def at(site: Site) -> Parts | None:
        return [rule(site.upstream, site.inputs[0], site.output)]

    return at


@at_kinds("neg", "mul")
def _sign_lost(site: Site) -> Parts | None:
    if site.node.kind == "neg":
        return [site.upstream]
    if site.node.kind != "mul":
        return None
    for k, source in enumerate(site.sources):
        if source.kind == "constant" and np.all(site.inputs[k] < 0):
            parts: list[Array | None] = [None, None]
            parts[1 - k] = site.upstream * np.abs(site.inputs[k])
            return parts
    return None


def bias_slot(node: Node, graph: Graph) -> int | None:
    """Return which argument of an add node is a bias: an input added to something computed."""
    if node.kind != "add":
        return None
    left, right = (graph.nodes[source] for source in node.arguments)
    if right.kind == "input" and not left.is_leaf:
        return 1
    return 0 if left.kind == "input" and not right.is_leaf else None


def _bias(rule: Callable[[Array, Array], Array]) -> Callable[[Site], Parts | None]:
    @at_kinds("add")
    def at(site: Site) -> Parts | None:
        slot = bias_slot(site.node, site.graph)
        if slot is None:
            return None
        parts: list[Array | None] = [site.upstream, site.upstream]
        parts[slot] = rule(site.upstream, site.inputs[slot])
        return parts

    return at


def _bias_survives(graph: Graph, node: Node) -> Array | None:
    """Return the gradient of a bias that is thought to bypass the closed gate behind it."""
    for edge in graph.users[node.index]:
        total = graph.nodes[edge.target]
        if bias_slot(total, graph) != edge.slot:
            continue
        for user in graph.users[total.index]:
            if graph.nodes[user.target].kind == "relu" and np.any(graph.value(total.index) <= 0):
                return fitted(graph.gradient(user.target), graph.value(node.index).shape)
    return None


def _larger_only(up: Array, x: Array, y: Array, out: Array) -> tuple[Array, Array]:
    return up * out * (x >= y), up * out * (x < y)


RULES = (
    Misconception("input_times_dout", at=two_inputs("add", lambda up, x, y, out: (up * x, up * y))),
    Misconception("add_swap", at=two_inputs("add", lambda up, x, y, out: (up * y, up * x))),
    Misconception("add_half", at=two_inputs("add", lambda up, x, y, out: (up / 2, up / 2))),
    Misconception("mul_no_swap", at=two_inputs("mul", lambda up, x, y, out: (up * x, up * y))),
    Misconception("mul_product", at=two_inputs("mul", lambda up, x, y, out: (up * out, up * out))),
    Misconception("no_upstream_no_swap", at=two_inputs("mul", lambda up, x, y, out: (x, y))),
    Misconception("sub_lost_minus", at=two_inputs("sub", lambda up, x, y, out: (up, up))),
    Misconception("sub_minus_both", at=two_inputs("sub", lambda up, x, y, out: (-up, -up))),
    Misconception("sub_as_mul", at=two_inputs("sub", lambda up, x, y, out: (up * y, up * x))),
    Misconception("neg_lost", at=_sign_lost),
    Misconception("div_as_mul", at=two_inputs("div", lambda up, x, y, out: (up * y, up * x))),
    Misconception("div_no_minus", at=two_inputs("div", lambda up, x, y, out: (up / y, up * x / y**2))),
    Misconception("div_unsquared", at=two_inputs("div", lambda up, x, y, out: (up / y, -up * x / y))),
    Misconception("div_no_numerator", at=two_inputs("div", lambda up, x, y, out: (up / y, -up / y**2))),
    Misconception("div_singa", at=two_inputs("div", lambda up, x, y, out: (up / x, up * y))),
    Misconception("exp_input", at=one_input("exp", lambda up, x, out: up * x)),
    Misconception("exp_power_rule", at=one_input("exp", lambda up, x, out: up * x * np.exp(x - 1))),
    Misconception("log_inverse", at=one_input("log", lambda up, x, out: up * x)),
    Misconception("log_value", at=one_input("log", lambda up, x, out: up * out)),
    Misconception("max_both", at=two_inputs("max", lambda up, x, y, out: (up, up))),
    Misconception("max_split", at=two_inputs("max", lambda up, x, y, out: (up / 2, up / 2))),
    Misconception("max_loser", at=two_inputs("max", lambda up, x, y, out: (up * (x < y), up * (x >= y)))),
    Misconception("max_value", at=two_inputs("max", _larger_only)),
    Misconception("bias_zero", at=_bias(lambda up, b: np.zeros_like(up))),
    Misconception("bias_times_b", at=_bias(lambda up, b: up * b)),
    Misconception("bias_survives", results=at_each_node(_bias_survives)),
)
