"""Wrong rules about paths through a graph: functions of functions, links left out, forks walked twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tutor.engine.graph import Graph, Node
from tutor.engine.misconceptions.affine import weighted_slots
from tutor.engine.misconceptions.base import Gradients, Misconception, Parts, Site, backward_variants
from tutor.engine.nodes import NODES, Array
from tutor.engine.nodes.base import Elementwise

_VISITS = 2000
"""How often a plain recursion may enter a node; forks behind forks double the visits each time."""


@dataclass(frozen=True, slots=True)
class Composition:
    """f(g(x)) on the only path from x: `outer` is the node of f, `inner` the node whose value is g(x)."""

    graph: Graph
    x: Node
    outer: Node
    inner: Node

    @property
    def upstream(self) -> Array:
        """dL/df."""
        return self.graph.gradient(self.outer.index)

    @property
    def inner_slope(self) -> Array:
        """g'(x)."""
        start = np.ones_like(self.graph.value(self.inner.index))
        return self.graph.follow(given={self.inner.index: start}).gradients[self.x.index]

    def outer_at_x(self) -> tuple[Array, Array]:
        """Return f(x) and f'(x)."""
        nodes = [
            Node(k, "input", value=self.graph.value(self.x.index if source == self.inner.index else source))
            for k, source in enumerate(self.outer.arguments)
        ]
        last = len(nodes)
        alone = Graph([*nodes, Node(last, self.outer.kind, tuple(range(last)), self.outer.options)], last, {})
        value = alone.forward()
        slopes = alone.pull(alone.nodes[last], np.ones_like(value))
        slope = slopes[self.outer.arguments.index(self.inner.index)]
        return value, np.zeros_like(value) if slope is None else slope


def _is_function(graph: Graph, node: Node) -> bool:
    """Return whether a node is a curved function of one value."""
    if node.kind == "power":
        return graph.nodes[node.arguments[1]].kind == "constant"
    return node.kind != "neg" and NODES[node.kind].arity == 1 and isinstance(NODES[node.kind], Elementwise)


def _composition(graph: Graph, x: Node) -> Composition | None:
    """Return the first f(g(x)) on the way from an input that is used once and is no factor of a weight."""
    inner = x
    while len(graph.users[inner.index]) == 1:
        edge = graph.users[inner.index][0]
        user = graph.nodes[edge.target]
        if graph.contribution(edge) is None:
            return None
        if inner is x and weighted_slots(graph, user) is not None:
            return None
        if graph.value(user.index).shape != graph.value(x.index).shape:
            return None
        if inner is not x and _is_function(graph, user):
            return Composition(graph, x, user, inner)
        inner = user
    return None


def _composed(rule: Callable[[Composition], Array]) -> Callable[[Graph], Iterator[Gradients]]:
    def results(graph: Graph) -> Iterator[Gradients]:
        found = [_composition(graph, node) for node in graph.nodes if node.kind == "input"]
        yield {of.x.index: rule(of) for of in found if of is not None}

    return results


def _inner_dropped(of: Composition) -> Array:
    return of.graph.gradient(of.inner.index)


def _outer_at_input(of: Composition) -> Array:
    return of.upstream * of.outer_at_x()[1] * of.inner_slope


def _product_rule(of: Composition) -> Array:
    f, slope = of.outer_at_x()
    return of.upstream * (slope * of.graph.value(of.inner.index) + f * of.inner_slope)


def _passes(site: Site) -> Parts | None:
    """Return the upstream gradient for the one computed input of an entrywise node."""
    computed = [k for k, source in enumerate(site.sources) if not source.is_leaf]
    kind = site.node.kind
    if len(computed) != 1 or kind in ("add", "sub", "neg") or not isinstance(NODES[kind], Elementwise):
        return None
    parts = list(site.true())
    parts[computed[0]] = site.upstream
    return parts


def _missing_link(graph: Graph) -> Iterator[Gradients]:
    """Yield, for each node between an input and L, the gradients of the inputs without its factor."""
    variants = list(backward_variants(graph, Misconception("missing_link", at=_passes)))
    for followed in variants[1:] or variants:
        yield {
            node.index: followed.gradients[node.index]
            for node in graph.nodes
            if node.kind == "input"
            and node.index in followed.gradients
            and not np.array_equal(followed.gradients[node.index], graph.gradient(node.index))
        }


def _plain_recursion(graph: Graph) -> Iterator[Gradients]:
    """Yield what comes out when a node passes on what it has so far each time something arrives."""
    if not any(len(graph.users[node.index]) > 1 for node in graph.nodes if not node.is_leaf):
        return
    gradients: dict[int, Array] = {}
    calls = [(graph.output, graph.upstream)]
    for _ in range(_VISITS):
        if not calls:
            yield gradients
            return
        index, arrived = calls.pop()
        gradients[index] = gradients.get(index, np.zeros_like(arrived)) + arrived
        node = graph.nodes[index]
        if not node.is_leaf:
            sent = zip(node.arguments, graph.pull(node, gradients[index]), strict=True)
            calls += reversed([(source, part) for source, part in sent if part is not None])


def _sum_of_all_slopes(graph: Graph) -> Iterator[Gradients]:
    """Yield the sum of every local derivative on the ways from a value to the output, if they fork."""
    if any(graph.value(node.index).ndim for node in graph.nodes):
        return
    ends = [graph.nodes[graph.output]]
    reaching = {end.index for end in ends}
    for node in reversed(graph.nodes):
        if any(edge.target in reaching for edge in graph.users[node.index]):
            reaching.add(node.index)
    found: dict[int, Array] = {}
    for start in graph.nodes:
        if start.index == graph.output or start.kind == "constant":
            continue
        behind, total, forks = {start.index}, np.zeros(()), False
        for node in graph.nodes[start.index :]:
            if node.index not in behind:
                continue
            edges = [edge for edge in graph.users[node.index] if edge.target in reaching]
            behind.update(edge.target for edge in edges)
            forks = forks or len(edges) > 1
            for edge in edges:
                total = total + _slope(graph, graph.nodes[edge.target], edge.slot)
        if forks:
            found[start.index] = np.asarray(total)
    yield found


def _slope(graph: Graph, node: Node, slot: int) -> Array:
    """Return a local derivative; sums and differences have none that anyone would write down."""
    slope = None if node.kind in ("add", "sub", "neg") else graph.pull(node, np.ones(()))[slot]
    return np.zeros(()) if slope is None else slope


RULES = (
    Misconception("inner_dropped", results=_composed(_inner_dropped)),
    Misconception("outer_at_input", results=_composed(_outer_at_input)),
    Misconception("compose_as_product", results=_composed(_product_rule)),
    Misconception("missing_link", results=_missing_link),
    Misconception("fanout_double_count", results=_plain_recursion),
    Misconception("fanout_sum_all", results=_sum_of_all_slopes),
)
